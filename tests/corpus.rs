//! Every file of the fuzzing corpus, seeds and past crashes, against the property it belongs to: the same functions as
//! the fuzz targets call, without a fuzzer.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "properties are code of tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod properties;

fn fuzz(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(path)
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap();
    let name = |entry: fs::DirEntry| {
        entry
            .path()
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    entries.map(|entry| name(entry.unwrap())).collect()
}

#[test]
fn every_file_of_the_corpus_keeps_its_property() {
    let mut broken = Vec::new();
    for (name, property) in properties::ALL {
        let dir = fuzz("corpus").join(name);
        let files: Vec<PathBuf> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            let bytes = fs::read(&file).unwrap();
            if catch_unwind(|| property(&bytes)).is_err() {
                broken.push(file);
            }
        }
    }
    assert!(broken.is_empty(), "broken by {broken:?}");
}

#[test]
fn every_property_has_a_target_and_a_corpus() {
    let properties: BTreeSet<String> = properties::ALL
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(names(&fuzz("fuzz_targets")), properties);
    assert_eq!(names(&fuzz("corpus")), properties);
}

#[test]
fn a_property_and_its_target_are_short() {
    for dir in ["src", "fuzz_targets"] {
        for entry in fs::read_dir(fuzz(dir)).unwrap() {
            let path = entry.unwrap().path();
            // Helpers lie in a directory of their own, and the list of the properties is none.
            if path.is_dir() || path.ends_with("src/lib.rs") {
                continue;
            }
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 40, "{} has {lines} lines", path.display());
        }
    }
}
