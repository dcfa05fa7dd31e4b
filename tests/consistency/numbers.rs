//! A failed call has one form: only `src/sys/error.rs` puts a number into words.

use crate::read;
use std::fs;
use std::path::{Path, PathBuf};

/// What would be a spelling of its own.
const OTHERS: &[&str] = &[
    "os error",
    "from_raw_os_error",
    "last_os_error",
    ".desc()",
    "(errno {",
    ", errno {",
    "error {errno}",
    "error {}",
    "error {number}",
    "getaddrinfo error",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_one_place_puts_numbers_into_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for dir in ["core/src", "src", "examples"] {
        sources(&root.join(dir), &mut files);
    }
    assert!(files.len() > 50, "the sources were not found");
    let mut broken = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let is_test = name.contains("test") || name.contains("scratch");
        if is_test || name == "src/sys/error.rs" {
            continue;
        }
        let text = read(&name);
        let code = text.split("#[cfg(test)]\nmod").next().unwrap();
        for line in code.lines().filter(|line| !line.trim().starts_with("//")) {
            // The guide's texts have calls and numbers in a form of their own.
            let is_guide = name == "core/src/event.rs";
            if !is_guide && OTHERS.iter().any(|other| line.contains(other)) {
                broken.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
