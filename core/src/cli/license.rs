//! The command line of `clplcnsc` (docs/reference.md, "Licenses"; guide, chapter 1).

use super::reason::{Allowed, Reason};
use super::table::{Line, Row, Takes, put, read};
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

/// What the options set.
#[derive(Default)]
pub(super) struct Given<'a> {
    license: Option<License<'a>>,
    product: Option<()>,
}

/// What can be asked for, in the order of the help, and the product, which each of them needs.
pub(super) static OPTIONS: [Row<Given<'static>>; 5] = [
    Row {
        usage: "-i",
        meaning: "register a license in a dialogue",
        takes: Takes::Nothing(|given| given.license = Some(License::Dialogue)),
    },
    Row {
        usage: "-i FILE",
        meaning: "register a trial license from its file",
        takes: Takes::Text(Allowed::File, None, |given, file| {
            put(&mut given.license, Some(Some(License::File(file))))
        }),
    },
    Row {
        usage: "-l",
        meaning: "list the registered licenses",
        takes: Takes::Nothing(|given| given.license = Some(License::List)),
    },
    Row {
        usage: "-d SERIAL",
        meaning: "delete the license with this serial number",
        takes: Takes::Text(Allowed::Serial, None, |given, value| {
            given.license = Some(License::Delete(Serial::parse(value)?));
            Some(())
        }),
    },
    Row {
        usage: "-p ISAG10",
        meaning: "the product",
        takes: Takes::Text(Allowed::Product, None, |given, value| {
            given.product = (value == PRODUCT.as_bytes()).then_some(());
            given.product
        }),
    },
];

impl Line for Given<'static> {
    type Given<'a> = Given<'a>;

    /// One thing is asked for at a time.
    fn excludes(former: &Row<Self>, option: &Row<Self>) -> bool {
        ![former.name(), option.name()].contains(&"-p")
    }
}

/// Parses the arguments after the name. `--help` and `--version` are not among them.
pub(super) fn parse<'a>(arguments: &[&'a [u8]]) -> Result<License<'a>, Reason<'a>> {
    let mut given = Given::default();
    read(OPTIONS.iter(), &mut given, arguments)?;
    let license = given.license.ok_or(Reason::MissingOption("-i, -l or -d"))?;
    given.product.ok_or(Reason::MissingOption("-p ISAG10"))?;
    Ok(license)
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
