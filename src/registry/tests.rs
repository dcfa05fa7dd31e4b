//! Claims, looks and removals on real files.

use super::scratch::{Scratch, abandon};
use super::*;
use crate::sys::path_error::UnsafePath;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const RECORD: Record = Record {
    protocol: Protocol::Http,
    pid: 4711,
    started: 1,
};

const NEXT: Record = Record {
    protocol: Protocol::Http,
    pid: 4712,
    started: 2,
};

fn identifier() -> Identifier {
    Identifier::parse(b"web").unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Removes what a killed monitor left, as `--del` does; says what came of it.
fn delete(paths: &Paths, id: &Identifier, protocol: Protocol) -> Result<&'static str, PathError> {
    Ok(match seize_dead(paths, id, protocol)? {
        Seizure::Taken(claim) => {
            claim.release().unwrap();
            "removed"
        }
        Seizure::Held(_) => "runs",
        Seizure::Changing => "changes hands",
        Seizure::Missing => "unknown",
        Seizure::OtherProtocol(_) => "the other command's",
    })
}

/// Leaves the file a killed monitor leaves.
fn leave_dead(paths: &Paths) {
    let mut claim = claim(paths, &identifier()).unwrap().unwrap();
    claim.write(&RECORD).unwrap();
    abandon(claim);
}

#[test]
fn the_life_of_a_claim() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    assert_eq!(look(&paths, &id), Ok(LockState::Unknown));
    assert_eq!(delete(&paths, &id, Protocol::Http), Ok("unknown"));
    assert!(!paths.run_dir().exists(), "looking creates nothing");
    let mut first = claim(&paths, &id).unwrap().unwrap();
    assert!(claim(&paths, &id).unwrap().is_none());
    first.write(&RECORD).unwrap();
    assert_eq!(look(&paths, &id), Ok(LockState::Running(Some(RECORD))));
    assert_eq!(delete(&paths, &id, Protocol::Http), Ok("runs"));
    let other = Identifier::parse(b"WEB").unwrap();
    assert_eq!(look(&paths, &other), Ok(LockState::Unknown));
    first.release().unwrap();
    assert_eq!(look(&paths, &id), Ok(LockState::Unknown));
    assert!(!paths.record(&id).exists());
}

#[test]
fn a_killed_monitor_leaves_a_record_but_no_lock() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    leave_dead(&paths);
    assert_eq!(look(&paths, &id), Ok(LockState::Dead(Some(RECORD))));
    let next = claim(&paths, &id).unwrap().unwrap();
    assert_eq!(
        look(&paths, &id),
        Ok(LockState::Running(None)),
        "the old record is not the new monitor's"
    );
    abandon(next);
    assert_eq!(look(&paths, &id), Ok(LockState::Dead(None)));
    assert_eq!(delete(&paths, &id, Protocol::Smtp), Ok("removed"));
    leave_dead(&paths);
    let seized = delete(&paths, &id, Protocol::Smtp);
    assert_eq!(seized, Ok("the other command's"));
    assert_eq!(look(&paths, &id), Ok(LockState::Dead(Some(RECORD))));
    assert_eq!(delete(&paths, &id, Protocol::Http), Ok("removed"));
    assert_eq!(look(&paths, &id), Ok(LockState::Unknown));
}

#[test]
fn a_release_spares_a_file_that_took_the_name() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    let first = claim(&paths, &id).unwrap().unwrap();
    fs::remove_file(paths.record(&id)).unwrap();
    let second = claim(&paths, &id).unwrap().unwrap();
    first.release().unwrap();
    assert!(paths.record(&id).exists());
    assert!(claim(&paths, &id).unwrap().is_none());
    second.release().unwrap();
    assert!(!paths.record(&id).exists());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a race needs threads")]
fn of_many_starts_at_once_one_wins_and_looks_and_removals_disturb_none() {
    let scratch = Scratch::new();
    for round in 0..40 {
        if round % 2 == 0 {
            leave_dead(&scratch.paths());
        }
        let barrier = std::sync::Arc::new(Barrier::new(6));
        let run = |what: fn(&Paths) -> Option<Claim>| {
            let (paths, barrier) = (scratch.paths(), barrier.clone());
            std::thread::spawn(move || {
                barrier.wait();
                what(&paths)
            })
        };
        let start = |paths: &Paths| {
            let mut claim = claim(paths, &identifier()).unwrap()?;
            claim.write(&NEXT).unwrap();
            Some(claim)
        };
        let inspect = |paths: &Paths| {
            for _ in 0..5 {
                let state = look(paths, &identifier()).unwrap();
                assert_ne!(state, LockState::Running(Some(RECORD)), "the dead one's");
            }
            None
        };
        let remove = |paths: &Paths| {
            delete(paths, &identifier(), Protocol::Http).unwrap();
            None
        };
        let threads = [
            run(start),
            run(start),
            run(start),
            run(inspect),
            run(remove),
            run(remove),
        ];
        let claims: Vec<Claim> = threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(claims.len(), 1, "round {round}");
        for claim in claims {
            claim.release().unwrap();
        }
        assert!(!scratch.paths().record(&identifier()).exists());
    }
}

#[test]
fn no_two_hold_an_identifier_at_once_however_often_it_changes_hands() {
    let scratch = Scratch::new();
    let hosts = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    if let Ok(Some(claim)) = claim(&scratch.paths(), &identifier()) {
                        assert_eq!(hosts.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        assert_eq!(hosts.fetch_sub(1, Ordering::SeqCst), 1);
                        claim.release().unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn a_start_is_never_refused_because_of_looks_and_removals() {
    let scratch = Scratch::new();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    delete(&scratch.paths(), &identifier(), Protocol::Http).unwrap();
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    look(&scratch.paths(), &identifier()).unwrap();
                }
            });
        }
        let refused = (0..500).find_map(|_| match claim(&scratch.paths(), &identifier()) {
            Ok(Some(claim)) => {
                abandon(claim);
                None
            }
            refused => Some(refused),
        });
        over.store(true, Ordering::SeqCst);
        assert!(refused.is_none(), "{refused:?}");
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a look that takes its time")]
fn a_start_waits_for_a_look_and_is_not_refused() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    leave_dead(&paths);
    let look = File::open(paths.record(&id)).unwrap();
    look.lock_shared().unwrap();
    std::thread::scope(|scope| {
        let start = scope.spawn(|| claim(&paths, &id));
        std::thread::sleep(std::time::Duration::from_millis(60));
        drop(look);
        start.join().unwrap().unwrap().unwrap().release().unwrap();
    });
}

#[test]
fn planted_things_are_refused_and_not_followed() {
    let id = identifier();
    let elsewhere = Scratch::new();
    let target = elsewhere.root().join("target");
    fs::write(&target, "precious").unwrap();
    type Plant = fn(&Path, &Path);
    let link_away: Plant = |path, away| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(away, path).unwrap();
    };
    let dir: fn(&Paths) -> [PathBuf; 2] = |paths| [paths.run_dir(), paths.id_dir()];
    for index in 0..2 {
        let scratch = Scratch::new();
        let paths = scratch.paths();
        let path = dir(&paths)[index].clone();
        link_away(&path, elsewhere.root());
        let refused = UnsafePath::NotADirectory.at(&path);
        assert_eq!(claim(&paths, &id).unwrap_err(), refused);
        assert_eq!(look(&paths, &id).unwrap_err(), refused);
        assert_eq!(delete(&paths, &id, Protocol::Http).unwrap_err(), refused);
    }
    let plants: [(Plant, UnsafePath); 5] = [
        (
            |path, away| symlink(away, path).unwrap(),
            UnsafePath::NotAFile,
        ),
        (
            |path, _| symlink("dangling", path).unwrap(),
            UnsafePath::NotAFile,
        ),
        (
            |path, _| fs::create_dir(path).unwrap(),
            UnsafePath::NotAFile,
        ),
        (
            |path, _| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(),
            UnsafePath::NotAFile,
        ),
        (
            |path, away| fs::hard_link(away, path).unwrap(),
            UnsafePath::Links,
        ),
    ];
    for (plant, unsafe_path) in plants {
        let scratch = Scratch::new();
        let paths = scratch.paths();
        claim(&paths, &id).unwrap().unwrap().release().unwrap();
        plant(&paths.record(&id), &target);
        let refused = unsafe_path.at(&paths.record(&id));
        assert_eq!(claim(&paths, &id).unwrap_err(), refused);
        assert_eq!(look(&paths, &id).unwrap_err(), refused);
        assert_eq!(delete(&paths, &id, Protocol::Http).unwrap_err(), refused);
        assert!(paths.record(&id).symlink_metadata().is_ok());
    }
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert_eq!(fs::read_dir(elsewhere.root()).unwrap().count(), 1);
}

#[test]
fn loose_modes_of_ours_are_tightened() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    leave_dead(&paths);
    for path in [paths.run_dir(), paths.id_dir(), paths.record(&id)] {
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
    }
    look(&paths, &id).unwrap();
    assert_eq!(mode(&paths.run_dir()), 0o700);
    assert_eq!(mode(&paths.id_dir()), 0o700);
    assert_eq!(mode(&paths.record(&id)), 0o600);
}

#[test]
fn garbage_reads_as_no_record_and_the_lock_still_tells() {
    let scratch = Scratch::new();
    let (paths, id) = (scratch.paths(), identifier());
    let running = claim(&paths, &id).unwrap().unwrap();
    let long = "x".repeat(RECORD_MAX * 2);
    for garbage in ["", "clp_isa 1\nmodule httpmon\npid 4", &long] {
        fs::write(paths.record(&id), garbage).unwrap();
        assert_eq!(look(&paths, &id), Ok(LockState::Running(None)));
    }
    abandon(running);
    assert_eq!(look(&paths, &id), Ok(LockState::Dead(None)));
}

#[test]
fn the_longest_identifier_is_a_file_name() {
    let scratch = Scratch::new();
    let id = Identifier::parse(&[b'x'; 255]).unwrap();
    claim(&scratch.paths(), &id)
        .unwrap()
        .unwrap()
        .release()
        .unwrap();
}

/// The umask belongs to the process: the check runs in a process of its own.
#[test]
fn modes_are_exact_whatever_the_umask() {
    const CHILD: &str = "CLP_ISA_TEST_UMASK_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let scratch = Scratch::new();
        let (paths, id) = (scratch.paths(), identifier());
        leave_dead(&paths);
        let (_listener, _socket) = crate::control::server::listen(&paths, &id).unwrap();
        for (path, expected) in [
            (scratch.root().join("var"), 0o755),
            (scratch.root().join("var/run"), 0o755),
            (paths.run_dir(), 0o700),
            (paths.id_dir(), 0o700),
            (paths.ctl_dir(), 0o700),
            (paths.record(&id), 0o600),
            (paths.control(&id), 0o600),
        ] {
            assert_eq!(mode(&path), expected, "{}", path.display());
        }
        return;
    }
    for umask in ["000", "022", "077"] {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", "umask $1; shift; exec \"$@\"", "sh", umask])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "registry::tests::modes_are_exact_whatever_the_umask",
            ])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "umask {umask}: {text}"
        );
    }
}

#[test]
fn errors_name_call_and_path() {
    let scratch = Scratch::new();
    fs::write(scratch.root().join("var"), "").unwrap();
    let error = claim(&scratch.paths(), &identifier()).unwrap_err();
    assert!(error.to_string().contains("/var"), "{error}");
    assert_eq!(
        error.call().1,
        clp_isa_core::errno::Errno(nix::libc::ENOTDIR)
    );
}
