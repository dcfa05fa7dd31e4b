//! `clplcnsc` killed at any moment leaves the old records or the new ones.

use super::*;
use crate::support::report;
use crate::support::run::words;
use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 300;

/// A seeded generator (xorshift64): the moments can be played again.
struct Moments(u64);

impl Moments {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A store to which `clplcnsc` adds a trial license and takes it away again, and what its file then holds.
struct Store {
    root: Root,
    file: PathBuf,
    register: Vec<OsString>,
    delete: Vec<OsString>,
    without: String,
    both: String,
}

impl Store {
    fn new() -> Self {
        let root = Root::new();
        let last = shift(day(0), 9);
        let first = Date::new(1);
        let license = issue("TRY0000001", Terms::Trial { first, last });
        let trial_file = root.join("trial.txt");
        fs::write(&trial_file, render_trial_file(&license).to_string()).unwrap();
        let mut name = nix::unistd::gethostname().unwrap();
        name.push(".lic");
        let file = store(&root).join(name);
        let without = fs::read_to_string(&file).unwrap();
        let both = format!("{without}{} {}\n", license.serial(), license.key());
        let trial_file = trial_file.to_str().unwrap().as_bytes();
        Self {
            register: words(&[b"-i", trial_file, b"-p", b"ISAG10"]),
            delete: words(&[b"-d", b"TRY0000001", b"-p", b"ISAG10"]),
            root,
            file,
            without,
            both,
        }
    }

    /// The command that changes what is there.
    fn change(&self, has_trial: bool) -> Command {
        let mut command = self.root.command("clplcnsc");
        command
            .args(if has_trial {
                &self.delete
            } else {
                &self.register
            })
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    #[track_caller]
    fn finish(&self, has_trial: bool) {
        assert!(self.change(has_trial).status().unwrap().success());
    }

    /// Whether the trial license is in the file, which holds nothing but the old or the new records.
    #[track_caller]
    fn has_trial(&self, what: &str) -> bool {
        let text = fs::read_to_string(&self.file).unwrap();
        let is_both = text == self.both;
        assert!(is_both || text == self.without, "{what}: {text:?}");
        is_both
    }

    /// How long one registration takes, in microseconds.
    #[track_caller]
    fn span(&self) -> u64 {
        let began = Instant::now();
        self.finish(false);
        let span = u64::try_from(began.elapsed().as_micros()).unwrap();
        self.finish(true);
        assert!(!self.has_trial("deleted"));
        span.max(100)
    }

    /// Begins the change and kills it after so many microseconds.
    fn kill_after(&self, has_trial: bool, micros: u64) {
        let mut child = self.change(has_trial).spawn().unwrap();
        // Not a wait for something: the moment of the kill.
        std::thread::sleep(Duration::from_micros(micros));
        let _ = child.kill();
        child.wait().unwrap();
    }
}

/// One test: each kill meets what the one before has left.
#[test]
fn killed_at_random_moments_it_leaves_the_old_or_the_new_records() {
    let seed = std::env::var("CLP_ISA_TEST_SEED");
    let seed = seed.ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut moments = Moments(seed | 1);
    let store = Store::new();
    // The moments are spread over that.
    let span = store.span();
    let (mut has_trial, mut old, mut new) = (false, 0, 0);
    for round in 0..ROUNDS {
        store.kill_after(has_trial, moments.next() % (span + span / 4));
        let before = has_trial;
        has_trial = store.has_trial(&format!("seed {seed}, round {round}"));
        if has_trial == before {
            old += 1;
        } else {
            new += 1;
        }
    }
    report(&format!(
        "clplcnsc killed {ROUNDS} times: old records {old}, new records {new} (seed {seed})\n"
    ));
    assert!(
        old > 0 && new > 0,
        "every kill came too early or too late: {old}, {new}"
    );
    // What was left behind is in nobody's way.
    store.finish(has_trial);
    let names = fs::read_dir(store.file.parent().unwrap()).unwrap().count();
    assert_eq!(names, 1);
}
