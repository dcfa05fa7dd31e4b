//! A table of options, and the one parser of all of them.
//!
//! Owns what the command lines have in common: an option is one row, and all that there is to know of it stands there.
//! Each command has a table of its own and says what becomes of an argument that is no option.

use super::reason::{Allowed, Reason};
use core::fmt;

/// A command line that is read with a table.
pub(super) trait Line: Sized + 'static {
    /// What its options set.
    type Given<'a>;

    /// Whether an option that is given again is told before a value that does not fit.
    const REPEATED_FIRST: bool = false;

    /// Takes an argument that is no option.
    fn other<'a>(_: &mut Self::Given<'a>, argument: &'a [u8]) -> Result<(), Reason<'a>> {
        Err(stray(argument))
    }

    /// Whether a command line cannot have both of these options.
    fn excludes(_: &Row<Self>, _: &Row<Self>) -> bool {
        false
    }
}

pub(super) struct Row<L: Line> {
    /// Its name, dashes included, and, after a space, what stands for its value in the help.
    pub(super) usage: &'static str,
    pub(super) meaning: &'static str,
    pub(super) takes: Takes<L>,
}

/// What an option takes: what is allowed, what holds without it, and what sets it.
pub(super) enum Takes<L: Line> {
    /// No value.
    Nothing(for<'a> fn(&mut L::Given<'a>)),
    /// A whole number from 1 to the first one; the second one is the default.
    Number(u16, u16, for<'a> fn(&mut L::Given<'a>, u16)),
    /// Anything else; nothing is set if the value does not fit.
    Text(
        Allowed,
        Option<&'static str>,
        for<'a> fn(&mut L::Given<'a>, &'a [u8]) -> Option<()>,
    ),
}

impl<L: Line> Row<L> {
    pub(super) fn name(&self) -> &'static str {
        self.usage.split(' ').next().unwrap_or_default()
    }

    pub(super) const fn takes_value(&self) -> bool {
        !matches!(self.takes, Takes::Nothing(_))
    }

    /// Sets the default, if there is one.
    pub(super) fn set_default(&self, given: &mut L::Given<'_>) {
        match self.takes {
            Takes::Number(_, default, set) => set(given, default),
            Takes::Text(_, Some(default), set) => {
                // A test holds each default against its own option.
                set(given, default.as_bytes());
            }
            Takes::Nothing(_) | Takes::Text(_, None, _) => (),
        }
    }

    /// Sets what was given; a row that takes no value looks at none.
    pub(super) fn set<'a>(
        &self,
        given: &mut L::Given<'a>,
        value: &'a [u8],
    ) -> Result<(), Reason<'a>> {
        let (fits, allowed) = match self.takes {
            Takes::Nothing(set) => {
                set(given);
                return Ok(());
            }
            Takes::Number(to, _, set) => (
                parse_number(value, to).map(|number| set(given, number)),
                Allowed::Number(to),
            ),
            Takes::Text(allowed, _, set) => (set(given, value), allowed),
        };
        fits.ok_or(Reason::Value {
            option: self.name(),
            value,
            allowed,
        })
    }
}

/// Puts what was parsed in its place, if it was.
pub(super) fn put<T>(place: &mut T, parsed: Option<T>) -> Option<()> {
    *place = parsed?;
    Some(())
}

/// Sets the defaults of `options`, then what `arguments` give.
pub(super) fn read<'a, L: Line>(
    options: impl Iterator<Item = &'static Row<L>> + Clone,
    given: &mut L::Given<'a>,
    arguments: &[&'a [u8]],
) -> Result<(), Reason<'a>> {
    options.clone().for_each(|option| option.set_default(given));
    let mut rest = arguments.iter().copied().enumerate().peekable();
    // Ends: every round takes an argument, or returns.
    while let Some((index, argument)) = rest.next() {
        // A value is what follows an option and is none.
        let value = rest.peek().map(|(_, value)| *value);
        let value = value.filter(|value| !value.starts_with(b"-"));
        let mut named = options
            .clone()
            .filter(|option| option.name().as_bytes() == argument);
        // Two rows may have one name: one of them takes a value.
        let fits = |option: &&Row<L>| option.takes_value() == value.is_some();
        let Some(option) = named.clone().find(fits).or_else(|| named.next()) else {
            L::other(given, argument)?;
            continue;
        };
        if option.takes_value() {
            rest.next()
                .filter(|_| value.is_some())
                .ok_or(Reason::MissingValue(option.name()))?;
        }
        // No value looks like an option, so what looks like one was one.
        let before = arguments.get(..index).unwrap_or_default();
        let was_given = |option: &Row<L>| before.contains(&option.name().as_bytes());
        let alone = if was_given(option) {
            Err(Reason::Repeated(option.name()))
        } else if let Some(former) = options
            .clone()
            .find(|former| was_given(former) && L::excludes(former, option))
        {
            Err(Reason::Mixed(former.name()))
        } else {
            Ok(())
        };
        let set = option.set(given, value.unwrap_or_default());
        if L::REPEATED_FIRST {
            alone.and(set)
        } else {
            set.and(alone)
        }?;
    }
    Ok(())
}

/// What an argument is that is neither an option nor the value of one.
pub(super) fn stray(argument: &[u8]) -> Reason<'_> {
    if argument.starts_with(b"-") {
        Reason::UnknownOption(argument)
    } else {
        Reason::Unexpected(argument)
    }
}

/// A whole number in decimal digits, however many zeros lead it.
fn parse_number(value: &[u8], to: u16) -> Option<u16> {
    let mut number: u16 = 0;
    // Ends: one pass over the digits.
    for byte in value {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    (1..=to).contains(&number).then_some(number)
}

/// An option, or a verb, as the help, the completion and the cluster's agent tell it.
#[derive(Clone, Copy)]
pub struct OptionInfo {
    /// Its name, dashes included, and, after a space, what stands for its value.
    pub usage: &'static str,
    pub meaning: &'static str,
    /// What its value may be.
    pub allowed: Option<Allowed>,
    /// What holds without it, as it would be given.
    pub default: Option<&'static dyn fmt::Display>,
}

impl<L: Line> From<&'static Row<L>> for OptionInfo {
    fn from(row: &'static Row<L>) -> Self {
        let (allowed, default): (_, Option<&dyn fmt::Display>) = match &row.takes {
            Takes::Nothing(_) => (None, None),
            Takes::Number(to, default, _) => (Some(Allowed::Number(*to)), Some(default)),
            Takes::Text(allowed, Some(default), _) => (Some(*allowed), Some(default)),
            Takes::Text(allowed, None, _) => (Some(*allowed), None),
        };
        Self {
            usage: row.usage,
            meaning: row.meaning,
            allowed,
            default,
        }
    }
}

impl fmt::Display for OptionInfo {
    /// What it means, what is allowed, and the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning)?;
        if let Some(allowed) = self.allowed {
            write!(f, ": {allowed}")?;
        }
        match self.default {
            Some(default) => write!(f, " (default: {default})"),
            None => Ok(()),
        }
    }
}
