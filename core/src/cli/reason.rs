//! Why a command line earns event 11, in words that name the option, what was given and what is allowed.
//!
//! Owns the wording. What was given is shown escaped and cut.

use crate::license::key::PRODUCT;
use crate::limits::URI_MAX;
use crate::text::Escaped;
use core::fmt;

/// Why event 11 is due: what was wrong, in the words of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The identifier does not have its form.
    Identifier(&'a [u8]),
    /// The command has no such option.
    UnknownOption(&'a [u8]),
    /// An argument that belongs to no option.
    Unexpected(&'a [u8]),
    /// A value in one argument with its option.
    Glued {
        option: &'static str,
        argument: &'a [u8],
    },
    /// An option given twice.
    Repeated(&'static str),
    /// An option without a value; also before an argument that begins with `-`.
    MissingValue(&'static str),
    /// An option that is not given.
    MissingOption(&'static str),
    /// A value that the option does not allow.
    Value {
        option: &'static str,
        value: &'a [u8],
        /// What it may be.
        allowed: Allowed,
    },
    /// An option that means nothing without another one.
    Without {
        /// The option.
        flag: &'static str,
        needed: &'static str,
    },
    /// A verb with options or with another verb.
    Mixed(&'static str),
    /// A verb with more values than it takes.
    Trailing {
        verb: &'static str,
        /// The first value too many.
        value: &'a [u8],
    },
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identifier(identifier) => write!(
                f,
                "identifier {}: must be 1 to 255 letters (A-Z, a-z) and digits",
                Word(identifier)
            ),
            Self::UnknownOption(option) => write!(f, "unknown option {}", Word(option)),
            Self::Unexpected(argument) => write!(f, "unexpected argument {}", Word(argument)),
            Self::Glued { option, argument } => write!(
                f,
                "{}: the value of {option} must be an argument of its own",
                Word(argument)
            ),
            Self::Repeated(option) => write!(f, "{option} is given more than once"),
            Self::MissingValue(option) => write!(f, "{option}: the value is missing"),
            Self::MissingOption(option) => write!(f, "{option} is missing"),
            Self::Value {
                option,
                value,
                allowed,
            } => write!(f, "{option} {}: must be {allowed}", Word(value)),
            Self::Without { flag, needed } => write!(f, "{flag} is for use with {needed} only"),
            Self::Mixed(verb) => write!(f, "{verb} cannot be combined with other options"),
            Self::Trailing { verb, value } => {
                write!(f, "{verb}: unexpected argument {}", Word(value))
            }
        }
    }
}

/// Bytes of an argument that are shown.
pub const WORD_MAX: usize = 64;

/// An argument in double quotes, escaped, and cut where it is longer than anybody wants to read.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a>(pub &'a [u8]);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_at_checked(WORD_MAX) {
            Some((head, tail)) if !tail.is_empty() => write!(f, "\"{}...\"", Escaped(head)),
            _ => write!(f, "\"{}\"", Escaped(self.0)),
        }
    }
}

/// What an option's value may be; as text, what follows "must be".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// A whole number from 1 to this.
    Number(u16),
    /// A server.
    Host,
    /// An HTTP version.
    Version,
    /// A Request-URI.
    Uri,
    /// The product code.
    Product,
    /// A license's serial number.
    Serial,
    /// A file's name.
    File,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(to) => write!(f, "a whole number from 1 to {to}"),
            Self::Host => f.write_str(
                "a name of 1 to 255 letters, digits, '-', '.' and '_', an IPv6 address, or an IPv4 address in full \
                 (four numbers; 127.1 is not taken)",
            ),
            Self::Version => f.write_str("1.0 or 1.1"),
            Self::Product => f.write_str(PRODUCT),
            Self::File => f.write_str("the name of a file"),
            Self::Serial => f.write_str("three capital letters and seven digits"),
            Self::Uri => write!(
                f,
                "a path from '/', '*', or an http:// URI; at most {URI_MAX} printable ASCII characters without spaces \
                 and '#'"
            ),
        }
    }
}
