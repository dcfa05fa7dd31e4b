//! `clplcnsc`: registers, lists and deletes licenses (docs/reference.md, "Registering"; guide, chapter 1).
//!
//! Owns what is asked, checked and said; the files are the store's. A license that cannot be used is refused with one
//! line that says why, before anything is changed.

use crate::console::dialogue::{Dialogue, Interruption};
use crate::console::{self, Unwritten};
use crate::exit::Code;
use crate::license::read_trial_file;
use crate::license::store::{self, Skipped, StoreError};
use crate::paths::Paths;
use crate::sys::{clock, time_zone};
use crate::view::licenses;
use clp_isa_core::cli::{License, Word};
use clp_isa_core::date::Date;
use clp_isa_core::license::dialogue::ask;
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::{Record, parse_trial_file};
use core::fmt::Display;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A command that failed: what standard error says, and the exit code.
struct Failure {
    reason: String,
    code: Code,
}

impl Failure {
    fn new(reason: &dyn Display) -> Self {
        Self {
            reason: reason.to_string(),
            code: Code::Failed,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(&error)
    }
}

impl From<Interruption> for Failure {
    fn from(interruption: Interruption) -> Self {
        Self {
            code: Code::from(&interruption),
            ..Self::new(&interruption)
        }
    }
}

impl From<Unwritten> for Failure {
    fn from(error: Unwritten) -> Self {
        Interruption::from(error).into()
    }
}

/// Carries the command out. What it has registered or deleted is so, also where standard output then takes no more.
pub(super) fn run(paths: &Paths, license: &License<'_>) -> Code {
    let today = time_zone::of_node().day(clock::wall());
    if let Err(failure) = carry_out(paths, license, today) {
        refuse(&failure.reason);
        return failure.code;
    }
    match console::say(format_args!("Command succeeded.\n")) {
        Ok(_) => Code::Success,
        Err(error) => {
            // It did not fail: what was asked for is done.
            complain(&error);
            Code::System
        }
    }
}

/// Tells why the command failed, and that it did.
pub(super) fn refuse(why: &dyn Display) -> Code {
    complain(why);
    console::complain(format_args!("Command failed."));
    Code::Failed
}

fn complain(what: &dyn Display) {
    console::complain(format_args!("clplcnsc: {what}"));
}

fn carry_out(paths: &Paths, license: &License<'_>, today: Date) -> Result<(), Failure> {
    if !paths.is_prefixed() && !nix::unistd::geteuid().is_root() {
        return Err(Failure::new(&"must be run as root"));
    }
    match license {
        License::Dialogue => {
            let mut dialogue = Dialogue::open()?;
            register(paths, ask(|prompt| dialogue.ask(prompt))?, today)?;
        }
        License::File(path) => {
            let bytes = read_trial_file(Path::new(OsStr::from_bytes(path)))?;
            let record = parse_trial_file(&bytes)
                .map_err(|error| Failure::new(&format_args!("{}: {error}", Word(path))))?;
            register(paths, record, today)?;
        }
        License::List => {
            let contents = store::read(paths)?;
            tell("skipped", &contents.skipped);
            console::say(format_args!("{}", licenses::table(&contents, today)))?;
        }
        License::Delete(serial) => tell("removed", &store::delete(paths, *serial)?),
    }
    Ok(())
}

fn register(paths: &Paths, record: Record, today: Date) -> Result<(), Failure> {
    if let Terms::Trial { last, .. } = record.terms()
        && last < today
    {
        let reason = format_args!("the trial license has ended on {last} (mm/dd/yyyy)");
        return Err(Failure::new(&reason));
    }
    let changed = store::register(paths, record)?;
    tell("removed", &changed.dropped);
    for old in changed.replaced {
        complain(&format_args!(
            "it takes the place of the license with serial number {}",
            old.serial()
        ));
    }
    Ok(())
}

/// Tells what could not be used, and what became of it.
fn tell(fate: &str, skipped: &[Skipped]) {
    for trouble in skipped {
        complain(&format_args!("{fate}: {trouble}"));
    }
}
