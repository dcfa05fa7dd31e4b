//! License records as text: the store's files, and the files that trial licenses are handed out as. Pure.

use super::key::{self, BadDates, Key, PRODUCT, Serial, Terms};
use core::fmt;

/// What a file of the store begins with.
const HEADING: &str = "# Licenses of this host, written by clplcnsc: serial number, key.\n";

/// A serial number with its genuine key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    serial: Serial,
    key: Key,
}

impl Record {
    /// A license on these terms, with a key made for it.
    ///
    /// # Errors
    /// Terms that no key can say.
    pub fn issue(serial: Serial, terms: Terms) -> Result<Self, BadDates> {
        Key::issue(serial, terms).map(|key| Self { serial, key })
    }

    /// The two as a record; nothing if the key is not the serial number's.
    pub fn new(serial: Serial, key: Key) -> Option<Self> {
        key.is_genuine(serial).then_some(Self { serial, key })
    }

    pub const fn serial(&self) -> Serial {
        self.serial
    }

    pub const fn key(&self) -> Key {
        self.key
    }

    pub const fn terms(&self) -> Terms {
        self.key.terms()
    }
}

/// Why a line of the store's is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// It does not have a record's form: half-written, garbled.
    Form,
    /// The key is not the serial number's, or was issued for a program built with another secret.
    Key(Serial),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("not a license record"),
            Self::Key(serial) => write!(f, "the key does not belong to serial number {serial}"),
        }
    }
}

/// The records in a file of the store: each line that is neither empty nor a comment, with its number from 1.
///
/// For all bytes: each record given is genuine, and [`render`] of the records reads back as the same.
pub fn parse(bytes: &[u8]) -> impl Iterator<Item = (usize, Result<Record, Damage>)> {
    lines(bytes).map(|(number, line)| (number, parse_line(line)))
}

fn parse_line(line: &[u8]) -> Result<Record, Damage> {
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(serial), Some(key), None) = (words.next(), words.next(), words.next()) else {
        return Err(Damage::Form);
    };
    let serial = Serial::parse(serial).ok_or(Damage::Form)?;
    let key = Key::parse(key).map_err(|_| Damage::Form)?;
    Record::new(serial, key).ok_or(Damage::Key(serial))
}

/// The text of a file of the store.
pub fn render(records: &[Record]) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        f.write_str(HEADING)?;
        records
            .iter()
            .try_for_each(|Record { serial, key }| writeln!(f, "{serial} {key}"))
    })
}

/// Lines that are neither empty nor comments, numbered from 1, without blanks around them.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = (1..).zip(bytes.split(|&byte| byte == b'\n'));
    lines
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

/// Why a trial file cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialFileError {
    /// A line that is none of the three, with its number.
    Line(usize),
    /// A name that is given twice, with the second one's line.
    Repeated(&'static str, usize),
    /// A name that is missing.
    Missing(&'static str),
    /// The license is for another product.
    Product,
    /// The serial number has the wrong form.
    Serial,
    /// The key has the wrong form.
    Key(key::KeyError),
    /// The key is not the serial number's.
    Mismatch,
    /// A product key: those are registered in the dialogue.
    NotATrial,
}

impl fmt::Display for TrialFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}: not a line of a license file"),
            Self::Repeated(name, number) => {
                write!(f, "line {number}: {name} is given more than once")
            }
            Self::Missing(name) => write!(f, "{name}= is missing: not a license file"),
            Self::Product => write!(f, "the license is not for product {PRODUCT}"),
            Self::Serial => {
                f.write_str("the serial number must be three capital letters and seven digits")
            }
            Self::Key(error) => write!(f, "the key {error}"),
            Self::Mismatch => f.write_str("the key does not belong to the serial number"),
            Self::NotATrial => f.write_str("only trial licenses can be registered from a file"),
        }
    }
}

pub fn render_trial_file(record: &Record) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let Record { serial, key } = record;
        if let Terms::Trial { first, last } = key.terms() {
            writeln!(f, "# Trial license, from {first} to {last} (mm/dd/yyyy)")?;
        }
        write!(f, "product={PRODUCT}\nserial={serial}\nkey={key}\n")
    })
}

/// The record in a trial file: `product=`, `serial=` and `key=`, each once, in any order; empty lines and comments
/// (`#`) are skipped.
///
/// # Errors
/// What keeps it from being registered.
pub fn parse_trial_file(bytes: &[u8]) -> Result<Record, TrialFileError> {
    let (mut product, mut serial, mut key) = (None, None, None);
    for (number, line) in lines(bytes) {
        let place = line.iter().position(|&byte| byte == b'=');
        let (name, value) = place
            .and_then(|place| line.split_at_checked(place))
            .ok_or(TrialFileError::Line(number))?;
        let (slot, name) = match name {
            b"product" => (&mut product, "product"),
            b"serial" => (&mut serial, "serial"),
            b"key" => (&mut key, "key"),
            _ => return Err(TrialFileError::Line(number)),
        };
        if slot
            .replace(value.strip_prefix(b"=").unwrap_or(value))
            .is_some()
        {
            return Err(TrialFileError::Repeated(name, number));
        }
    }
    let product = product.ok_or(TrialFileError::Missing("product"))?;
    let serial = serial.ok_or(TrialFileError::Missing("serial"))?;
    let key = key.ok_or(TrialFileError::Missing("key"))?;
    if product != PRODUCT.as_bytes() {
        return Err(TrialFileError::Product);
    }
    let serial = Serial::parse(serial).ok_or(TrialFileError::Serial)?;
    let key = Key::parse(key).map_err(TrialFileError::Key)?;
    let record = Record::new(serial, key).ok_or(TrialFileError::Mismatch)?;
    match record.terms() {
        Terms::Trial { .. } => Ok(record),
        Terms::Product => Err(TrialFileError::NotATrial),
    }
}
