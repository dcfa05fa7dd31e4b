//! License keys and serial numbers: their form, what a key says, and whether it is genuine. Pure.
//!
//! A key has 29 symbols of 5 bits each, in groups of 8, 7, 7 and 7: the kind (`P` or `T`, one symbol), the first and the
//! last day (three symbols each, counted from 2000-01-01; both zero in a product key), and the first 110 bits of an
//! HMAC-SHA256 (22 symbols) over product code, serial number and those seven symbols. No bit is unused, and every value
//! is written in one way only: each key differs from all others of its serial number in many symbols.
//!
//! The secret is the builder's (`CLP_ISA_LICENSE_SECRET` when the program is compiled). It lies in the binary: keys
//! keep records honest; they are no copy protection.

use crate::date::Date;
use arrayvec::ArrayVec;
use core::fmt::{self, Write};
use hmac_sha256::HMAC;

/// The product code: what `-p` takes.
pub const PRODUCT: &str = "ISAG10";

/// The symbols, by their value. Without I and O, which are taken for digits (guide, chapter 1), and without U and Z.
pub const SYMBOLS: [u8; 32] = *b"0123456789ABCDEFGHJKLMNPQRSTVWXY";
/// Lengths of a key's groups, in symbols.
pub const GROUPS: [usize; 4] = [8, 7, 7, 7];
/// Length of a key with its hyphens, in bytes.
pub const KEY_LENGTH: usize = 32;
/// Symbols of a key.
const LENGTH: usize = 29;
/// Symbols in front of the tag: kind, first day, last day.
const HEAD: usize = 7;
/// Symbols of a day.
const DAY: usize = 3;
/// Bits of a symbol.
const BITS: u32 = 5;
/// The last day that a key can name: 2089-09-17.
pub const LAST_DAY: Date = Date::new(0x7fff);

/// The builder's own secret; an empty one is none.
const OWN_SECRET: Option<&str> = match option_env!("CLP_ISA_LICENSE_SECRET") {
    Some(secret) if !secret.is_empty() => Some(secret),
    _ => None,
};
const SECRET: &str = match OWN_SECRET {
    Some(secret) => secret,
    None => "published development secret",
};

/// Whether this build has no secret of its own: then everybody can issue keys for it.
pub const fn is_published() -> bool {
    OWN_SECRET.is_none()
}

/// A serial number: three capital letters and seven digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serial([u8; 10]);

impl Serial {
    /// The serial number in `bytes`; nothing if they have another form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let serial: [u8; 10] = bytes.try_into().ok()?;
        let (letters, digits) = serial.split_at_checked(3)?;
        let fits =
            letters.iter().all(u8::is_ascii_uppercase) && digits.iter().all(u8::is_ascii_digit);
        fits.then_some(Self(serial))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|&byte| f.write_char(char::from(byte)))
    }
}

/// What a license is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// One host, without an end.
    Product,
    /// The whole cluster, on these days and those between them.
    Trial {
        first: Date,
        /// The last day, not before the first.
        last: Date,
    },
}

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not in groups of 8, 7, 7 and 7 symbols with hyphens between them.
    Groups,
    /// A byte that is no symbol: a small letter, I, O, U, Z, or anything else.
    Symbol(u8),
    /// The right form, but it says nothing that a key can say: mistyped.
    Malformed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Groups => {
                f.write_str("must be groups of 8, 7, 7 and 7 symbols with hyphens between them")
            }
            Self::Symbol(byte) => {
                let shown = [byte];
                let shown = crate::text::Escaped(&shown);
                write!(
                    f,
                    "\"{shown}\" is no symbol of a key: digits and capital letters except I, O, U and Z are"
                )
            }
            Self::Malformed => f.write_str("is not a key: is it mistyped?"),
        }
    }
}

/// Dates that no trial can have: the last before the first, or one that a key cannot name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDates;

impl fmt::Display for BadDates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the first day must not be after the last, and both from {} to {LAST_DAY}",
            Date::new(0)
        )
    }
}

/// A key in its right form. Whether it is genuine, only its serial number can tell: [`Key::is_genuine`].
///
/// For all bytes: if `parse` gives a key, its text is those bytes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The symbols' values, below 32.
    symbols: [u8; LENGTH],
    terms: Terms,
}

impl Key {
    /// The key in `bytes`, of exactly [`KEY_LENGTH`] bytes.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut groups = bytes.split(|&byte| byte == b'-');
        let mut symbols = ArrayVec::<u8, LENGTH>::new();
        for length in GROUPS {
            let group = groups
                .next()
                .filter(|group| group.len() == length)
                .ok_or(KeyError::Groups)?;
            for &byte in group {
                symbols
                    .try_push(value(byte)?)
                    .map_err(|_| KeyError::Groups)?;
            }
        }
        if groups.next().is_some() {
            return Err(KeyError::Groups);
        }
        let symbols = symbols.into_inner().map_err(|_| KeyError::Groups)?;
        let terms = read_terms(&symbols).ok_or(KeyError::Malformed)?;
        Ok(Self { symbols, terms })
    }

    /// The key that goes with `serial` and says `terms`.
    ///
    /// # Errors
    /// Terms that no key can say.
    pub fn issue(serial: Serial, terms: Terms) -> Result<Self, BadDates> {
        let (kind, first, last) = match terms {
            Terms::Product => (b'P', 0, 0),
            Terms::Trial { first, last } if first <= last && last <= LAST_DAY => (
                b'T',
                first.number().ok_or(BadDates)?,
                last.number().ok_or(BadDates)?,
            ),
            Terms::Trial { .. } => return Err(BadDates),
        };
        let mut symbols = [0; LENGTH];
        if let Some((head, tag)) = symbols.split_at_mut_checked(HEAD)
            && let [symbol, days @ ..] = head
        {
            *symbol = value(kind).unwrap_or_default();
            if let Some((from, to)) = days.split_at_mut_checked(DAY) {
                write_number(first.into(), from);
                write_number(last.into(), to);
            }
            let made = sign(serial, head);
            tag.copy_from_slice(&made);
        }
        Ok(Self { symbols, terms })
    }

    /// What the key says; to be believed only if it is genuine.
    pub const fn terms(&self) -> Terms {
        self.terms
    }

    /// Whether the key was issued for `serial` with this build's secret. Takes the same time wherever it differs.
    pub fn is_genuine(&self, serial: Serial) -> bool {
        let Some((head, tag)) = self.symbols.split_at_checked(HEAD) else {
            return false;
        };
        let wanted = sign(serial, head);
        let difference = wanted
            .iter()
            .zip(tag)
            .fold(0, |sum, (wanted, given)| sum | (wanted ^ given));
        core::hint::black_box(difference) == 0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut symbols = self
            .symbols
            .iter()
            .filter_map(|&value| SYMBOLS.get(usize::from(value)));
        for (index, length) in GROUPS.into_iter().enumerate() {
            if index > 0 {
                f.write_char('-')?;
            }
            for &symbol in symbols.by_ref().take(length) {
                f.write_char(char::from(symbol))?;
            }
        }
        Ok(())
    }
}

fn value(symbol: u8) -> Result<u8, KeyError> {
    let place = SYMBOLS.iter().position(|&known| known == symbol);
    let value = place.and_then(|place| u8::try_from(place).ok());
    value.ok_or(KeyError::Symbol(symbol))
}

fn read_terms(symbols: &[u8; LENGTH]) -> Option<Terms> {
    let (&[kind, ref days @ ..], _) = symbols.split_first_chunk::<HEAD>()?;
    let (first, last) = days.split_at_checked(DAY)?;
    let (first, last) = (read_number(first), read_number(last));
    match SYMBOLS.get(usize::from(kind))? {
        b'P' if first == 0 && last == 0 => Some(Terms::Product),
        b'T' if first <= last => Some(Terms::Trial {
            first: Date::new(first),
            last: Date::new(last),
        }),
        _ => None,
    }
}

/// The number that three symbols are.
fn read_number(symbols: &[u8]) -> u16 {
    symbols
        .iter()
        .fold(0, |number, &symbol| (number << BITS) | u16::from(symbol))
}

/// Writes the last bits of `number`, as many as `out` takes, five to each symbol.
fn write_number(number: u128, out: &mut [u8]) {
    let mut rest = number;
    for symbol in out.iter_mut().rev() {
        // Five bits fit.
        *symbol = u8::try_from(rest & 0x1f).unwrap_or_default();
        rest >>= BITS;
    }
}

/// The tag that goes with `serial` and the symbols in front of it.
fn sign(serial: Serial, head: &[u8]) -> [u8; LENGTH - HEAD] {
    let mut mac = HMAC::new(SECRET.as_bytes());
    mac.update(PRODUCT.as_bytes());
    mac.update(b"\n");
    mac.update(serial.0);
    mac.update(b"\n");
    mac.update(head);
    let mac = mac.finalize();
    let mut tag = [0; LENGTH - HEAD];
    if let Some(first) = mac.first_chunk::<16>() {
        // 22 symbols: the first 110 of these 128 bits.
        write_number(u128::from_be_bytes(*first) >> 18, &mut tag);
    }
    tag
}

#[cfg(test)]
mod tests;
