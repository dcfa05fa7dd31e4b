//! Every command that documents, templates and units show, given to the product's own parser.

use crate::every::every;
use crate::{read, text};
use clp_isa_core::cli;
use clp_isa_core::protocol::Protocol;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COMMANDS: [&str; 4] = ["clp_httpmon", "clp_smtpmon", "clplcnsc", "clp_isa"];

/// Shown as what is refused: what, and in which file.
const REFUSED: [(&str, &str); 1] = [(
    "clp_httpmon httpwatch -s 10.0.0.1 --stop",
    "packaging/script/README.md",
)];

/// What stands for something in the documents, and something that it may stand for.
const SAMPLES: [(&str, &str); 22] = [
    ("IDENTIFIER", "web"),
    ("ID", "web"),
    ("識別子", "web"),
    ("%i", "web"),
    ("$identifier", "web"),
    ("$1", "web"),
    ("SERVER", "192.0.2.1"),
    ("ADDRESS", "192.0.2.1"),
    ("HOST", "192.0.2.1"),
    ("NAME", "www.example"),
    ("PORT", "80"),
    ("INTERVAL", "60"),
    ("RETRIES", "3"),
    ("TIMEOUT", "10"),
    ("WAIT", "10"),
    ("N", "20"),
    ("SECONDS", "5"),
    ("REQUEST-URI", "/"),
    ("URI", "/"),
    ("FILE", "trial.txt"),
    ("SERIAL", "ABC0000001"),
    ("LIST", "200-399"),
];

/// What stands for any further arguments, none among them.
const NOTHING: [&str; 5] = ["...", "…", "OPTIONS", "$OPTIONS", "オプション"];

/// A piece of text that may be a command, with the file it stands in.
struct Piece {
    file: String,
    text: String,
}

/// The files below a directory of the project whose names end so.
pub(crate) fn files(dir: &str, end: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(root.join(&dir)).unwrap() {
            let path = dir.join(entry.unwrap().file_name());
            if root.join(&path).is_dir() {
                dirs.push(path);
            } else if path.to_str().unwrap().ends_with(end) {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Lines inside frames; outside of them what stands between backquotes or quotes.
fn of_markdown(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let mut is_inside = false;
    let mut pieces = Vec::new();
    for line in joined.lines() {
        if line.trim_start().starts_with("```") {
            is_inside = !is_inside;
        } else if is_inside {
            pieces.push(line.to_owned());
        } else {
            let line = line.replace(['「', '」'], "\"");
            for quote in ['`', '"'] {
                pieces.extend(line.split(quote).skip(1).step_by(2).map(String::from));
            }
        }
    }
    pieces
}

/// Lines of examples, and what stands in bold.
fn of_manual(source: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut is_example = false;
    for line in source.lines() {
        match line {
            ".EX" | ".nf" => is_example = true,
            ".EE" | ".fi" => is_example = false,
            _ if is_example => pieces.push(line.replace('\\', "")),
            _ => {
                let bold = line.split("\\fB").skip(1);
                pieces.extend(bold.map(|rest| {
                    let bold = rest.split("\\fR").next().unwrap();
                    bold.replace('\\', "")
                }));
            }
        }
    }
    pieces
}

/// The exec script templates, as they are packed.
fn templates() -> Vec<Piece> {
    let dir = std::env::temp_dir().join(format!("isa-templates{}", std::process::id()));
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/packaging/script/make-templates"
    );
    let made = Command::new(script).arg(&dir).status().unwrap();
    assert!(made.success());
    let mut pieces = Vec::new();
    // An absolute directory stays what it is.
    for file in files(dir.to_str().unwrap(), ".sh") {
        let text = fs::read_to_string(&file).unwrap();
        pieces.extend(text.lines().map(|line| Piece {
            file: file.clone(),
            text: line.to_owned(),
        }));
    }
    fs::remove_dir_all(&dir).unwrap();
    pieces
}

fn pieces() -> Vec<Piece> {
    let mut documents = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    documents.extend(files("docs", ".md"));
    documents.extend(files("packaging", ".md"));
    let mut pieces = Vec::new();
    let mut add = |files: Vec<String>, split: fn(&str) -> Vec<String>| {
        for file in files {
            let texts = split(&read(&file)).into_iter();
            pieces.extend(texts.map(|text| Piece {
                file: file.clone(),
                text,
            }));
        }
    };
    add(documents, of_markdown);
    add(files("man", ".8"), of_manual);
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines();
        lines.map(|line| line.replace("$(", "; ")).collect()
    };
    let mut scripts = files("packaging/systemd", ".service");
    scripts.extend(files("packaging/keepalived", ""));
    add(scripts, lines);
    pieces.extend(templates());
    pieces
}

/// The words of the commands in a piece; none where it is something else. A piece that lists alternatives, as a synopsis
/// does, gives several.
fn commands(piece: &str) -> Vec<Vec<String>> {
    if piece.contains("[ID:") || event_texts().contains(piece.trim()) {
        return Vec::new();
    }
    let piece = piece.trim_start_matches("ExecStart=");
    let piece = piece.trim_start_matches("ExecStop=");
    let mut found = Vec::new();
    for simple in piece.split("&&").flat_map(|part| part.split(';')) {
        let before = ["$", "#", "exec", "setsid", "sudo", "then", "if", "!"];
        let words = simple.split_whitespace().skip_while(|word| {
            before.contains(word)
                || word.split_once('=').is_some_and(|(name, _)| {
                    name.bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                })
        });
        let ends = |word: &&str| !word.starts_with(['>', '<', '&', '#']) && !word.starts_with("2>");
        let mut words = words.take_while(ends);
        let Some(name) = words.next() else { continue };
        let rest: Vec<&str> = words.collect();
        for name in name.split('|') {
            let name = name.trim_matches('"').rsplit('/').next().unwrap();
            if COMMANDS.contains(&name) && !rest.is_empty() {
                found.extend(alternatives(name, &rest));
            }
        }
    }
    found
}

/// A synopsis as command lines: every alternative, without what is optional and with each of it.
fn alternatives(name: &str, rest: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut choices = rest.split(|word| *word == "|");
    let first = choices.next().unwrap();
    let common: Vec<&str> = first
        .iter()
        .take_while(|word| !word.starts_with("--"))
        .copied()
        .collect();
    let lines = std::iter::once(first.to_vec()).chain(
        // What follows a pipe to another program is not ours.
        choices
            .filter(|choice| choice.first().is_some_and(|word| word.starts_with("--")))
            .map(|choice| [&common[..], choice].concat()),
    );
    for line in lines {
        let mut groups: Vec<(bool, Vec<&str>)> = Vec::new();
        let mut is_open = false;
        for word in line {
            if word.starts_with('[') || !is_open {
                groups.push((word.starts_with('['), Vec::new()));
            }
            is_open = (is_open || word.starts_with('[')) && !word.ends_with(']');
            let (_, words) = groups.last_mut().unwrap();
            words.push(word.trim_matches(['[', ']']));
        }
        let optional = groups.iter().enumerate().filter(|(_, group)| group.0);
        let chosen = std::iter::once(None).chain(optional.map(|(index, _)| Some(index)));
        for chosen in chosen.collect::<Vec<_>>() {
            let words = groups
                .iter()
                .enumerate()
                .filter(|(index, group)| !group.0 || chosen == Some(*index))
                .flat_map(|(_, group)| group.1.iter().copied().filter_map(sample));
            found.push(std::iter::once(name.to_owned()).chain(words).collect());
        }
    }
    found
}

/// A word as an argument; nothing for what may be nothing.
fn sample(word: &str) -> Option<String> {
    let word = word.trim_matches(['"', '\'']);
    let word = word.split('|').next().unwrap();
    if NOTHING.contains(&word) {
        return None;
    }
    let meant = SAMPLES.iter().find(|(name, _)| *name == word);
    Some(meant.map_or(word, |(_, sample)| sample).to_owned())
}

fn event_texts() -> BTreeSet<String> {
    let all = every().into_iter();
    all.flat_map(|event| Protocol::ALL.map(|protocol| text(event, protocol)))
        .collect()
}

fn is_taken(words: &[String]) -> bool {
    // Shown by name, whatever follows it.
    if words.len() == 2 && ["httpmon", "smtpmon", "lcnsc"].contains(&words[1].as_str()) {
        return true;
    }
    let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    cli::parse(&words).is_ok()
}

#[test]
fn every_command_that_is_shown_is_one() {
    let mut seen = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for Piece { file, text } in pieces() {
        for words in commands(&text) {
            let line = words.join(" ");
            let is_refused = REFUSED.contains(&(line.as_str(), file.as_str()));
            assert_eq!(
                is_taken(&words),
                !is_refused,
                "{file}: {text:?}, tried as {line:?}"
            );
            if is_refused {
                refused.insert(line.clone());
            }
            seen.insert(line);
        }
    }
    assert_eq!(refused.len(), REFUSED.len(), "{refused:?}");
    for line in [
        "clp_httpmon web -s 192.0.2.1",
        "clp_httpmon web --stop 10",
        "clp_smtpmon web --del",
        "clp_httpmon httpwatch",
        "clp_smtpmon smtpwatch --stop",
        "clp_isa status --json web",
        "clplcnsc -d ABC0000001 -p ISAG10",
    ] {
        assert!(seen.contains(line), "{line} is not among {seen:#?}");
    }
}

/// No option stands beside `--stop`: who is told what to edit must be told that.
#[test]
fn options_are_to_be_edited_in_start_scripts_only() {
    let mut count = 0;
    for file in files("packaging", ".md") {
        let text = read(&file);
        let lines = text.lines().filter(|line| line.starts_with('|'));
        for line in lines.filter(|line| line.contains("-s -n -i -c -r")) {
            count += 1;
            let words = line.replace("**", "");
            assert!(words.contains("`start.sh` only"), "{file}: {line}");
        }
    }
    assert!(count >= 3, "{count}");
}
