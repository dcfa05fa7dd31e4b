//! The license of the demonstration: a trial of one day, in its own directory.

use crate::trouble::{Outcome, Skipped};
use clp_isa::driver::clock;
use clp_isa::license::key::{Key, Serial, Terms};
use clp_isa::license::record::Record;
use clp_isa::license::store;
use clp_isa::paths::Paths;
use clp_isa::time_zone::TimeZone;

/// Issues and registers a trial for today; should midnight come before the monitors, for tomorrow as well.
pub(crate) fn register_trial(paths: &Paths) -> Outcome<()> {
    let today = TimeZone::of_node().day(clock::wall());
    let terms = Terms::Trial {
        first: today,
        last: today.next(),
    };
    let serial = Serial::parse(b"DMO0000001").ok_or_else(|| refused("its serial number"))?;
    let key = Key::issue(serial, terms).map_err(refused)?;
    let record = Record::new(serial, key).ok_or_else(|| refused("its key"))?;
    store::register(paths, record).map(drop).map_err(refused)
}

fn refused(why: impl ToString) -> Skipped {
    Skipped::License(why.to_string())
}
