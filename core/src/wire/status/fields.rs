//! The fields of a status line, by name.

use crate::check::{Attempt, Call, Cause, Detail, Ending, LocalError, Phase};
use crate::errno::Errno;
use crate::event::Failure;
use crate::limits::EXCERPT_MAX;
use crate::probe::Step;
use crate::sink::{Lost, Sink};
use arrayvec::ArrayVec;
use core::fmt::{self, Write};

/// What stands before a sink's name in the field of what it lost.
pub(super) const LOST: &str = "lost_";

/// The line's fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(super) const fn new(line: &'a str) -> Self {
        Self(line)
    }

    /// The value of the first field with this name.
    pub(super) fn value(self, name: &str) -> Option<&'a str> {
        self.0
            .split(' ')
            .filter_map(|field| field.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    pub(super) fn number<T: TryFrom<u64>>(self, name: &str) -> Option<T> {
        T::try_from(self.whole(name)?).ok()
    }

    /// What the sinks lost.
    pub(super) fn lost(self) -> Option<Lost> {
        let mut lost = Lost::default();
        for sink in Sink::ALL {
            let mut fields = self
                .0
                .split(' ')
                .filter_map(|field| field.strip_prefix(LOST));
            let field = fields.find_map(|field| field.strip_prefix(sink.name())?.strip_prefix('='));
            *lost.of_mut(sink) = u32::try_from(field?.parse::<u64>().ok()?).ok()?;
        }
        Some(lost)
    }

    /// The number, which may be negative, of the event or call.
    fn signed(self) -> Option<i32> {
        self.value("number")?.parse().ok()
    }

    fn whole(self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    /// A step of an unknown word, which a newer monitor may have, is none.
    fn phase(self) -> Option<Phase> {
        let name = self.value("phase")?;
        let step = self.value("step").and_then(|word| {
            let mut steps = Step::ALL.into_iter();
            steps.find(|known| known.name() == Some(word))
        });
        let dialogue = Phase::Dialogue(step.unwrap_or(Step::Answer));
        [Phase::Lookup, Phase::Connect, dialogue]
            .into_iter()
            .find(|known| phase_name(*known) == name)
    }

    /// A cause of an unknown word, which a newer monitor may have, is none.
    fn detail(self) -> Option<Detail> {
        let cause = self
            .value("cause")
            .and_then(|name| Cause::ALL.into_iter().find(|known| known.name() == name));
        let said = unescaped(self.value("said").unwrap_or_default())?;
        Some(Detail {
            cause,
            excerpt: said.as_slice().into(),
        })
    }

    /// The attempt that the fields `event` or `call`, `number`, `phase`, `step`, `address`, `cause` and `said` describe.
    pub(super) fn attempt(self) -> Option<Attempt> {
        let ending = match (self.value("event"), self.value("call")) {
            (Some(id), _) => Ending::Failed(Failure::from_parts(id.parse().ok()?, self.signed()?)?),
            (None, Some(name)) => Ending::Void(LocalError {
                call: Call::ALL.into_iter().find(|call| call.name() == name)?,
                errno: Errno(self.signed()?),
            }),
            (None, None) => Ending::Healthy,
        };
        let address = match self.value("address") {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let detail = match ending {
            Ending::Failed(_) => self.detail()?,
            _ => Detail::default(),
        };
        Some(Attempt {
            ending,
            detail,
            address,
            phase: self.phase()?,
        })
    }
}

/// The fields `cause` and `said`, a blank before each; left out where there is nothing to tell.
pub(super) fn write_detail(detail: &Detail, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(cause) = detail.cause {
        write!(f, " cause={}", cause.name())?;
    }
    let said = detail.excerpt.as_bytes();
    if said.is_empty() {
        return Ok(());
    }
    f.write_str(" said=")?;
    for &byte in said {
        match byte {
            b'!'..=b'~' if byte != b'%' => f.write_char(byte.into())?,
            _ => write!(f, "%{byte:02x}")?,
        }
    }
    Ok(())
}

/// The bytes of a field `said`, as many as are kept; nothing if a byte does not have its form.
fn unescaped(text: &str) -> Option<ArrayVec<u8, EXCERPT_MAX>> {
    let mut said = ArrayVec::new();
    let mut bytes = text.bytes();
    // Ends: every turn takes a byte at least.
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from((high << 4) | low).ok()?
            }
            byte => byte,
        };
        let _ = said.try_push(byte);
    }
    Some(said)
}

/// A phase's word in the line.
const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Lookup => "look-up",
        Phase::Connect => "connect",
        Phase::Dialogue(_) => "answer",
    }
}

/// The fields `phase` and `step`, a blank before each; the latter, which an older reader does not know, where there is one.
pub(super) fn write_phase(phase: Phase, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, " phase={}", phase_name(phase))?;
    match phase {
        Phase::Dialogue(step) => match step.name() {
            Some(word) => write!(f, " step={word}"),
            None => Ok(()),
        },
        Phase::Lookup | Phase::Connect => Ok(()),
    }
}
