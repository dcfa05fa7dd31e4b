//! One check without a monitor: what `--once` makes, by the very code that a monitor's checks run through.
//!
//! Owns its loop. Claims nothing, writes nothing, tells nobody: what was found is the caller's to say.

use super::EVENTS;
use super::checker::{Checker, Report};
use crate::sys::{self, clock};
use clp_isa_core::check::CheckReport;
use clp_isa_core::config::Config;
use mio::{Events, Poll};
use std::io::ErrorKind;
use std::path::PathBuf;

/// Makes one check of what `config` names; names are looked for in the file `hosts` first.
///
/// # Errors
/// The call without which no check can be made.
pub fn run(config: &Config, hosts: PathBuf) -> Result<CheckReport<'_>, sys::Error> {
    let mut poll = Poll::new().map_err(sys::Error::of("epoll_create1"))?;
    let mut events = Events::with_capacity(EVENTS);
    let mut checker = Checker::new(config, hosts, 0);
    let mut now = clock::now();
    checker.start(true, now);
    // Ends: the check has a deadline.
    loop {
        // Ends: see `advance`.
        while let Some(report) = checker.advance(poll.registry(), now) {
            if let Report::Done(outcome) = report {
                return Ok(CheckReport {
                    config,
                    outcome,
                    addresses: checker.check().addresses().clone(),
                });
            }
        }
        let wait = checker
            .poll_timeout()
            .map(|deadline| deadline.since(clock::now()));
        match poll.poll(&mut events, wait) {
            Ok(()) => {}
            // As in the monitor's loop: readiness is seen before any deadline.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(sys::Error::of("epoll_wait")(error)),
        }
        now = clock::now();
        for event in &events {
            checker.handle_readiness(event, now);
        }
        if checker.has_more() || checker.is_due(now) {
            checker.pump(now);
        }
        if checker.is_due(now) {
            checker.handle_timeout(now);
        }
    }
}
