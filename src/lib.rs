//! Internet Server Agent: watches a web or mail daemon on a high-availability cluster node and ends itself when the
//! daemon has failed, so that the cluster fails the service over.
//!
//! # The map
//!
//! ```text
//! argv ─► cli ─► Config ─► monitor (when to check, how often to retry, when it has failed)
//!                            │ ▲
//!                     Action │ │ Outcome
//!                            ▼ │
//!                          check (one check: look-up, addresses in turn, one deadline over all)
//!                            │ ▲
//!                     Action │ │ bytes, errors, time        probe (the dialogue: bytes in, bytes out, a verdict)
//!                            ▼ │                              ▲ used by check only
//!   mio, signals,  ─►      driver ── owns the poll, the one socket, the children, the clock
//!   control socket           │
//!                            ▼
//!                          alert: Event ─► message text ─► syslog · alert log · clplogcmd · failure log
//! ```
//!
//! `monitor`, `check`, `probe`, `event`, `cli`, `control::command` and what `license` decides are pure: what happens
//! goes in through `handle_*(.., now)`, what is wanted comes out of `poll_action()`, the next deadline out of
//! `poll_timeout()`. They make no system call and read no clock; nor do `status`, in which a monitor tells of itself,
//! and most of `view`, which shows that to people. `registry`, `license`, `control`, `resolve` and `alert` speak to the
//! system and, but for the care in opening files, which is `registry`'s, know nothing of each other. `driver` brings
//! them together, and this file is the only user of `driver`: it turns a name and arguments into a command, and every
//! way to end into an exit code. `tests/layering.rs` holds the table of who may use whom.
#![forbid(unsafe_code)]

pub mod alert;
pub mod console;
pub mod control;
pub mod describe;
pub mod driver;
pub mod exit;
pub mod lcnsc;
pub mod license;
pub mod paths;
pub mod registry;
pub mod resolve;
pub mod sys;
pub mod view;

use alert::{Alert, panic_hook};
use clp_isa_core::cli;
use clp_isa_core::cli::{Command, Form, Verb, View};
use clp_isa_core::config::Config;
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Event;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::license::policy::Admission;
use clp_isa_core::limits::LICENSE_TROUBLES_MAX;
use clp_isa_core::monitor::{Exit, Verdict};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::record::Record;
use control::client;
use control::place::Place;
use core::fmt::{self, Display};
use driver::{Driver, Surroundings, once};
use exit::Code;
use paths::Paths;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::ExitCode;
use sys::{clock, time_zone};
use view::Clocks;

/// The system's hosts file, whatever the prefix of the other paths.
const HOSTS: &str = "/etc/hosts";

/// Runs the command that the process' name and arguments ask for, to its end.
pub fn main() -> ExitCode {
    driver::block_file_size_signal();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let bytes: Vec<&[u8]> = arguments
        .iter()
        .map(|argument| argument.as_bytes())
        .collect();
    let paths = Paths::new(std::env::var_os("CLP_ISA_ROOT"));
    run(&bytes, &paths)
}

fn run(arguments: &[&[u8]], paths: &Paths) -> ExitCode {
    let parsed = cli::parse(arguments);
    let vetted = match &parsed {
        Ok(Command::Start(_))
        | Err(cli::UsageError::NoIdentifier { .. } | cli::UsageError::Invalid { .. }) => {
            registry::prefix::make(paths)
        }
        Ok(Command::View(_) | Command::Control { .. } | Command::License(_)) => {
            registry::prefix::vet(paths)
        }
        // These use nothing that lies under it.
        Ok(_) | Err(_) => Ok(()),
    };
    if let Err(error) = vetted {
        console::complain(format_args!("clp_isa: CLP_ISA_ROOT is refused: {error}"));
        return Code::System.into();
    }
    // By reference: a command is large, and so is the code that moves it.
    let code = match &parsed {
        Ok(Command::Help(topic)) => say(format_args!("{}", cli::help(*topic)), Code::Success),
        Ok(Command::Version(topic)) => say(format_args!("{}", cli::version(*topic)), Code::Success),
        Ok(Command::Start(config)) => watch(config, paths),
        Ok(Command::View(view)) => show(view, paths),
        Ok(Command::Once { config, form }) => return check_once(config, *form),
        Ok(Command::Control {
            protocol,
            identifier,
            verb,
        }) => command(paths, *protocol, identifier, *verb),
        Ok(Command::License(license)) => {
            let today = time_zone::of_node().day(clock::wall());
            match lcnsc::run(paths, license, today) {
                lcnsc::End::Succeeded => Code::Success,
                lcnsc::End::Failed => Code::Failed,
                lcnsc::End::Unwritten => Code::System,
            }
        }
        Ok(Command::Resolve { name }) => {
            if !resolve::child::follow_parent() {
                return Code::System.into();
            }
            match resolve::child::run(name, &mut std::io::stdout().lock()) {
                Ok(()) => Code::Success,
                Err(error) => {
                    let error = console::Unwritten::from(&error);
                    console::complain(format_args!("clp_isa: {error}"));
                    Code::System
                }
            }
        }
        Err(error) => return refuse(error, paths),
    };
    code.into()
}

/// Writes to standard output; `code` is the exit code unless that fails.
fn say(text: fmt::Arguments<'_>, code: Code) -> Code {
    match console::say(text) {
        Ok(_) => code,
        Err(error) => {
            console::complain(format_args!("clp_isa: {error}"));
            Code::System
        }
    }
}

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

impl From<registry::Error> for Refusal {
    fn from(error: registry::Error) -> Self {
        match error.call() {
            Some((call, errno)) => Self::system(call, errno, error.to_string()),
            None => Self {
                event: Event::InUse,
                reason: error.to_string(),
                code: Code::InUse,
            },
        }
    }
}

impl From<control::server::SocketError> for Refusal {
    fn from(error: control::server::SocketError) -> Self {
        match error {
            control::server::SocketError::Dir(error) => error.into(),
            control::server::SocketError::TooLong(_) => {
                Self::system("bind", Errno::ENAMETOOLONG, error.to_string())
            }
        }
    }
}

impl From<sys::Error> for Refusal {
    fn from(error: sys::Error) -> Self {
        Self::system(error.call, error.errno, error.to_string())
    }
}

/// A start command line after parsing: asks for the license, claims the identifier and watches until the monitor ends
/// (contract, section 3).
// Not inlined, nor is what else `run` chooses from: what each needs of the stack is used again by what follows, and
// does not lie below all that a monitor needs of it.
#[inline(never)]
fn watch(config: &Config, paths: &Paths) -> Code {
    // First of all: a signal that comes now has the effect it will have later.
    let blocked = driver::block_signals();
    driver::close_inherited_descriptors();
    let protocol = config.protocol();
    let pid = std::process::id();
    panic_hook::install(paths, protocol, pid, clock::wall);
    let mut alert = Alert::open(paths, protocol, config.identifier.as_str(), pid);
    let watched = match blocked {
        Ok(()) => claim_and_watch(config, paths, &mut alert),
        Err(error) => Err(error.into()),
    };
    let code = match watched {
        Ok(Exit::Stopped) => Code::Success,
        Ok(Exit::Failed) => Code::Failed,
        Ok(Exit::Displaced) => Code::InUse,
        Err(Refusal {
            event,
            reason,
            code,
        }) => {
            alert.raise(event, clock::wall(), clock::now());
            console::explain(
                protocol.info().command,
                &event.message(protocol, config.identifier.as_str()),
                &reason,
            );
            code
        }
    };
    alert.close(clock::wall());
    code
}

fn claim_and_watch(config: &Config, paths: &Paths, alert: &mut Alert) -> Result<Exit, Refusal> {
    admit(paths, alert)?;
    let record = Record {
        protocol: config.protocol(),
        pid: std::process::id(),
        started: clock::wall().stamp(),
    };
    let (mut place, listener) = Place::take(paths, &config.identifier, record)?;
    let watched = watch_from(config, alert, listener, &mut place);
    place.leave();
    watched
}

/// Lets a monitor start that has a license (contract, section 8). An expiring report never ends a running one: nobody
/// asks again.
#[inline(never)]
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

// As with `watch` and `admit`.
#[inline(never)]
fn watch_from(
    config: &Config,
    alert: &mut Alert,
    listener: UnixListener,
    place: &mut Place,
) -> Result<Exit, Refusal> {
    // A start script may run in a directory of the shared disk, which could not be unmounted for a failover.
    std::env::set_current_dir("/").map_err(sys::Error::of("chdir"))?;
    let hosts = PathBuf::from(HOSTS);
    let mut driver = Driver::new(
        config,
        Surroundings {
            alert,
            control: Some((listener, place)),
            hosts,
        },
    )?;
    let exit = driver.run();
    driver.close();
    // Its connections end with the process: that is what tells a client of `--stop` that the monitor is gone.
    core::mem::forget(driver);
    Ok(exit?)
}

/// `status`, `alerts`, `metrics`.
#[inline(never)]
fn show(view: &View, paths: &Paths) -> Code {
    let clocks = Clocks {
        now: clock::now,
        wall: clock::wall,
    };
    match view::run(view, paths, clocks) {
        Ok(true) => Code::Success,
        Ok(false) => Code::Failed,
        Err(error) => {
            console::complain(format_args!("clp_isa: {error}"));
            match error {
                view::ViewError::Unknown(_) => Code::NotRunning,
                view::ViewError::Registry(_)
                | view::ViewError::Log(_)
                | view::ViewError::Unwritten(_) => Code::System,
            }
        }
    }
}

/// The exit code of a single check: people's and scripts' (contract, section 9), or a monitoring plugin's.
fn code_of(verdict: Verdict, form: Form) -> ExitCode {
    match (form, verdict) {
        (_, Verdict::Healthy) => Code::Success.into(),
        (Form::Line, Verdict::Failed) => Code::Failed.into(),
        (Form::Line, Verdict::Void | Verdict::Late) => Code::System.into(),
        (Form::Plugin, Verdict::Failed) => ExitCode::from(2),
        (Form::Plugin, Verdict::Void | Verdict::Late) => ExitCode::from(3),
    }
}

/// `--once`: one check, told on standard output, and nothing else.
#[inline(never)]
fn check_once(config: &Config, form: Form) -> ExitCode {
    match once::run(config, PathBuf::from(HOSTS)) {
        Ok(report) => {
            let line = view::once::line(&report, form);
            match say(format_args!("{line}"), Code::Success) {
                Code::Success => code_of(view::once::verdict(&report), form),
                _ => code_of(Verdict::Void, form),
            }
        }
        Err(error) => {
            cannot_check(config.protocol(), form, &error);
            code_of(Verdict::Void, form)
        }
    }
}

/// Why there was no single check: on standard error, or where a plugin says it.
fn cannot_check(protocol: Protocol, form: Form, why: &dyn Display) {
    match form {
        Form::Line => console::explain(protocol.info().command, why, &""),
        Form::Plugin => {
            let line = view::once::unknown(protocol, &why.to_string());
            // Its exit code says unknown, whether the line is read or not.
            say(format_args!("{line}"), Code::System);
        }
    }
}

/// A verb for a monitor that another process is.
#[inline(never)]
fn command(paths: &Paths, protocol: Protocol, identifier: &Identifier, verb: Verb) -> Code {
    use client::{ControlError, Done};
    let error = match client::run(paths, protocol, identifier, verb, clock::now) {
        Ok(Done::Pid(pid)) => return say(format_args!("{pid}\n"), Code::Success),
        Ok(Done::Stopped | Done::Paused | Done::Resumed | Done::Deleted) => return Code::Success,
        Err(error) => error,
    };
    let code = match error {
        ControlError::NotRunning { .. } => Code::NotRunning,
        ControlError::NotEnded { .. } => {
            tell(
                paths,
                protocol,
                identifier.as_str(),
                Event::NotEnded,
                &error,
            );
            return Code::NotEnded;
        }
        ControlError::OtherProtocol { .. }
        | ControlError::Running { .. }
        | ControlError::NoRecord { .. }
        | ControlError::Refused { .. }
        | ControlError::DoesNotRespond { .. }
        | ControlError::System(_) => Code::System,
    };
    console::explain(protocol.info().command, &error, &"");
    if let (ControlError::NotRunning { pid: Some(pid), .. }, Verb::Disp) = (error, verb) {
        return say(format_args!("{pid}\n"), code);
    }
    code
}

/// Alerts one event of a process that is no monitor.
fn raise(paths: &Paths, protocol: Protocol, shown: &str, event: Event) {
    let mut alert = Alert::open(paths, protocol, shown, std::process::id());
    alert.raise(event, clock::wall(), clock::now());
    alert.close(clock::wall());
}

/// A command line that asks for nothing that can be done.
fn refuse(error: &cli::UsageError<'_>, paths: &Paths) -> ExitCode {
    match error {
        cli::UsageError::NoIdentifier { protocol } => {
            tell(paths, *protocol, "", Event::NoIdentifier, error)
        }
        cli::UsageError::Invalid {
            protocol, shown, ..
        } => {
            tell(
                paths,
                *protocol,
                &shown.text(),
                Event::InvalidParameter,
                error,
            );
        }
        cli::UsageError::License { reason } => {
            lcnsc::fail(reason);
            return Code::Failed.into();
        }
        cli::UsageError::Once { protocol, form, .. } => {
            cannot_check(*protocol, *form, error);
            if *form == Form::Plugin {
                return code_of(Verdict::Void, *form);
            }
        }
        cli::UsageError::View { show, .. } => console::complain(format_args!(
            "clp_isa {}: {error}\n{}",
            show.name(),
            cli::usage(cli::Topic::Show(*show))
        )),
        cli::UsageError::NoCommand | cli::UsageError::UnknownCommand { .. } => {
            console::complain(format_args!(
                "clp_isa: {error}\n{}",
                cli::usage(cli::Topic::Program)
            ));
        }
    }
    Code::Usage.into()
}

/// Alerts `event` of a process that is no monitor, and says on standard error what it is and why.
fn tell(paths: &Paths, protocol: Protocol, shown: &str, event: Event, why: &dyn Display) {
    raise(paths, protocol, shown, event);
    console::explain(
        protocol.info().command,
        &event.message(protocol, shown),
        why,
    );
}
