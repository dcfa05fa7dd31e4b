//! What is shown of the monitors: `--once`, `clp_isa status`, `alerts`, `metrics`.

mod alerts;
mod burden;
mod causes;
mod metrics;
mod once;
mod status;
mod unwritten;

use crate::support::run::Ran;
use crate::support::{Monitor, Root};
use serde_json::Value;
use std::path::Path;

/// A text that is kept with the tests: `tests/golden/NAME`.
fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    std::fs::read_to_string(path.join(name)).unwrap()
}

fn status(root: &Root, arguments: &[&str]) -> Ran {
    root.run_as("clp_isa status", arguments)
}

/// What `status --json` tells, and its exit code.
fn facts(root: &Root) -> (i32, Vec<Value>) {
    let ran = status(root, &["--json"]);
    assert_eq!(ran.stderr, "");
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    (ran.code, value.as_array().unwrap().clone())
}

/// What a monitor tells of itself.
fn facts_of(root: &Root, identifier: &str) -> Value {
    let (_, all) = facts(root);
    let ours = |one: &Value| one["identifier"] == identifier;
    all.into_iter().find(ours).unwrap()
}

fn start_all(root: &Root, port: &str, identifiers: &[&str]) -> Vec<Monitor> {
    let started = identifiers.iter();
    started
        .map(|identifier| root.start(&[identifier, "-s", "127.0.0.1", "-n", port]))
        .collect()
}
