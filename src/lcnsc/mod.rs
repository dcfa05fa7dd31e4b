//! `clplcnsc`: registers, lists and deletes licenses (contract, section 8; guide, chapter 1).
//!
//! Owns what is asked, checked and said; the files are the store's. A license that cannot be used is refused with one
//! line that says why, before anything is changed.

pub mod dialogue;
mod list;

use crate::cli::{License, Word};
use crate::console::{self, Unwritten};
use crate::date::Date;
use crate::license::key::{self, Key, Serial, Terms};
use crate::license::read_trial_file;
use crate::license::record::{Record, TrialFileError, parse_trial_file};
use crate::license::store::{self, Skipped};
use crate::paths::Paths;
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
    /// Neither 1 nor 2.
    Choice(Vec<u8>),
    /// The form of the serial number.
    Serial(Vec<u8>),
    /// The form of the key.
    Key(Vec<u8>, key::KeyError),
    /// The key is not the serial number's.
    Mismatch(Serial),
    /// The key is of the other kind.
    OtherKind(Terms),
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
            Self::Choice(answer) => write!(f, "license version {}: must be 1 or 2", Word(answer)),
            Self::Serial(answer) => write!(
                f,
                "serial number {}: must be three capital letters and seven digits",
                Word(answer)
            ),
            Self::Key(answer, error) => write!(f, "license key {}: {error}", Word(answer)),
            Self::Mismatch(serial) => {
                write!(
                    f,
                    "the license key does not belong to serial number {serial}"
                )
            }
            Self::OtherKind(Terms::Product) => {
                f.write_str("this is the key of a product license: register it as product version")
            }
            Self::OtherKind(Terms::Trial { .. }) => {
                f.write_str("this is the key of a trial license: register it as trial version")
            }
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

/// The guide's dialogue: the license that the answers give. `answer` prints a prompt and gives the answer; every one is
/// judged as soon as it is given.
///
/// # Errors
/// See [`Failure`].
pub fn ask<'a>(
    mut answer: impl FnMut(&str) -> Result<Vec<u8>, Interruption>,
) -> Result<Record, Failure<'a>> {
    let choice = answer(
        "Software license\n 1 Product version\n 2 Trial version\nSelect the license version [1 or 2]...",
    )?;
    let wants_trial = match choice.as_slice() {
        b"1" => false,
        b"2" => true,
        _ => return Err(Failure::Choice(choice)),
    };
    let number = answer("Enter serial number [Ex. XXX0000000]... ")?;
    let serial = Serial::parse(&number).ok_or(Failure::Serial(number))?;
    let typed = answer("Enter license key\n[Ex. XXXXXXXX-XXXXXXX-XXXXXXX-XXXXXXX] ...")?;
    let key = Key::parse(&typed).map_err(|error| Failure::Key(typed, error))?;
    let record = Record::new(serial, key).ok_or(Failure::Mismatch(serial))?;
    let is_trial = record.terms() != Terms::Product;
    if is_trial == wants_trial {
        Ok(record)
    } else {
        Err(Failure::OtherKind(record.terms()))
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
