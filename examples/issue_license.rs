//! Issues licenses: for whoever builds the package, and is thereby its vendor.
//!
//! The keys fit a program that was built with the same `CLP_ISA_LICENSE_SECRET`.
#![forbid(unsafe_code)]

#[expect(
    dead_code,
    reason = "the program's own, so that a failed call has one form; not all of it is used here"
)]
#[path = "../src/sys/error.rs"]
mod error;

use clp_isa_core::date::Date;
use clp_isa_core::license::key::{self, Serial, Terms};
use clp_isa_core::license::record::{Record, render_trial_file};
use error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

const HELP: &str = "\
Issues a license key for the Internet Server Agent, product code ISAG10.

Usage:
  issue_license --kind product --serial SERIAL
  issue_license --kind trial --serial SERIAL --first DAY --last DAY [--file]

Options:
  --kind KIND      product: for one host, without an end
                   trial: for the whole cluster, on these days
  --serial SERIAL  three capital letters and seven digits: ABC0000001
  --first DAY      first day of a trial, YYYY-MM-DD, local time of the host
  --last DAY       its last day; 2089-09-17 at the latest
  --file           print the trial file for clplcnsc -i FILE, not the key alone
  --help           print this

The key fits a clp_isa that was built with the same CLP_ISA_LICENSE_SECRET as
this tool: set it for both builds. Without it both have the published
development secret, and everybody can issue keys.

Exit codes: 0 issued, 2 wrong usage, 5 it could not be printed.
";

fn main() -> ExitCode {
    let printed = match answer() {
        Ok(text) => print(&text),
        Err(wrong) => {
            let _ = writeln!(io::stderr(), "issue_license: {wrong} (--help tells more)");
            return ExitCode::from(2);
        }
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "issue_license: standard output: {error}");
            ExitCode::from(5)
        }
    }
}

/// Writes to standard output; nobody needs to read it to the end.
fn print(text: &str) -> Result<(), Error> {
    // Past the standard library's buffer, which takes an unwritable descriptor for a success.
    let output = io::stdout().as_fd().try_clone_to_owned();
    match output.and_then(|output| File::from(output).write_all(text.as_bytes())) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Error::of("write")),
    }
}

/// What the command line asks for, or what is wrong with it.
fn answer() -> Result<String, String> {
    let mut words = std::env::args_os().skip(1).map(|word| {
        let text = word.into_string();
        text.map_err(|word| format!("{word:?}: not a text"))
    });
    let (mut kind, mut serial, mut first, mut last, mut file) = (None, None, None, None, None);
    // Ends: every turn takes a word.
    while let Some(option) = words.next().transpose()? {
        let given = match option.as_str() {
            "--help" => return Ok(HELP.to_owned()),
            "--kind" => &mut kind,
            "--serial" => &mut serial,
            "--first" => &mut first,
            "--last" => &mut last,
            "--file" => &mut file,
            _ => return Err(format!("unknown option {option:?}")),
        };
        let value = match option.as_str() {
            "--file" => String::new(),
            _ => words
                .next()
                .transpose()?
                .ok_or_else(|| format!("{option}: the value is missing"))?,
        };
        if given.replace(value).is_some() {
            return Err(format!("{option} is given more than once"));
        }
    }
    let kind = needed("--kind", kind)?;
    if !matches!(kind.as_str(), "product" | "trial") {
        return Err(format!("--kind {kind:?}: must be product or trial"));
    }
    let serial = needed("--serial", serial)?;
    let number = Serial::parse(serial.as_bytes());
    let wrong = || format!("--serial {serial:?}: must be three capital letters and seven digits");
    let number = number.ok_or_else(wrong)?;
    let terms = match (kind.as_str(), first, last, &file) {
        ("product", None, None, None) => Terms::Product,
        ("product", ..) => return Err("--kind product takes no --first, --last or --file".into()),
        (_, first, last, _) => Terms::Trial {
            first: day("--first", first)?,
            last: day("--last", last)?,
        },
    };
    issue(number, terms, file.is_some()).map_err(|error| format!("--first, --last: {error}"))
}

fn issue(serial: Serial, terms: Terms, as_file: bool) -> Result<String, key::BadDates> {
    let record = Record::issue(serial, terms)?;
    let text = if as_file {
        render_trial_file(&record).to_string()
    } else {
        format!("{}\n", record.key())
    };
    if key::is_published() {
        let _ = writeln!(
            io::stderr(),
            "issue_license: made with the published development secret (CLP_ISA_LICENSE_SECRET was not set)"
        );
    }
    Ok(text)
}

fn needed(option: &str, value: Option<String>) -> Result<String, String> {
    value.ok_or_else(|| format!("{option} is missing"))
}

fn day(option: &str, value: Option<String>) -> Result<Date, String> {
    let value = needed(option, value)?;
    let day = Date::parse(value.as_bytes());
    day.ok_or_else(|| format!("{option} {value:?}: must be a day, as YYYY-MM-DD"))
}
