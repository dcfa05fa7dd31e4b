//! A store in every bad state: the event is the contract's, and what is good in it still counts.

use super::*;
use crate::support::files::chmod;
use crate::support::{copy_binary, is_root, rows, skip};
use std::os::unix::fs::{chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;

const FULL: u32 = 1_048_576;

/// What is done to this host's file, or to the store.
type Deed = fn(&Path);

/// Damage to the one file with this host's product license: its name, the deed, and what the failure log says.
const FILES: [(&str, Deed, Option<&str>); 12] = [
    ("missing", |file| fs::remove_file(file).unwrap(), None),
    ("empty", |file| fs::write(file, "").unwrap(), None),
    (
        "comments only",
        |file| fs::write(file, "# x\n\n").unwrap(),
        None,
    ),
    (
        "half a record",
        |file| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() - 9]).unwrap();
        },
        Some("line 2: not a license record"),
    ),
    (
        "garbage",
        |file| fs::write(file, [0xff; 300]).unwrap(),
        Some("line 1: not a license record"),
    ),
    (
        "too long",
        |file| fs::write(file, vec![b'\n'; usize::try_from(FULL).unwrap()]).unwrap(),
        Some("is longer than"),
    ),
    (
        "writable by the group",
        |file| chmod(file, 0o660),
        Some("may be written by other users"),
    ),
    (
        "writable by all",
        |file| chmod(file, 0o602),
        Some("may be written by other users"),
    ),
    (
        "a symbolic link",
        |file| {
            let target = file.with_extension("elsewhere");
            fs::rename(file, &target).unwrap();
            symlink(&target, file).unwrap();
        },
        Some("is not a regular file"),
    ),
    (
        "two names",
        |file| fs::hard_link(file, file.with_extension("two")).unwrap(),
        Some("has more than one name"),
    ),
    (
        "a directory",
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
        Some("is not a regular file"),
    ),
    (
        "a fifo",
        |file| {
            fs::remove_file(file).unwrap();
            nix::unistd::mkfifo(file, nix::sys::stat::Mode::S_IRWXU).unwrap();
        },
        Some("is not a regular file"),
    ),
];

fn own_file(root: &Root) -> PathBuf {
    let mut name = nix::unistd::gethostname().unwrap();
    name.push(".lic");
    store(root).join(name)
}

#[track_caller]
fn assert_file_damage(name: &str, deed: impl Fn(&Path), log: Option<&str>) {
    for has_trial in [false, true] {
        let root = Root::new();
        if has_trial {
            let (first, last) = (shift(day(0), -9), shift(day(0), 9));
            plant(
                &root,
                "another",
                &[issue("TRY0000001", Terms::Trial { first, last })],
            );
        }
        deed(&own_file(&root));
        let (code, ids, stderr) = try_start(&root, "clp_httpmon", UTC);
        if has_trial {
            assert_eq!(
                (code, ids),
                (1, [&[52], RAN.as_slice()].concat()),
                "{name}: {stderr}"
            );
        } else {
            assert_eq!((code, ids), (4, vec![51]), "{name}: {stderr}");
            let text = "clp_httpmon: The license of clp_httpmon is not registered.\n";
            assert!(stderr.starts_with(text), "{stderr}");
            assert_eq!(
                stderr.contains("damaged records were skipped"),
                log.is_some(),
                "{stderr}"
            );
        }
        let told: Vec<String> = root
            .failure_log()
            .lines()
            .filter(|line| line.contains("license record skipped"))
            .map(str::to_owned)
            .collect();
        match log {
            None => assert_eq!(told, [""; 0], "{name}"),
            Some(log) => assert!(told.len() == 1 && told[0].contains(log), "{name}: {told:?}"),
        }
    }
}

#[test]
fn damage_to_a_file_costs_its_records_only() {
    rows::each(&FILES, |(name, deed, log)| {
        assert_file_damage(name, deed, *log)
    });
}

#[test]
fn another_users_file_is_skipped() {
    if !is_root() {
        return skip("only root can give a file away");
    }
    assert_file_damage(
        "another user's",
        |file| chown(file, Some(65534), None).unwrap(),
        Some("belongs to another user"),
    );
}

#[test]
fn a_folder_that_cannot_be_trusted_is_event_54() {
    let deeds: [(&str, Deed); 5] = [
        ("may be written by other users", |folder| {
            chmod(folder, 0o770)
        }),
        ("may be written by other users", |folder| {
            chmod(folder.parent().unwrap(), 0o777)
        }),
        ("is not a folder", |folder| {
            let target = folder.with_extension("elsewhere");
            fs::rename(folder, &target).unwrap();
            symlink(target, folder).unwrap();
        }),
        ("is not a folder", |folder| {
            fs::remove_dir_all(folder).unwrap();
            fs::write(folder, "in the way").unwrap();
        }),
        ("belongs to another user", |folder| {
            chown(folder, Some(65534), None).unwrap()
        }),
    ];
    for (reason, deed) in deeds {
        if reason.contains("another user") && !is_root() {
            skip("only root can give a folder away");
            continue;
        }
        let root = Root::new();
        deed(&store(&root));
        for (command, text) in [
            (
                "clp_httpmon",
                "Failed to check the license information of clp_httpmon.",
            ),
            (
                "clp_smtpmon",
                "Failed to check the license information of clp_smtpmon.",
            ),
        ] {
            let (code, ids, stderr) = try_start(&root, command, UTC);
            assert_eq!((code, ids), (4, vec![54]), "{reason}: {stderr}");
            assert!(
                stderr.starts_with(&format!("{command}: {text}\n")) && stderr.contains(reason),
                "{stderr}"
            );
        }
    }
}

#[test]
fn without_a_folder_or_in_an_empty_one_nothing_is_registered() {
    for has_folder in [false, true] {
        let root = Root::bare();
        if has_folder {
            crate::support::store::make_dir(root.path());
        }
        let (code, ids, stderr) = try_start(&root, "clp_smtpmon", UTC);
        assert_eq!((code, ids), (4, vec![51]), "{stderr}");
        assert_eq!(
            text(&root, 51),
            "The license of clp_smtpmon is not registered."
        );
        assert_eq!(store(&root).exists(), has_folder, "a start makes nothing");
    }
}

/// What root is told of a file's modes says nothing: a user without rights looks.
#[test]
fn what_cannot_be_read_is_skipped_or_event_54() {
    for (path, code, id) in [("", 4, 54), ("own", 4, 51)] {
        let root = Root::new();
        let file = own_file(&root);
        let target = if path.is_empty() { store(&root) } else { file };
        let binary = root.join("binary");
        copy_binary(&binary);
        chmod(&target, 0);
        chmod(root.path(), 0o755);
        let mut command = std::process::Command::new(&binary);
        command
            .arg0("clp_httpmon")
            .args(["web", "-s", "127.0.0.1", "-n", "1"])
            .env("CLP_ISA_ROOT", root.path());
        if is_root() {
            let status = std::process::Command::new("chown")
                .args(["-R", "65534:65534"])
                .arg(root.path())
                .status();
            assert!(status.unwrap().success());
            command.uid(65534).gid(65534);
        }
        let output = command.output().unwrap();
        chmod(&target, 0o700);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(root.ids(), [id]);
        let told = if id == 54 {
            String::from_utf8(output.stderr).unwrap()
        } else {
            root.failure_log()
        };
        assert!(told.contains("Permission denied"), "{told}");
    }
}

#[test]
fn a_thousand_files_are_all_looked_at() {
    let root = Root::bare();
    let (first, last) = (shift(day(0), -9), shift(day(0), 9));
    for number in 0..999 {
        let path = plant(&root, &format!("host{number}"), &[]);
        fs::write(path, "damaged\n").unwrap();
    }
    plant(
        &root,
        "the-one",
        &[issue("TRY0000001", Terms::Trial { first, last })],
    );
    let (code, ids, stderr) = try_start(&root, "clp_httpmon", UTC);
    assert_eq!(
        (code, ids),
        (1, [&[52], RAN.as_slice()].concat()),
        "{stderr}"
    );
    let log = root.failure_log();
    assert_eq!(log.matches("license record skipped: ").count(), 8, "{log}");
    assert!(log.contains("991 more license records skipped"), "{log}");
}
