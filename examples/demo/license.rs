//! The license of the demonstration: a trial of three days, in its own directory.

use crate::trouble::{Outcome, Trouble};
use clp_isa::license::store;
use clp_isa::paths::Paths;
use clp_isa::sys::clock;
use clp_isa_core::date::Date;
use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::Record;

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Issues and registers a trial for today, and for the days around it: whatever the node's zone, and should midnight come
/// before the monitors.
pub(crate) fn register_trial(paths: &Paths) -> Outcome<()> {
    let today = Date::since_1970(clock::wall().seconds.div_euclid(DAY));
    let terms = Terms::Trial {
        first: today.previous(),
        last: today.next(),
    };
    let serial = Serial::parse(b"DMO0000001").ok_or_else(|| refused("its serial number"))?;
    let record = Record::issue(serial, terms).map_err(refused)?;
    store::register(paths, record).map(drop).map_err(refused)
}

fn refused(why: impl ToString) -> Trouble {
    Trouble::License(why.to_string())
}
