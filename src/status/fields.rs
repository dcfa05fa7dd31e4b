//! The fields of a status line, by name.

use crate::check::{Attempt, Call, Ending, LocalError, Phase};
use crate::event::Failure;
use crate::units::Errno;

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

    /// The number in the field with this name.
    pub(super) fn number<T: TryFrom<u64>>(self, name: &str) -> Option<T> {
        T::try_from(self.whole(name)?).ok()
    }

    /// The number, which may be negative, of the event or call.
    fn signed(self) -> Option<i32> {
        self.value("number")?.parse().ok()
    }

    fn whole(self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    /// The attempt that the fields `event` or `call`, `number`, `phase` and `address` describe.
    pub(super) fn attempt(self) -> Option<Attempt> {
        let ending = match (self.value("event"), self.value("call")) {
            (Some(id), _) => Ending::Failed(Failure::from_parts(id.parse().ok()?, self.signed()?)?),
            (None, Some(name)) => Ending::Void(LocalError {
                call: Call::ALL.into_iter().find(|call| call.name() == name)?,
                errno: Errno(self.signed()?),
            }),
            (None, None) => Ending::Healthy,
        };
        let phase = self.value("phase")?;
        let address = match self.value("address") {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        Some(Attempt {
            ending,
            address,
            phase: [Phase::LookUp, Phase::Connect, Phase::Answer]
                .into_iter()
                .find(|known| phase_name(*known) == phase)?,
        })
    }
}

/// A phase's word in the line.
pub(super) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::LookUp => "look-up",
        Phase::Connect => "connect",
        Phase::Answer => "answer",
    }
}
