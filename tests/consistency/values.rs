//! The ranges and defaults that README and reference tell are those of the help, which prints the product's own.

use crate::{README, REFERENCE, help, read, section};
use clp_isa_core::cli::{self, Allowed, Topic};
use clp_isa_core::protocol::Protocol;

/// A command's help on one line.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands between two pieces of a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// `1 to 9`, as the help has it, as the documents do: `1–9`.
fn range(text: &str) -> Option<String> {
    let (first, rest) = between(text, "a whole number from ", ")")?.split_once(" to ")?;
    Some(format!("{first}–{}", rest.split(' ').next()?))
}

fn default(text: &str) -> &str {
    between(text, "(default: ", ")").unwrap_or_else(|| panic!("no default: {text}"))
}

/// The row of a table that begins with this option.
fn row<'a>(section: &'a str, option: &str) -> &'a str {
    let start = format!("| `{option}");
    let mut rows = section.lines().filter(|line| {
        let rest = line.strip_prefix(&start);
        rest.is_some_and(|rest| rest.starts_with(['`', ' ']))
    });
    rows.next().unwrap_or_else(|| panic!("no row of {option}"))
}

/// Whether a row's last cell is this default, alone or as that of this command.
fn has_default(row: &str, command: &str, default: &str) -> bool {
    let row = row.trim_end_matches([' ', '|']);
    let cell = row.rsplit("| ").next().unwrap();
    let own = format!("`clp_{command}` {default}");
    cell.trim_matches('`') == default || cell.split(", ").any(|one| one == own)
}

#[test]
fn values_of_options_in_readme_and_reference() {
    let [readme, reference] = [README, REFERENCE].map(read);
    let [readme, reference] = [&readme, &reference].map(|text| section(text, "Options"));
    let mut ranges = 0;
    let mut defaults = 0;
    for command in ["httpmon", "smtpmon"] {
        let help = help(&[command]);
        let entries = between(&help, "Arguments and options:\n", "\n\n").unwrap();
        let entries = entries.split("\n  -").skip(1);
        for entry in entries.filter(|entry| !entry.starts_with('-')) {
            let entry = joined(&format!("-{entry}"));
            let option = entry.split(' ').next().unwrap();
            for section in [readme, reference] {
                let row = row(section, option);
                let is_told = has_default(row, command, default(&entry));
                assert!(is_told, "{command}: {entry}: {row}");
                defaults += 1;
            }
            if let Some(range) = range(&entry) {
                let row = row(reference, option);
                assert!(row.contains(&format!("| {range} |")), "{entry}: {row}");
                ranges += 1;
            }
        }
    }
    let options = Protocol::ALL
        .into_iter()
        .flat_map(|protocol| cli::options(Topic::Protocol(protocol)));
    let options: Vec<_> = options.filter(|option| option.default.is_some()).collect();
    let numbers = options
        .iter()
        .filter(|option| matches!(option.allowed, Some(Allowed::Number(_))));
    assert_eq!((defaults, ranges), (2 * options.len(), numbers.count()));
}

#[test]
fn wait_in_readme_and_reference() {
    let help = joined(&help(&["httpmon"]));
    let entry = between(&help, "--stop [WAIT] end", "--pause").unwrap();
    let (range, default) = (range(entry).unwrap(), default(entry));
    for (document, heading, told) in [
        (
            README,
            "Commands for a running monitor",
            format!("(default {default})"),
        ),
        (
            REFERENCE,
            "Control commands",
            format!("({range}, default {default})"),
        ),
    ] {
        let text = read(document);
        let row = row(section(&text, heading), "--stop");
        assert!(row.contains(&told), "{document}: {told}: {row}");
    }
}
