//! Every relative link of the documents leads to a file and a heading that are there, and so does every comment that
//! cites the reference by a heading.

use crate::commands::files;
use crate::{REFERENCE, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Lines outside of frames.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_inside ^= is_fence;
        !is_inside && !is_fence
    })
}

/// A document's headings, without their marks.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    prose(text).filter_map(|line| {
        let heading = line.trim_start_matches('#');
        let marks = line.len() - heading.len();
        (1..=6)
            .contains(&marks)
            .then(|| heading.strip_prefix(' '))?
    })
}

/// What a link to a heading says, as the places that show Markdown make it; one that comes again has a number.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for heading in headings(text) {
        let anchor: String = heading
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                '-' | '_' => Some(c),
                c => c.is_alphanumeric().then_some(c),
            })
            .collect();
        let count: &mut u32 = seen.entry(anchor.clone()).or_default();
        anchors.insert(match *count {
            0 => anchor,
            count => format!("{anchor}-{count}"),
        });
        *count += 1;
    }
    anchors
}

/// Where the links of a document lead to, those to other sites left out.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        // What stands between backquotes is no link.
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let targets = line.split("](").skip(1);
        let targets = targets.map(|rest| rest.split(')').next().unwrap().to_owned());
        links.extend(targets.filter(|target| !target.contains("://")));
        // `[name]: target`, at the beginning of a line.
        if let Some((_, target)) = line.split_once("]: ").filter(|_| line.starts_with('[')) {
            links.extend(Some(target.to_owned()).filter(|target| !target.contains("://")));
        }
    }
    links
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            assert!(plain.pop(), "{} leads out of the project", path.display());
        } else {
            plain.push(part);
        }
    }
    plain
}

fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = root.read_dir().unwrap();
    let names = top.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut documents = Vec::new();
    for name in names.filter(|name| name != "target" && !name.starts_with('.')) {
        if root.join(&name).is_dir() {
            let is_ours = |file: &String| !file.contains("/target/");
            documents.extend(files(&name, ".md").into_iter().filter(is_ours));
        } else if name.ends_with(".md") {
            documents.push(name);
        }
    }
    documents
}

/// What is wrong with a link of a document; nothing if it leads somewhere.
fn fault(document: &str, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => PathBuf::from(document),
        file => plain(&Path::new(document).with_file_name(file)),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join(&target).exists() {
        return Some(format!("{document}: ({link}): no such file"));
    }
    let is_there = anchor.is_empty() || anchors(&read(target.to_str().unwrap())).contains(anchor);
    (!is_there).then(|| format!("{document}: ({link}): no such heading"))
}

#[test]
fn every_relative_link_leads_somewhere() {
    let documents = documents();
    for known in ["README.md", REFERENCE, "packaging/clusterpro/README.md"] {
        assert!(documents.iter().any(|document| document == known));
    }
    let mut count = 0;
    let mut faults = Vec::new();
    for document in &documents {
        for link in links(&read(document)) {
            count += 1;
            faults.extend(fault(document, &link));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 80, "only {count} links were found");
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let text = "[a](gone.md) `[b](code.md)` [c](../README.md#gone)\n```\n[d](frame.md)\n```\n[e](https://example.org)\n\
                [f](events.md#events) [g](../README.md#exit-codes) [h](#gone)\n[i]: gone.md\n";
    let found: Vec<_> = links(text)
        .iter()
        .filter_map(|link| fault("docs/events.md", link))
        .collect();
    assert_eq!(
        found,
        [
            "docs/events.md: (gone.md): no such file",
            "docs/events.md: (../README.md#gone): no such heading",
            "docs/events.md: (#gone): no such heading",
            "docs/events.md: (gone.md): no such file",
        ]
    );
    let twice = anchors("# A b\n## CLP_ISA_ROOT\n### A, b!\n");
    assert_eq!(
        twice.iter().collect::<Vec<_>>(),
        ["a-b", "a-b-1", "clp_isa_root"]
    );
}

/// The headings that a source file's comments cite: `docs/reference.md, "Timing"`, `"Files" and "Signals"`.
fn cited(source: &str) -> Vec<String> {
    let comments = source.lines().filter_map(|line| {
        let comment = line.trim_start().strip_prefix("//")?;
        Some(comment.trim_start_matches(['/', '!']).trim())
    });
    let joined = comments.collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for rest in joined.split("docs/reference.md, \"").skip(1) {
        let mut parts = rest.split('"');
        while let Some(heading) = parts.next() {
            found.push(heading.to_owned());
            if !matches!(parts.next(), Some(", " | " and ")) {
                break;
            }
        }
    }
    found
}

#[test]
fn comments_cite_headings_of_the_reference() {
    let known: BTreeSet<String> = headings(&read(REFERENCE)).map(String::from).collect();
    for dir in ["src", "core", "tests", "fuzz", "examples", "benches"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !root.join(dir).exists() {
            continue;
        }
        for file in files(dir, ".rs") {
            if file == "tests/consistency/links.rs" || file.contains("/target/") {
                continue;
            }
            for heading in cited(&read(&file)) {
                assert!(known.contains(&heading), "{file}: no heading {heading:?}");
            }
        }
    }
    assert_eq!(
        cited(
            "//! One\n    /// (docs/reference.md, \"Void\n    /// checks\", \"HTTP\" and \"SMTP\"; x \"y\").\n"
        ),
        ["Void checks", "HTTP", "SMTP"]
    );
}

/// What a recipe for a change names before it is there.
const YET_TO_COME: [&str; 2] = ["core/src/probe/pop3.rs", "src/alert/copy_log.rs"];

#[test]
fn every_source_file_that_is_named_is_there() {
    let mut missing = Vec::new();
    for document in [
        "CONTRIBUTING.md",
        "README.md",
        "docs/reliability.md",
        "docs/performance.md",
    ] {
        for line in read(document).lines() {
            for named in line.split('`').skip(1).step_by(2) {
                let is_path = named.ends_with(".rs") && named.contains('/') && !named.contains(' ');
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(named);
                if is_path && !path.is_file() && !YET_TO_COME.contains(&named) {
                    missing.push(format!("{document}: {named}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The walk in CONTRIBUTING.md names files and functions: each function is in one of the files of its step.
#[test]
fn the_walk_from_the_command_line_to_a_syslog_line_is_true() {
    let text = read("CONTRIBUTING.md");
    let (_, walk) = text
        .split_once("**From the command line to a syslog line**")
        .unwrap();
    let (walk, _) = walk.split_once("\n| core |").unwrap();
    let sources = ["src", "core/src"].map(|dir| files(dir, ".rs"));
    let code: String = sources.iter().flatten().map(|path| read(path)).collect();
    let mut functions = 0;
    for named in walk.split('`').skip(1).step_by(2) {
        let name = named.rsplit("::").next().unwrap();
        if name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(['.', '/']) {
            functions += 1;
            assert!(
                code.contains(&format!("fn {name}(")) || code.contains(&format!("fn {name}<")),
                "{named}"
            );
        }
    }
    assert!(functions >= 12, "{functions} functions are named");
    let steps = walk
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(steps.count(), 10);
}
