//! A start command line: asks for the license, claims the identifier and watches until the monitor ends.
//!
//! Owns the order of these steps and what becomes of a start that comes to nothing.

use crate::alert::{Alert, panic_hook};
use crate::console;
use crate::control::place::{Place, PlaceError};
use crate::driver::{self, Driver};
use crate::exit::Code;
use crate::license;
use crate::paths::Paths;
use crate::sys::{self, clock, time_zone};
use clp_isa_core::config::Config;
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Event;
use clp_isa_core::license::policy::Admission;
use clp_isa_core::limits::LICENSE_TROUBLES_MAX;
use clp_isa_core::monitor::Exit;
use clp_isa_core::sink::Lost;
use clp_isa_core::wire::record::Record;
use std::path::Path;

/// A start that came to nothing: what is alerted, what standard error says, and the exit code.
struct Refusal {
    event: Event,
    reason: String,
    code: Code,
}

impl Refusal {
    fn system(call: &'static str, errno: Errno, reason: String) -> Self {
        Self {
            event: Event::System { call, errno },
            reason,
            code: Code::System,
        }
    }
}

impl From<license::store::StoreError> for Refusal {
    fn from(error: license::store::StoreError) -> Self {
        Self {
            event: Event::LicenseUnchecked,
            reason: error.to_string(),
            code: Code::License,
        }
    }
}

impl From<PlaceError> for Refusal {
    fn from(error: PlaceError) -> Self {
        let reason = error.to_string();
        match error {
            PlaceError::InUse => Self {
                event: Event::InUse,
                reason,
                code: Code::InUse,
            },
            PlaceError::Socket(error) => {
                let (call, errno) = error.call();
                Self::system(call, errno, reason)
            }
        }
    }
}

impl From<sys::Error> for Refusal {
    fn from(error: sys::Error) -> Self {
        Self::system(error.call, error.errno, error.to_string())
    }
}

/// How a monitor ended, and what of it still lives.
#[must_use = "who waits for the end of the monitor is told it when this is dropped"]
pub struct Ended {
    /// The exit code.
    pub code: Code,
    /// What its sinks lost.
    pub lost: Lost,
    _witnesses: Option<driver::Witnesses>,
}

/// Makes this process a monitor, to its end.
pub(crate) fn run(config: &Config, paths: &Paths, hosts: &Path) -> Ended {
    // First of all: a signal that comes now has the effect it will have later. The driver reports it if it failed.
    let _ = driver::block_signals();
    driver::close_inherited_descriptors();
    panic_hook::install(paths, config.protocol(), std::process::id(), clock::wall);
    watch(config, paths, hosts)
}

/// The life of a monitor in a process that is prepared for it.
pub fn watch(config: &Config, paths: &Paths, hosts: &Path) -> Ended {
    let (protocol, identifier) = (config.protocol(), config.identifier.as_str());
    let mut alert = Alert::open(paths, protocol, identifier, std::process::id());
    let (code, witnesses) = match claim_and_watch(config, paths, hosts, &mut alert) {
        Ok((exit, witnesses)) => (exit.into(), Some(witnesses)),
        Err(Refusal {
            event,
            reason,
            code,
        }) => {
            alert.raise(event, clock::wall(), clock::now());
            let text = event.message(protocol, identifier);
            console::explain(protocol.info().command, &text, &reason);
            (code, None)
        }
    };
    alert.close(clock::wall());
    Ended {
        code,
        lost: alert.lost(),
        _witnesses: witnesses,
    }
}

fn claim_and_watch(
    config: &Config,
    paths: &Paths,
    hosts: &Path,
    alert: &mut Alert,
) -> Result<(Exit, driver::Witnesses), Refusal> {
    admit(paths, alert)?;
    let record = Record {
        protocol: config.protocol(),
        pid: std::process::id(),
        started: clock::wall().stamp(),
    };
    let (mut place, listener) = Place::take(paths, &config.identifier, record)?;
    // A start script may run in a directory of the shared disk, which could not be unmounted for a failover.
    let watched = std::env::set_current_dir("/")
        .map_err(sys::Error::of("chdir"))
        .and_then(|()| Driver::new(config, hosts, alert, listener, &mut place))
        .and_then(|mut driver| {
            let exit = driver.run();
            let witnesses = driver.close();
            Ok((exit?, witnesses))
        });
    place.leave();
    Ok(watched?)
}

/// Lets a monitor start that has a license (docs/reference.md, "Which license counts"). An expiring trial never ends a
/// running one: nobody asks again.
fn admit(paths: &Paths, alert: &mut Alert) -> Result<(), Refusal> {
    let wall = clock::wall();
    let checked = license::check(paths, time_zone::of_node().day(wall))?;
    let skipped = checked.skipped.len();
    for trouble in checked.skipped.iter().take(LICENSE_TROUBLES_MAX) {
        alert.record(wall, format_args!("license record skipped: {trouble}"));
    }
    let unreported = skipped.saturating_sub(LICENSE_TROUBLES_MAX);
    if unreported > 0 {
        alert.record(
            wall,
            format_args!("{unreported} more license records skipped"),
        );
    }
    let event = match checked.admission {
        Admission::Product => return Ok(()),
        Admission::Trial { last } => {
            alert.raise(Event::OnTrial { last }, wall, clock::now());
            return Ok(());
        }
        Admission::Nothing => Event::Unlicensed,
        Admission::Ended { last } => Event::TrialEnded { last },
        Admission::NotBegun { first } => Event::TrialNotBegun { first },
        Admission::Overlap => Event::LicenseOverlaps,
    };
    let mut reason = "clplcnsc -l -p ISAG10 lists the licenses, -i registers one".to_owned();
    if skipped > 0 {
        reason.push_str("; damaged records were skipped, see the failure log");
    }
    Err(Refusal {
        event,
        reason,
        code: Code::License,
    })
}
