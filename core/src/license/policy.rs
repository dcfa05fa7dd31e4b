//! Whether a monitor may start on a host, from the records of the store and the day. Pure.

use super::key::Terms;
use super::record::Record;
use crate::date::Date;

/// What the records say for one host on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The host has a product license.
    Product,
    /// A trial covers the day: event 52.
    Trial {
        /// The last day of the trial that lasts longest.
        last: Date,
    },
    /// Nothing is registered that counts here: event 51.
    Nothing,
    /// Every trial is over: event 53.
    Ended {
        /// The last day of the one that lasted longest.
        last: Date,
    },
    /// No trial covers the day, and one is still to come: event 55.
    NotBegun {
        /// The first day of the next one.
        first: Date,
    },
    /// The host's product key is registered for another host, too: event 56.
    Overlap,
}

/// Judges. `own` are the records of this host, `others` those of all others.
///
/// A product license counts on its own host only, and wins over a trial; a trial counts wherever it was registered. Of
/// several product licenses, one that is this host's alone is enough.
pub fn judge(own: &[Record], others: &[Record], today: Date) -> Admission {
    let mut has_overlap = false;
    for record in own.iter().filter(|record| record.terms() == Terms::Product) {
        if !others.contains(record) {
            return Admission::Product;
        }
        has_overlap = true;
    }
    if has_overlap {
        return Admission::Overlap;
    }
    let (mut running, mut ended, mut coming) = (None, None, None);
    for record in own.iter().chain(others) {
        let Terms::Trial { first, last } = record.terms() else {
            continue;
        };
        if today < first {
            coming = Some(coming.map_or(first, |earliest: Date| earliest.min(first)));
        } else if today > last {
            ended = Some(ended.map_or(last, |latest: Date| latest.max(last)));
        } else {
            running = Some(running.map_or(last, |latest: Date| latest.max(last)));
        }
    }
    match (running, coming, ended) {
        (Some(last), ..) => Admission::Trial { last },
        (None, Some(first), _) => Admission::NotBegun { first },
        (None, None, Some(last)) => Admission::Ended { last },
        (None, None, None) => Admission::Nothing,
    }
}
