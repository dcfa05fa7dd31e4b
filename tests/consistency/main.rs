//! Holds help, manual pages in both languages, completion, README, the reference and the guide to events against the
//! code: every option, verb, event and exit code is in all of them, and none that the code does not have.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod commands;
mod completion;
#[path = "../../core/src/event/tests/every.rs"]
mod every;
mod links;
mod numbers;
mod tables;
mod values;

use clp_isa_core::date::Date;
use clp_isa_core::errno::Errno;
use clp_isa_core::event::{Event, Failure, Level};
use clp_isa_core::protocol::Protocol;
use every::every;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

type Words = BTreeSet<String>;

const README: &str = "README.md";
const REFERENCE: &str = "docs/reference.md";

/// What each manual page is about: its name, and the commands whose help says the same.
const PAGES: [(&str, &[&[&str]]); 4] = [
    ("clp_httpmon", &[&["httpmon"]]),
    ("clp_smtpmon", &[&["smtpmon"]]),
    ("clplcnsc", &[&["lcnsc"]]),
    ("clp_isa", &[&[], &["status"], &["alerts"], &["metrics"]]),
];

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn help(command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_clp_isa"))
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A manual page in one of the languages, as text.
fn page(name: &str, dir: &str) -> String {
    let text = read(&format!("man/{dir}{name}.8"));
    [
        ("\\-", "-"),
        ("\\fB", ""),
        ("\\fI", ""),
        ("\\fR", ""),
        ("\\e", "\\"),
        ("\\&", ""),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

/// Both languages of a page.
fn pages(name: &str) -> [String; 2] {
    ["", "ja/"].map(|dir| page(name, dir))
}

/// The words that look like an option: `-x`, `--xyz`.
fn options(text: &str) -> Words {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let is_option = |word: &&str| {
        let letters = word.trim_start_matches('-');
        let dashes = word.len() - letters.len();
        let is_word = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase());
        is_word && (dashes == 2 && letters.len() > 1 || dashes == 1 && letters.len() == 1)
    };
    text.split(ends)
        .filter(is_option)
        .map(String::from)
        .collect()
}

fn words(words: &[&str]) -> Words {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The part of a Markdown text under a heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap()
}

#[test]
fn options_in_help_and_manual_pages() {
    for (name, commands) in PAGES {
        let of_help: Words = commands
            .iter()
            .flat_map(|command| options(&help(command)))
            .collect();
        // The page on the views tells what to do with a monitor that was killed or is paused.
        let also = if name == "clp_isa" {
            words(&["--del", "--resume"])
        } else {
            Words::new()
        };
        for text in pages(name) {
            let of_page: Words = options(&text).difference(&also).cloned().collect();
            assert_eq!(of_page, of_help, "{name}.8 (left) and --help (right)");
        }
    }
    for verb in ["status", "alerts", "metrics", "httpmon", "smtpmon", "lcnsc"] {
        assert!(help(&[]).contains(&format!("\n  {verb} ")), "{verb}");
        for text in pages("clp_isa") {
            assert!(text.contains(&format!(" {verb}")), "{verb}: {text}");
        }
    }
}

#[test]
fn options_in_the_completion() {
    if !completion::has_bash() {
        return;
    }
    for (words_before, command) in [
        (&["clp_httpmon"][..], &["httpmon"][..]),
        (&["clp_smtpmon"], &["smtpmon"]),
        (&["clp_isa", "httpmon"], &["httpmon"]),
        (&["clp_isa", "smtpmon"], &["smtpmon"]),
        (&["clplcnsc"], &["lcnsc"]),
        (&["clp_isa", "lcnsc"], &["lcnsc"]),
        (&["clp_isa", "status"], &["status"]),
        (&["clp_isa", "alerts"], &["alerts"]),
        (&["clp_isa", "metrics"], &["metrics"]),
        (&["clp_isa"], &[]),
    ] {
        let mut offered = Words::new();
        for further in [&["-"][..], &["web", "-"]] {
            let line = [words_before, further].concat();
            let given = completion::complete(&line);
            offered.extend(given.into_iter().filter(|word| word.starts_with('-')));
        }
        // Every command answers both; where its help has them is its own affair.
        let asked = words(&["--help", "--version"]);
        let of_help: Words = options(&help(command)).union(&asked).cloned().collect();
        assert_eq!(offered, of_help, "{words_before:?}");
    }
    let commands = completion::complete(&["clp_isa", ""]);
    for verb in commands.iter().filter(|word| !word.starts_with('-')) {
        assert!(help(&[]).contains(&format!("\n  {verb} ")), "{verb}");
    }
}

#[test]
fn options_in_readme_and_reference() {
    let commands: [&[&str]; 5] = [
        &["httpmon"],
        &["smtpmon"],
        &["status"],
        &["alerts"],
        &["metrics"],
    ];
    let of_help: Words = commands
        .iter()
        .flat_map(|command| options(&help(command)))
        .collect();
    for (document, headings, licenses) in [
        (
            README,
            &[
                "Options",
                "Commands for a running monitor",
                "What you can see",
            ][..],
            "Register licenses",
        ),
        (
            REFERENCE,
            &[
                "Commands",
                "Options",
                "Single check",
                "Control commands",
                "Views",
            ],
            "Licenses",
        ),
    ] {
        let text = read(document);
        let told: Words = headings
            .iter()
            .flat_map(|heading| options(section(&text, heading)))
            .collect();
        assert_eq!(told, of_help, "{document} (left) and --help (right)");
        let licenses = options(section(&text, licenses));
        for option in ["-i", "-l", "-d", "-p"] {
            assert!(licenses.contains(option), "{document}: {option}");
        }
    }
}

/// An event's text as the documents have it.
fn text(event: Event, protocol: Protocol) -> String {
    event
        .message(protocol, "xx")
        .replace("01/01/2026", "nn/nn/nn")
        .replace("99", "nn")
}

/// Whether a monitor for this has the event.
fn is_of(event: Event, protocol: Protocol) -> bool {
    protocol == Protocol::Http || event.id() != 82
}

#[test]
fn events_in_manual_pages_reference_and_guide() {
    let known: BTreeSet<u8> = every().iter().map(|event| event.id()).collect();
    let of_table = |text: &str| -> BTreeSet<u8> {
        let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
        rows.filter_map(|row| row.split(' ').next()?.parse().ok())
            .collect()
    };
    let guide = read("docs/events.md");
    let (english, japanese) = guide.split_once("\n# イベント\n").unwrap();
    let reference = read(REFERENCE);
    let reference = section(&reference, "Events");
    for (document, table) in [
        ("docs/events.md", english),
        ("docs/events.md, Japanese", japanese),
        (REFERENCE, reference),
    ] {
        assert_eq!(of_table(table), known, "{document}");
        for event in every() {
            let start = format!("| {} | ", event.id());
            let row = table.lines().find(|line| line.starts_with(&start)).unwrap();
            let protocols = Protocol::ALL.into_iter();
            for protocol in protocols.filter(|protocol| is_of(event, *protocol)) {
                let own = text(event, protocol);
                let info = protocol.info();
                let common = own.replace(info.command, "C").replace(info.label, "P");
                let is_told = [own, common]
                    .iter()
                    .any(|text| row.contains(&format!("`{text}`")));
                assert!(is_told, "{document}, {protocol:?}: {row}");
            }
        }
    }
    for protocol in Protocol::ALL {
        let name = protocol.info().command;
        let is_held = PAGES.iter().any(|(page, _)| *page == name);
        assert!(is_held, "no page of {name} among those of this test");
        let ours = |event: &&Event| is_of(**event, protocol);
        for (page, words) in pages(name)
            .iter()
            .zip([("info", "error"), ("情報", "エラー")])
        {
            let expected: Vec<String> = every()
                .iter()
                .filter(ours)
                .map(|event| {
                    let level = if event.level() == Level::Info {
                        words.0
                    } else {
                        words.1
                    };
                    format!("{} ({level})\n\"{}\"", event.id(), text(*event, protocol))
                })
                .collect();
            let flat = flat(page);
            for one in &expected {
                assert!(flat.contains(one), "{name}: {one}");
            }
            let is_entry = |line: &&str| {
                let id = line.split(' ').next().unwrap();
                line.contains(" (") && id.parse::<u8>().is_ok() && line.ends_with(')')
            };
            assert_eq!(
                flat.lines().filter(is_entry).count(),
                expected.len(),
                "{name}"
            );
        }
    }
}

/// A page with the lines of its texts joined: a text may be broken where it is long.
fn flat(page: &str) -> String {
    let mut flat = String::new();
    let mut is_open = false;
    for line in page.lines() {
        flat.push_str(line);
        let is_comment = line.starts_with('\'');
        is_open ^= !is_comment && line.matches('"').count() % 2 == 1;
        flat.push(if is_open { ' ' } else { '\n' });
    }
    flat
}

/// The exit codes of `enum Code`.
fn codes_of_the_code() -> BTreeSet<u8> {
    let source = read("src/exit.rs");
    let (_, rest) = source.split_once("pub enum Code {").unwrap();
    let body = rest.split('}').next().unwrap();
    let codes = body.lines().filter_map(|line| {
        line.trim()
            .strip_suffix(',')?
            .split_once(" = ")?
            .1
            .parse()
            .ok()
    });
    codes.collect()
}

#[test]
fn exit_codes_in_help_manual_pages_readme_and_reference() {
    let known = codes_of_the_code();
    assert!(known.len() > 5, "the exit codes were not found");
    let listed = |text: &str| -> BTreeSet<u8> {
        let lines = text.lines().map(str::trim_start);
        lines
            .filter_map(|line| line.split("  ").next()?.parse().ok())
            .collect()
    };
    for (name, commands) in PAGES {
        let of_help: BTreeSet<u8> = commands
            .iter()
            .filter_map(|command| Some(help(command).split_once("Exit codes:")?.1.to_owned()))
            .flat_map(|text| listed(&text))
            .collect();
        assert!(of_help.is_subset(&known), "{name}");
        if name.ends_with("mon") {
            assert_eq!(of_help, known, "{name}");
        }
        for (text, heading) in pages(name)
            .iter()
            .zip([".SH EXIT STATUS\n", ".SH 終了コード\n"])
        {
            let (_, rest) = text.split_once(heading).unwrap();
            let entries = rest.split(".SH ").next().unwrap().lines();
            let of_page: BTreeSet<u8> = entries.filter_map(|line| line.parse().ok()).collect();
            assert_eq!(of_page, of_help, "{name}.8 (left) and --help (right)");
        }
    }
    for document in [README, REFERENCE] {
        let text = read(document);
        let table = section(&text, "Exit codes").lines();
        let told: BTreeSet<u8> = table
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
            .collect();
        assert_eq!(told, known, "{document}");
    }
}
