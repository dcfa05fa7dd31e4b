//! The binary under test.

use crate::support::skip;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A release binary.
pub(crate) struct Binary {
    pub(crate) path: PathBuf,
    pub(crate) is_static: bool,
}

impl Binary {
    /// The binary that the environment names, or cargo's; `None`, said as a skip, if cargo's is not up to date.
    pub(crate) fn find() -> Option<Self> {
        if let Some(path) = std::env::var_os("CLP_ISA_TEST_BINARY") {
            let binary = Self::at(path.into());
            assert!(
                binary.is_static,
                "{}: has an interpreter",
                binary.path.display()
            );
            return Some(binary);
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("release/clp_isa");
        let built = fs::metadata(&path).and_then(|about| about.modified());
        let sources = ["src", "core/src"].map(|of| Path::new(env!("CARGO_MANIFEST_DIR")).join(of));
        let changed = sources.iter().map(|of| last_change(of)).max();
        if built.is_ok_and(|built| Some(built) >= changed) {
            return Some(Self::at(path));
        }
        skip("no release binary, or one older than the sources: cargo build --release makes it");
        None
    }

    fn at(path: PathBuf) -> Self {
        let is_static = !has_interpreter(&fs::read(&path).unwrap());
        Self { path, is_static }
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.is_static {
            "static"
        } else {
            "dynamically linked"
        }
    }

    /// The one of the two ceilings, for static binaries and for others, that holds here.
    pub(crate) fn ceiling(&self, [of_static, of_other]: [u64; 2]) -> u64 {
        if self.is_static { of_static } else { of_other }
    }
}

/// When the youngest file in this directory, or below, was changed.
fn last_change(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.file_type().unwrap().is_dir() {
                last_change(&entry.path())
            } else {
                entry.metadata().unwrap().modified().unwrap()
            }
        })
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether this ELF file's program header names an interpreter (elf(5): `PT_INTERP`), in 32 bits or in 64.
fn has_interpreter(file: &[u8]) -> bool {
    const PT_INTERP: u64 = 3;
    assert!(file.starts_with(b"\x7fELF"), "no ELF file");
    let number = |at: usize, length: usize| {
        let bytes = &file[at..at + length];
        bytes
            .iter()
            .rev()
            .fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
    };
    let is_64 = file[4] == 2;
    let (table, entry) = if is_64 {
        (number(32, 8), 54)
    } else {
        (number(28, 4), 42)
    };
    let (size, count) = (number(entry, 2), number(entry + 2, 2));
    (0..count).any(|index| {
        let at = usize::try_from(table + index * size).unwrap();
        number(at, 4) == PT_INTERP
    })
}

#[test]
fn an_interpreter_is_seen() {
    let this_test = std::env::current_exe().unwrap();
    let mut file = fs::read(this_test).unwrap();
    // The linker of the tests' target decides.
    let expected = file
        .windows(8)
        .any(|bytes| bytes == b"ld-linux" || bytes == b"ld-musl-");
    assert_eq!(has_interpreter(&file), expected);
    // No entry, no interpreter.
    file[56..58].fill(0);
    file[44..46].fill(0);
    assert!(!has_interpreter(&file));
}
