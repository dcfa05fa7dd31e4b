//! The guide's dialogue in which a license is registered: what is asked, and what becomes of the answers.
//!
//! Owns the questions and the judgement of each answer; reads and prints nothing.

use super::key::{Key, KeyError, Serial, Terms};
use super::record::Record;
use crate::cli::{WORD_MAX, Word};
use crate::limits::LICENSE_LINE_MAX;
use arrayvec::ArrayVec;
use core::fmt;

/// Questions of a dialogue.
const QUESTIONS: usize = 3;
/// As much as all answers can have, and one byte more: whatever comes after it changes nothing.
const TYPED_MAX: usize = QUESTIONS * LICENSE_LINE_MAX + 1;

/// An answer, without the blanks around it.
pub type Answer = ArrayVec<u8, LICENSE_LINE_MAX>;

/// As much of an answer as is shown, and one byte more if there is more.
type Shown = ArrayVec<u8, { WORD_MAX + 1 }>;

/// Why the dialogue gives no license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The input ended before the answer.
    End,
    /// An empty line.
    Empty,
    /// A line that no answer can be.
    TooLong,
    /// Neither 1 nor 2.
    Choice(Shown),
    /// The form of the serial number.
    Serial(Shown),
    /// The form of the key.
    Key(Shown, KeyError),
    /// The key is not the serial number's.
    Mismatch(Serial),
    /// The key is of this kind, and the other one was chosen.
    OtherKind(Terms),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("the input ended before the answer"),
            Self::Empty => f.write_str("nothing was entered"),
            Self::TooLong => write!(f, "the answer is longer than {LICENSE_LINE_MAX} bytes"),
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
        }
    }
}

/// What was typed and is not part of an answer yet, in whatever pieces it comes.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    read: ArrayVec<u8, TYPED_MAX>,
    has_ended: bool,
}

impl Typed {
    pub fn handle_received(&mut self, bytes: &[u8]) {
        let room = self.read.remaining_capacity();
        self.read.extend(bytes.iter().copied().take(room));
    }

    /// No more will arrive.
    pub const fn handle_end(&mut self) {
        self.has_ended = true;
    }

    /// The next line without the blanks around it, or what came instead; nothing while more is to come.
    pub fn poll_answer(&mut self) -> Option<Result<Answer, Refusal>> {
        let mut line = self.read.split_inclusive(|&byte| byte == b'\n');
        let line = line.next().unwrap_or_default();
        let is_whole = line.ends_with(b"\n");
        if line.len() > LICENSE_LINE_MAX {
            return Some(Err(Refusal::TooLong));
        }
        if !is_whole && !self.has_ended {
            return None;
        }
        let length = line.len();
        let answer: Answer = line.trim_ascii().iter().copied().collect();
        self.read.drain(..length);
        Some(match (length, answer.is_empty()) {
            (0, _) => Err(Refusal::End),
            (_, true) => Err(Refusal::Empty),
            (_, false) => Ok(answer),
        })
    }
}

/// The guide's dialogue: the license that the answers give. `answer` prints a prompt and gives the answer; every one is
/// judged as soon as it is given.
///
/// # Errors
/// Those of `answer`, and why an answer gives no license.
pub fn ask<E: From<Refusal>>(
    mut answer: impl FnMut(&str) -> Result<Answer, E>,
) -> Result<Record, E> {
    let choice = answer(
        "Software license\n 1 Product version\n 2 Trial version\nSelect the license version [1 or 2]...",
    )?;
    let wants_trial = match choice.as_slice() {
        b"1" => false,
        b"2" => true,
        _ => return Err(Refusal::Choice(shown(&choice)).into()),
    };
    let number = answer("Enter serial number [Ex. XXX0000000]... ")?;
    let serial = Serial::parse(&number).ok_or(Refusal::Serial(shown(&number)))?;
    let typed = answer("Enter license key\n[Ex. XXXXXXXX-XXXXXXX-XXXXXXX-XXXXXXX] ...")?;
    let key = Key::parse(&typed).map_err(|error| Refusal::Key(shown(&typed), error))?;
    let record = Record::new(serial, key).ok_or(Refusal::Mismatch(serial))?;
    let is_trial = record.terms() != Terms::Product;
    if is_trial == wants_trial {
        Ok(record)
    } else {
        Err(Refusal::OtherKind(record.terms()).into())
    }
}

fn shown(answer: &[u8]) -> Shown {
    answer.iter().copied().take(WORD_MAX + 1).collect()
}
