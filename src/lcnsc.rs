//! `clplcnsc`: registers, lists and deletes licenses (docs/reference.md, "Registering"; guide, chapter 1).
//!
//! Owns what is asked, checked and said; the files are the store's. A license that cannot be used is refused with one
//! line that says why, before anything is changed.

pub mod dialogue;
mod list;

use crate::console::{self, Unwritten};
use crate::license::read_trial_file;
use crate::license::store::{self, Skipped};
use crate::paths::Paths;
use clp_isa_core::cli::{License, Word};
use clp_isa_core::date::Date;
use clp_isa_core::license::dialogue::ask;
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::{Record, TrialFileError, parse_trial_file};
use core::fmt;
use dialogue::Interruption;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Why the command failed.
#[derive(Debug)]
pub enum Failure<'a> {
    /// Not root, and no prefix of one's own.
    NotRoot,
    /// The dialogue came to no end.
    Interruption(Interruption),
    /// The trial file.
    TrialFile(&'a [u8], TrialFileError),
    /// The trial is over; this was its last day.
    Ended(Date),
    /// The store, or the trial file, could not be used.
    Store(store::StoreError),
}

impl From<store::StoreError> for Failure<'_> {
    fn from(error: store::StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unwritten> for Failure<'_> {
    fn from(error: Unwritten) -> Self {
        Interruption::from(error).into()
    }
}

impl From<Interruption> for Failure<'_> {
    fn from(interruption: Interruption) -> Self {
        Self::Interruption(interruption)
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRoot => f.write_str("must be run as root"),
            Self::Interruption(interruption) => interruption.fmt(f),
            Self::TrialFile(path, error) => write!(f, "{}: {error}", Word(path)),
            Self::Ended(last) => write!(f, "the trial license has ended on {last} (mm/dd/yyyy)"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

/// How the command ended; this has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It did what it was to do.
    Succeeded,
    /// It did not.
    Failed,
    /// Standard output does not take what it says. What was registered or deleted by then is so.
    Unwritten,
}

/// Carries the command out; `today` is the day in local time.
pub fn run(paths: &Paths, license: &License<'_>, today: Date) -> End {
    match carry_out(paths, license, today) {
        Ok(()) => match console::say(format_args!("Command succeeded.\n")) {
            Ok(_) => End::Succeeded,
            Err(error) => {
                // It did not fail: what was asked for is done.
                complain(&error);
                End::Unwritten
            }
        },
        Err(failure) => {
            fail(&failure);
            match failure {
                Failure::Interruption(Interruption::Unwritten(_)) => End::Unwritten,
                _ => End::Failed,
            }
        }
    }
}

/// Tells why the command failed, and that it did.
pub fn fail(why: &dyn fmt::Display) {
    complain(why);
    console::complain(format_args!("Command failed."));
}

fn complain(what: &dyn fmt::Display) {
    console::complain(format_args!("clplcnsc: {what}"));
}

fn carry_out<'a>(paths: &Paths, license: &License<'a>, today: Date) -> Result<(), Failure<'a>> {
    if paths.root() == Path::new("/") && !nix::unistd::geteuid().is_root() {
        return Err(Failure::NotRoot);
    }
    match license {
        License::Dialogue => {
            let mut dialogue = dialogue::Dialogue::open()?;
            register(paths, ask(|prompt| dialogue.ask(prompt))?, today)
        }
        License::File(path) => {
            let bytes = read_trial_file(Path::new(OsStr::from_bytes(path)))?;
            let record =
                parse_trial_file(&bytes).map_err(|error| Failure::TrialFile(path, error))?;
            register(paths, record, today)
        }
        License::List => {
            let contents = store::read(paths)?;
            contents.skipped.iter().for_each(tell_skipped);
            console::say(format_args!("{}", list::table(&contents, today)))?;
            Ok(())
        }
        License::Delete(serial) => {
            store::delete(paths, *serial)?.iter().for_each(tell_dropped);
            Ok(())
        }
    }
}

fn register<'a>(paths: &Paths, record: Record, today: Date) -> Result<(), Failure<'a>> {
    if let Terms::Trial { last, .. } = record.terms()
        && last < today
    {
        return Err(Failure::Ended(last));
    }
    let changed = store::register(paths, record)?;
    changed.dropped.iter().for_each(tell_dropped);
    for old in changed.replaced {
        complain(&format_args!(
            "it takes the place of the license with serial number {}",
            old.serial()
        ));
    }
    Ok(())
}

fn tell_skipped(trouble: &Skipped) {
    complain(&format_args!("skipped: {trouble}"));
}

fn tell_dropped(trouble: &Skipped) {
    complain(&format_args!("removed: {trouble}"));
}
