//! One of each event, for the tests of the texts and for those of the documents: numbers in it are 99, the day is the first
//! of 2026.

use super::{Date, Errno, Event, Failure};

/// Makes [`every`]. What it matches is what it lists: with an event missing it does not compile.
macro_rules! every {
    (
        events: $($event:ident $({ $($fields:tt)+ })?),+;
        failures: $($failure:ident $(($value:expr))?),+;
    ) => {
        pub(super) fn every() -> Vec<Event> {
            let events = vec![
                $(Event::$event $({ $($fields)+ })?,)+
                $(Event::Failure(Failure::$failure $(($value))?),)+
            ];
            for &event in &events {
                match event {
                    $(Event::$event { .. } => {})+
                    Event::Failure(failure) => match failure {
                        $(Failure::$failure { .. } => {})+
                    },
                }
            }
            events
        }
    };
}

fn day() -> Date {
    Date::parse(b"2026-01-01").unwrap()
}

every! {
    events:
        Started,
        Watching,
        Stopping,
        Failed,
        Paused,
        Resumed,
        InvalidParameter,
        NoIdentifier,
        InUse,
        NotEnded,
        System { call: "xxx", errno: Errno(99) },
        Unlicensed,
        OnTrial { last: day() },
        TrialEnded { last: day() },
        LicenseUnchecked,
        TrialNotBegun { first: day() },
        LicenseOverlaps;
    failures:
        Socket(Errno(99)),
        Connect(Errno(99)),
        Send(Errno(99)),
        Select(Errno(99)),
        Receive(Errno(99)),
        Lookup(99),
        InvalidResponse,
        InvalidStatus(99);
}
