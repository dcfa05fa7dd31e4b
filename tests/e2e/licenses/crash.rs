//! `clplcnsc` killed at any moment leaves the old records or the new ones.

use super::*;
use crate::support::report;
use crate::support::run::words;
use std::process::Stdio;
use std::time::Duration;

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

#[test]
fn killed_at_random_moments_it_leaves_the_old_or_the_new_records() {
    let seed = std::env::var("CLP_ISA_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(1);
    let mut moments = Moments(seed | 1);
    let root = Root::new();
    let last = shift(day(0), 9);
    let license = issue(
        "TRY0000001",
        Terms::Trial {
            first: Date::new(1),
            last,
        },
    );
    let sheet = root.join("trial.txt");
    fs::write(&sheet, render_trial_file(&license).to_string()).unwrap();
    let sheet = sheet.to_str().unwrap();
    let file = {
        let mut name = nix::unistd::gethostname().unwrap();
        name.push(".lic");
        store(&root).join(name)
    };
    let without = fs::read_to_string(&file).unwrap();
    let both = format!("{without}{} {}\n", license.serial(), license.key());
    let register = words(&[b"-i", sheet.as_bytes(), b"-p", b"ISAG10"]);
    let delete = words(&[b"-d", b"TRY0000001", b"-p", b"ISAG10"]);
    let command = |arguments: &[std::ffi::OsString]| {
        let mut command = root.command("clplcnsc");
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    // How long one takes: the moments are spread over that.
    let began = std::time::Instant::now();
    assert!(command(&register).status().unwrap().success());
    let span = u64::try_from(began.elapsed().as_micros()).unwrap().max(100);
    assert!(command(&delete).status().unwrap().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), without);

    let (mut has_trial, mut old, mut new) = (false, 0, 0);
    for round in 0..ROUNDS {
        let arguments = if has_trial { &delete } else { &register };
        let mut child = command(arguments).spawn().unwrap();
        // Not a wait for something: the moment of the kill.
        std::thread::sleep(Duration::from_micros(moments.next() % (span + span / 4)));
        let _ = child.kill();
        child.wait().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let is_both = text == both;
        assert!(
            is_both || text == without,
            "seed {seed}, round {round}: {text:?}"
        );
        if is_both == has_trial {
            old += 1;
        } else {
            new += 1;
        }
        has_trial = is_both;
    }
    report(&format!(
        "clplcnsc killed {ROUNDS} times: old records {old}, new records {new} (seed {seed})\n"
    ));
    assert!(
        old > 0 && new > 0,
        "every kill came too early or too late: {old}, {new}"
    );
    // What was left behind is in nobody's way.
    assert!(
        command(if has_trial { &delete } else { &register })
            .status()
            .unwrap()
            .success()
    );
    let names = fs::read_dir(store(&root)).unwrap().count();
    assert_eq!(names, 1);
}
