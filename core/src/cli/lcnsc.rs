//! The command line of `clplcnsc` (docs/reference.md, "Licenses"; guide, chapter 1).

use super::UsageError;
use super::reason::{Allowed, Reason};
use crate::license::key::{PRODUCT, Serial};

/// What `clplcnsc` is asked to do, always for the one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum License<'a> {
    /// `-i`: register in a dialogue.
    Dialogue,
    /// `-i FILE`: register from a trial file.
    File(&'a [u8]),
    /// `-l`: list.
    List,
    /// `-d SERIAL`: delete.
    Delete(Serial),
}

/// What each line of the help says: the command line, and what it does.
pub(super) const USES: [(&str, &str); 4] = [
    ("-i -p ISAG10", "register a license in a dialogue"),
    (
        "-i FILE -p ISAG10",
        "register a trial license from its file",
    ),
    ("-l -p ISAG10", "list the registered licenses"),
    (
        "-d SERIAL -p ISAG10",
        "delete the license with this serial number",
    ),
];

/// Parses the arguments after the name. `--help` and `--version` are not among them.
pub(super) fn parse<'a>(arguments: &[&'a [u8]]) -> Result<License<'a>, UsageError<'a>> {
    options(arguments).map_err(|reason| UsageError::License { reason })
}

fn options<'a>(arguments: &[&'a [u8]]) -> Result<License<'a>, Reason<'a>> {
    let (mut wanted, mut product) = (None, None);
    let mut rest = arguments.iter().copied().peekable();
    // Ends: every turn takes an argument.
    while let Some(option) = rest.next() {
        // An option's value is what follows it and is no option.
        let mut value = || rest.next_if(|value| !value.starts_with(b"-"));
        let (name, action) = match option {
            b"-i" => ("-i", value().map_or(License::Dialogue, License::File)),
            b"-l" => ("-l", License::List),
            b"-d" => {
                let value = value().ok_or(Reason::MissingValue("-d"))?;
                let serial = Serial::parse(value);
                (
                    "-d",
                    License::Delete(serial.ok_or(wrong("-d", value, Allowed::Serial))?),
                )
            }
            b"-p" => {
                let value = value().ok_or(Reason::MissingValue("-p"))?;
                if value != PRODUCT.as_bytes() {
                    return Err(wrong("-p", value, Allowed::Product));
                }
                if product.replace(()).is_some() {
                    return Err(Reason::Repeated("-p"));
                }
                continue;
            }
            _ if option.starts_with(b"-") => return Err(Reason::UnknownOption(option)),
            _ => return Err(Reason::Unexpected(option)),
        };
        match wanted.replace((name, action)) {
            Some((former, _)) if former == name => return Err(Reason::Repeated(name)),
            Some((former, _)) => return Err(Reason::Mixed(former)),
            None => (),
        }
    }
    let (_, action) = wanted.ok_or(Reason::MissingOption("-i, -l or -d"))?;
    product.ok_or(Reason::MissingOption("-p ISAG10"))?;
    Ok(action)
}

const fn wrong<'a>(option: &'static str, value: &'a [u8], allowed: Allowed) -> Reason<'a> {
    Reason::Value {
        option,
        value,
        allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Topic, UsageError, parse};

    fn line(text: &str) -> Result<Command<'_>, UsageError<'_>> {
        let arguments: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
        parse(&arguments)
    }

    #[test]
    fn the_four_uses_in_any_order_and_under_any_name() {
        use super::{License, Serial};
        let serial = Serial::parse(b"ABC0000001").unwrap();
        for (arguments, license) in [
            ("-i -p ISAG10", License::Dialogue),
            ("-p ISAG10 -i", License::Dialogue),
            ("-i trial.lic -p ISAG10", License::File(b"trial.lic")),
            ("-p ISAG10 -i ./-x", License::File(b"./-x")),
            ("-l -p ISAG10", License::List),
            ("-d ABC0000001 -p ISAG10", License::Delete(serial)),
            ("-p ISAG10 -d ABC0000001", License::Delete(serial)),
        ] {
            for name in ["clplcnsc", "/usr/sbin/clplcnsc", "clp_isa lcnsc"] {
                let given = format!("{name} {arguments}");
                assert_eq!(line(&given), Ok(Command::License(license)), "{given}");
            }
        }
        assert_eq!(line("clplcnsc --help"), Ok(Command::Help(Topic::License)));
        assert_eq!(
            line("clp_isa lcnsc --version x"),
            Ok(Command::Version(Topic::License))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (arguments, expected) in [
            ("", "unexpected argument \"\""),
            ("-p ISAG10", "-i, -l or -d is missing"),
            ("-i", "-p ISAG10 is missing"),
            ("-l", "-p ISAG10 is missing"),
            ("-i -p", "-p: the value is missing"),
            ("-d -p ISAG10", "-d: the value is missing"),
            ("-i -p ISAG20", "-p \"ISAG20\": must be ISAG10"),
            ("-i -p isag10", "-p \"isag10\": must be ISAG10"),
            ("-i -p ISAG10 -p ISAG10", "-p is given more than once"),
            ("-i -i -p ISAG10", "-i is given more than once"),
            (
                "-i -l -p ISAG10",
                "-i cannot be combined with other options",
            ),
            (
                "-l -d ABC0000001 -p ISAG10",
                "-l cannot be combined with other options",
            ),
            ("-i a b -p ISAG10", "unexpected argument \"b\""),
            ("-l x -p ISAG10", "unexpected argument \"x\""),
            ("-x -p ISAG10", "unknown option \"-x\""),
            ("-ix -p ISAG10", "unknown option \"-ix\""),
            (
                "-d ABC -p ISAG10",
                "-d \"ABC\": must be three capital letters and seven digits",
            ),
        ] {
            let given = format!("clplcnsc {arguments}");
            let error = line(&given).unwrap_err();
            assert!(matches!(error, UsageError::License { .. }), "{given}");
            assert_eq!(error.to_string(), expected, "{given}");
        }
        assert_eq!(
            line("clplcnsc").unwrap_err().to_string(),
            "-i, -l or -d is missing"
        );
    }
}
