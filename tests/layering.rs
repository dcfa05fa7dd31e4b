//! Holds the sources against the map of the layers: who may use whom, and what each layer may ask of the system.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, modules of the crate it may use, words that must not occur in it.
type Rule = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// A pure module: no standard library beyond `core`, no system calls, no loop.
const PURE: &[&str] = &["std::", "mio", "nix::"];
/// Pure but for constants of the system's headers.
const NEARLY_PURE: &[&str] = &["std::", "mio"];
/// Speaks to the system, knows nothing of the loop.
const SYSTEM: &[&str] = &["mio"];

const RULES: &[Rule] = &[
    ("limits", &[], PURE),
    ("text", &[], PURE),
    ("protocol", &[], PURE),
    ("errno", &[], &["mio"]),
    ("time", &[], PURE),
    ("failed", &["errno", "text"], &["mio"]),
    ("identifier", &["limits"], PURE),
    ("date", &[], PURE),
    (
        "event",
        &["date", "limits", "protocol", "text", "errno", "time"],
        PURE,
    ),
    ("config", &["identifier", "limits", "protocol"], PURE),
    ("paths", &["identifier", "protocol"], SYSTEM),
    ("exit", &[], SYSTEM),
    ("console", &["failed"], SYSTEM),
    ("time_zone", &["date", "errno", "time"], SYSTEM),
    (
        "cli",
        &[
            "config",
            "identifier",
            "license",
            "limits",
            "protocol",
            "paths",
            "text",
        ],
        PURE,
    ),
    (
        "probe",
        &["config", "event", "limits", "text", "errno", "time"],
        PURE,
    ),
    (
        "check",
        &["config", "event", "limits", "probe", "errno", "time"],
        NEARLY_PURE,
    ),
    (
        "monitor",
        &["check", "config", "event", "limits", "errno", "time"],
        PURE,
    ),
    (
        "describe",
        &[
            "check", "event", "failed", "limits", "text", "errno", "time",
        ],
        NEARLY_PURE,
    ),
    (
        "registry",
        &[
            "failed",
            "identifier",
            "limits",
            "protocol",
            "paths",
            "text",
            "errno",
            "time",
        ],
        SYSTEM,
    ),
    (
        "status",
        &[
            "alert", "check", "config", "event", "limits", "monitor", "text", "errno", "time",
        ],
        PURE,
    ),
    (
        "control",
        &[
            "cli",
            "failed",
            "identifier",
            "limits",
            "protocol",
            "paths",
            "registry",
            "text",
            "errno",
            "time",
        ],
        SYSTEM,
    ),
    (
        "license",
        &["date", "limits", "paths", "registry", "text"],
        SYSTEM,
    ),
    (
        "lcnsc",
        &[
            "cli", "console", "date", "failed", "license", "limits", "paths", "text",
        ],
        SYSTEM,
    ),
    ("resolve", &["config", "limits", "errno", "time"], SYSTEM),
    (
        "alert",
        &[
            "time_zone",
            "event",
            "failed",
            "limits",
            "protocol",
            "paths",
            "registry",
            "text",
            "errno",
            "time",
        ],
        SYSTEM,
    ),
    (
        "view",
        &[
            "check",
            "cli",
            "config",
            "console",
            "control",
            "event",
            "failed",
            "identifier",
            "limits",
            "protocol",
            "monitor",
            "paths",
            "registry",
            "status",
            "text",
            "errno",
            "time",
            "describe",
        ],
        SYSTEM,
    ),
    (
        "driver",
        &[
            "alert", "check", "config", "control", "event", "failed", "limits", "monitor", "probe",
            "resolve", "status", "text", "errno", "time", "describe",
        ],
        &[],
    ),
];

/// Files that are parts of a module with freedoms of their own: pure parts of a module that speaks to the system.
const PURE_PARTS: &[&str] = &[
    "time_zone/rule.rs",
    "time_zone/zone.rs",
    "control/command.rs",
    "license/key.rs",
    "license/record.rs",
    "license/policy.rs",
    "registry/record.rs",
    "view/alerts.rs",
    "view/json.rs",
    "view/metrics.rs",
    "view/once.rs",
    "view/health.rs",
    "view/status.rs",
    "view/table.rs",
];

struct Source {
    /// Path below `src`.
    path: PathBuf,
    /// Its code without comments and without its tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut dirs = vec![src.clone()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path)
            {
                found.push(Source {
                    path: path.strip_prefix(&src).unwrap().into(),
                    code: product_code(&fs::read_to_string(&path).unwrap()),
                });
            }
        }
    }
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
        matches!(
            name.trim_end_matches(".rs"),
            "tests" | "testing" | "scratch"
        )
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
use std::net::TcpStream; // comment
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
use crate::driver::clock;
";
    let wanted = "use a::b;
use std::net::TcpStream; 
impl A {
    fn seen() {}
}
use crate::driver::clock;";
    assert_eq!(product_code(text), wanted);
    assert!(names(&product_code(text), "std::"));
    assert!(used(&product_code(text)).contains("driver"));
}

#[test]
fn every_module_uses_only_what_its_layer_may_use() {
    let mut broken = Vec::new();
    for source in sources() {
        let module = module_of(&source);
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let rule = RULES.iter().find(|(name, ..)| *name == module);
        let (_, allowed, _) = rule.unwrap_or_else(|| panic!("{module} is not in the table"));
        for other in used(&source.code) {
            if other != module && !allowed.contains(&other.as_str()) {
                broken.push(format!("{} uses {other}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn pure_modules_ask_nothing_of_the_system_and_only_the_driver_knows_the_loop() {
    let mut broken = Vec::new();
    for source in sources() {
        let module = module_of(&source);
        let Some((_, _, words)) = RULES.iter().find(|(name, ..)| *name == module) else {
            continue;
        };
        let is_pure_part = PURE_PARTS.iter().any(|part| source.path == Path::new(part));
        for word in if is_pure_part { PURE } else { words } {
            if names(&source.code, word) {
                broken.push(format!("{} names {word}", source.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
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
fn no_file_is_longer_than_500_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dirs: Vec<PathBuf> = ["src", "tests", "examples", "benches"]
        .map(|name| root.join(name))
        .to_vec();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= 500, "{} has {lines} lines", path.display());
            }
        }
    }
}
