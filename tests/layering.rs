//! Holds the sources against what the compiler does not see: who may know the loop, where modules may look, how long a file
//! may be. What decides is a package of its own, `core/`, which cannot name a file, a socket or a clock.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module of the binary, and those that it may use. Everybody may use `clp_isa_core` and `sys`, and `commands` whatever it
/// likes.
const RULES: &[(&str, &[&str])] = &[
    ("sys", &[]),
    ("exit", &["console", "control", "view"]),
    ("console", &[]),
    ("describe", &[]),
    ("paths", &[]),
    ("registry", &["paths"]),
    ("resolve", &[]),
    ("control", &["paths", "registry"]),
    ("license", &["paths"]),
    ("alert", &["paths"]),
    (
        "view",
        &[
            "console", "control", "describe", "license", "paths", "registry",
        ],
    ),
    ("driver", &["alert", "control", "describe", "resolve"]),
];

/// The one module that knows the loop.
const LOOP: &str = "driver";

struct Source {
    /// Path below `src`.
    path: PathBuf,
    /// Its code without comments and without its tests.
    code: String,
}

fn files_of(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let found: Vec<Source> = files_of(&src)
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| Source {
            path: path.strip_prefix(&src).unwrap().into(),
            code: product_code(&fs::read_to_string(&path).unwrap()),
        })
        .collect();
    assert!(found.len() > 20, "the sources were not found");
    found
}

/// The lines of `text` without comments and without the items under `#[cfg(test)]`, wherever those stand. The sources are
/// in rustfmt's form: an item ends with its first line, or with the first closing bracket that
/// stands alone at its own indentation.
fn product_code(text: &str) -> String {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let unindented = line.trim_start();
        if unindented != "#[cfg(test)]" {
            code.push(line.split("//").next().expect("split gives a first part"));
            continue;
        }
        let indent = line.len().saturating_sub(unindented.len());
        let mut item = lines.by_ref().skip_while(|line| {
            let line = line.trim_start();
            line.starts_with("#[") || line.starts_with("//")
        });
        let first = item.next().expect("an item follows its attribute");
        if !first.ends_with([';', '}', ',']) {
            item.find(|line| {
                let end = line.get(indent..).unwrap_or_default();
                matches!(end, "}" | "};" | "}," | "];" | ");")
            })
            .expect("an item has an end");
        }
    }
    code.join("\n")
}

/// Files and directories that exist for `#[cfg(test)]` only.
fn is_test(path: &Path) -> bool {
    path.iter().any(|part| {
        let name = part.to_string_lossy();
        let name = name.trim_end_matches(".rs");
        matches!(name, "tests" | "testing" | "scratch")
    })
}

fn module_of(source: &Source) -> String {
    let first = source.path.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The crate's modules that `code` names, in `use` lines and in paths.
fn used(code: &str) -> BTreeSet<String> {
    code.match_indices("crate::")
        .filter_map(|(start, prefix)| code.get(start.saturating_add(prefix.len())..))
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        })
        .collect()
}

/// Whether `word` occurs in `code` as the beginning of a path.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(start, _)| {
        let before = code.get(..start).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn what_follows_a_test_item_is_seen() {
    let text = "use a::b;
#[cfg(test)]
mod tests;
use mio::Token; // comment
#[cfg(test)]
#[path = \"x.rs\"]
pub(crate) mod x;
impl A {
    #[cfg(test)]
    fn hidden(
        &self,
    ) -> bool {
        if x {
        }
        true
    }
    fn seen() {}
}
#[cfg(test)]
mod inline {
    fn hidden() {
    }
}
use crate::driver::once;
";
    let wanted = "use a::b;
use mio::Token; 
impl A {
    fn seen() {}
}
use crate::driver::once;";
    assert_eq!(product_code(text), wanted);
    assert!(names(&product_code(text), "mio"));
    assert!(used(&product_code(text)).contains("driver"));
}

#[test]
fn every_module_uses_only_what_it_may_use() {
    let mut broken = Vec::new();
    for source in sources() {
        let module = module_of(&source);
        if matches!(module.as_str(), "lib" | "main" | "commands") {
            continue;
        }
        let rule = RULES.iter().find(|(name, _)| *name == module);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("{module} is not in the table"));
        for other in used(&source.code) {
            if other != module && other != "sys" && !allowed.contains(&other.as_str()) {
                broken.push(format!("{} uses {other}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn only_the_driver_knows_the_loop() {
    for source in sources() {
        let may = module_of(&source) == LOOP;
        let path = source.path.display();
        assert!(may || !names(&source.code, "mio"), "{path} names mio");
    }
}

#[test]
fn main_is_three_lines_on_the_library() {
    let main = sources()
        .into_iter()
        .find(|source| source.path == Path::new("main.rs"))
        .unwrap();
    let lines = main
        .code
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    // Three of them choose the static binaries' allocator.
    assert!(lines <= 7, "{}", main.code);
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let dirs = [
        "core/src", "src", "tests", "examples", "benches", "fuzz/src",
    ];
    for path in dirs.iter().flat_map(|dir| files_of(&root().join(dir))) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}
