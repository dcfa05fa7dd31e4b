//! The commands, a file each: from a parsed command line to an exit code.

mod alerts;
mod control;
mod license;
mod once;
pub(crate) mod start;
mod status;

use crate::alert::Alert;
use crate::console;
use crate::exit::Code;
use crate::paths::Paths;
use crate::resolve::child;
use crate::sys::PathError;
use crate::sys::clock;
use crate::view::ViewError;
use clp_isa_core::cli::{self, Command, UsageError, View};
use clp_isa_core::event::Event;
use clp_isa_core::protocol::Protocol;
use core::fmt::{self, Display};
use std::path::Path;
use std::process::ExitCode;

/// The system's hosts file, whatever the prefix of the other paths.
const HOSTS: &str = "/etc/hosts";

/// Carries out what `arguments`, the program's name first, ask for, to its end.
pub(crate) fn run(arguments: &[&[u8]], paths: &Paths) -> ExitCode {
    let parsed = cli::parse(arguments);
    if let Err(error) = vet_prefix(&parsed, paths) {
        return fail(&format_args!("CLP_ISA_ROOT is refused: {error}")).into();
    }
    // By reference: a command is large, and so is the code that moves it.
    let code = match &parsed {
        Ok(Command::Help(topic)) => say(format_args!("{}", cli::help(*topic)), Code::Success),
        Ok(Command::Version(topic)) => say(format_args!("{}", cli::version(*topic)), Code::Success),
        Ok(Command::Start(config)) => start::run(config, paths, Path::new(HOSTS)).code,
        Ok(Command::View(view)) => show(view, paths),
        Ok(Command::Once { config, form }) => return once::run(config, *form, Path::new(HOSTS)),
        Ok(Command::Control {
            protocol,
            identifier,
            verb,
        }) => control::run(paths, *protocol, identifier, *verb),
        Ok(Command::License(license)) => license::run(paths, license),
        Ok(Command::Resolve { name }) => resolve(name),
        Err(error) => return refuse(error, paths),
    };
    code.into()
}

/// Refuses a prefix that cannot be trusted, where the command uses what lies under it.
fn vet_prefix(
    parsed: &Result<Command<'_>, UsageError<'_>>,
    paths: &Paths,
) -> Result<(), PathError> {
    match parsed {
        Ok(Command::Start(_))
        | Err(UsageError::NoIdentifier { .. } | UsageError::Invalid { .. }) => paths.vet_or_make(),
        Ok(Command::View(_) | Command::Control { .. } | Command::License(_)) => paths.vet(),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Writes to standard output; `code` is the exit code unless that fails.
fn say(text: fmt::Arguments<'_>, code: Code) -> Code {
    match console::say(text) {
        Ok(_) => code,
        Err(error) => fail(&error),
    }
}

/// Tells why nothing was done; a system error unless the caller knows better.
fn fail(why: &dyn Display) -> Code {
    console::complain(format_args!("clp_isa: {why}"));
    Code::System
}

/// `lines`, each with its end.
fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// `status`, `alerts`, `metrics`.
fn show(view: &View, paths: &Paths) -> Code {
    match try_show(view, paths) {
        Ok(true) => Code::Success,
        Ok(false) => Code::Failed,
        Err(error) => {
            fail(&error);
            Code::from(&error)
        }
    }
}

/// Says whether all is well with what was shown.
fn try_show(view: &View, paths: &Paths) -> Result<bool, ViewError> {
    match view {
        View::Status {
            json,
            watch,
            identifier,
        } => status::run(paths, identifier.as_ref(), *json, *watch),
        View::Alerts {
            count,
            follow,
            json,
        } => alerts::run(paths, (*count).into(), *follow, *json).map(|()| true),
        View::Metrics => status::print_metrics(paths).map(|()| true),
    }
}

/// The child that looks up a name.
fn resolve(name: &str) -> Code {
    if child::follow_parent() {
        say(format_args!("{}", child::answer(name)), Code::Success)
    } else {
        Code::System
    }
}

/// A command line that asks for nothing that can be done.
fn refuse(error: &UsageError<'_>, paths: &Paths) -> ExitCode {
    match error {
        UsageError::NoIdentifier { protocol } => {
            report(paths, *protocol, "", Event::NoIdentifier, error)
        }
        UsageError::Invalid {
            protocol, shown, ..
        } => {
            report(
                paths,
                *protocol,
                &shown.text(),
                Event::InvalidParameter,
                error,
            );
        }
        UsageError::License { reason } => return license::refuse(reason).into(),
        UsageError::Once { protocol, form, .. } => return once::refuse(*protocol, *form, error),
        UsageError::View { show, .. } => console::complain(format_args!(
            "clp_isa {}: {error}\n{}",
            show.name(),
            cli::usage(cli::Topic::Show(*show))
        )),
        UsageError::NoCommand | UsageError::UnknownCommand { .. } => {
            console::complain(format_args!(
                "clp_isa: {error}\n{}",
                cli::usage(cli::Topic::Program)
            ));
        }
    }
    Code::Usage.into()
}

/// Alerts `event` of a process that is no monitor, and says on standard error what it is and why.
fn report(paths: &Paths, protocol: Protocol, shown: &str, event: Event, why: &dyn Display) {
    let mut alert = Alert::open(paths, protocol, shown, std::process::id());
    alert.raise(event, clock::wall(), clock::now());
    alert.close(clock::wall());
    console::explain(
        protocol.info().command,
        &event.message(protocol, shown),
        why,
    );
}
