//! `CLP_ISA_ROOT` where somebody else could have put something: refused before anything under it is opened or run.

use super::*;
use crate::support::files::{chmod, script};
use crate::support::run::Ran;
use nix::unistd::{Gid, Uid, chown, geteuid};
use std::ffi::OsStr;

const NOBODY: u32 = 65534;

/// A command and its arguments.
type Line = (&'static str, &'static [&'static str]);

/// What opens something under the prefix.
const USERS: [Line; 6] = [
    ("clp_httpmon", &["web", "-s", "127.0.0.1", "-n", "1"]),
    ("clp_httpmon", &["web", "-i", "0"]),
    ("clp_smtpmon", &[]),
    ("clp_httpmon", &["web", "--stop"]),
    ("clp_isa status", &[]),
    ("clplcnsc", &["-l", "-p", "ISAG10"]),
];

/// What does not.
const OTHERS: [Line; 3] = [
    ("clp_httpmon", &["--help"]),
    ("clp_isa", &["--version"]),
    (
        "clp_httpmon",
        &["web", "-s", "127.0.0.1", "-n", "1", "--once"],
    ),
];

/// A root in which running `clplogcmd` leaves a trace.
fn trapped() -> Root {
    let root = Root::new();
    let program = root.join("usr/sbin/clplogcmd");
    for folder in ["var/run", "dev", "opt/nec/clusterpro/log"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let trace = root.join("trace");
    script(&program, &format!(": >{}", trace.display()));
    root
}

/// Everything below the root.
fn listed(root: &Root) -> String {
    let listing = Command::new("ls").arg("-lRn").arg(root.path()).output();
    String::from_utf8(listing.unwrap().stdout).unwrap()
}

fn run(root: &Root, prefix: &Path, (name, arguments): Line) -> Ran {
    let mut words = name.split(' ');
    let mut command = root.command(words.next().unwrap());
    command
        .args(words)
        .args(arguments)
        .env("CLP_ISA_ROOT", prefix)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(&mut Monitor::spawn(&mut command))
}

/// Every command refuses `prefix` for this reason, and nothing below the root was touched.
#[track_caller]
fn assert_refused(root: &Root, prefix: &Path, unsafe_path: &str) {
    let before = listed(root);
    for line in USERS {
        let ran = run(root, prefix, line);
        assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{line:?} {ran:?}");
        let begins = ran
            .stderr
            .starts_with("clp_isa: CLP_ISA_ROOT is refused: /");
        assert!(
            begins && ran.stderr.ends_with(unsafe_path),
            "{line:?} {ran:?}"
        );
    }
    for line in OTHERS {
        let ran = run(root, prefix, line);
        assert!([0, 1].contains(&ran.code), "{line:?} {ran:?}");
    }
    assert_eq!(listed(root), before);
}

const WRITABLE: &str = " may be written by other users\n";
const OWNED: &str = " belongs to another user\n";
/// The directories that lead to what is opened.
const WAYS: [&str; 8] = [
    "",
    "var",
    "var/run",
    "dev",
    "usr",
    "usr/sbin",
    "opt/nec",
    "opt/nec/clusterpro/log",
];

#[test]
fn a_folder_that_others_may_write_to() {
    for way in WAYS {
        let root = trapped();
        chmod(root.join(way), 0o777);
        assert_refused(&root, root.path(), WRITABLE);
    }
    // Above the prefix, and on the way of a link.
    let root = trapped();
    let open = root.join("open");
    fs::create_dir_all(open.join("isa")).unwrap();
    chmod(&open, 0o757);
    assert_refused(&root, &open.join("isa"), WRITABLE);
    symlink(open.join("isa"), root.join("link")).unwrap();
    assert_refused(&root, &root.join("link"), WRITABLE);
    // What is not there would be made there.
    assert_refused(&root, &open.join("missing/isa"), WRITABLE);
    // Nobody can take away what is another's.
    chmod(&open, 0o1777);
    let ran = run(&root, &open.join("isa"), ("clp_isa status", &[]));
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Where every user has a private group, directories are made writable to it.
#[test]
fn a_folder_that_the_group_may_write_to() {
    let root = trapped();
    chmod(root.path(), 0o775);
    if geteuid().is_root() {
        assert_refused(&root, root.path(), WRITABLE);
    } else {
        let ran = run(&root, root.path(), ("clp_isa status", &[]));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn another_users_folder() {
    if !is_root() {
        return skip("only root can give a folder away");
    }
    let give = |path: &Path| {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        chown(path, Some(user), Some(group)).unwrap();
    };
    for way in WAYS {
        let root = trapped();
        give(&root.join(way));
        assert_refused(&root, root.path(), OWNED);
    }
    let root = trapped();
    let theirs = root.join("theirs");
    fs::create_dir_all(theirs.join("isa")).unwrap();
    give(&theirs);
    assert_refused(&root, &theirs.join("isa"), OWNED);
    // A directory of ours on the way of another's link.
    symlink(root.path(), theirs.join("link")).unwrap();
    give(root.path());
    assert_refused(&root, &theirs.join("link"), OWNED);
}

/// A program that was made set-uid by mistake.
#[test]
fn rights_that_the_user_does_not_have() {
    if !is_root() {
        return skip("only root can have other rights than its user");
    }
    for ids in [["--ruid", "65534"], ["--rgid", "65534"]] {
        let root = trapped();
        let before = listed(&root);
        for (name, arguments) in USERS {
            // By one name for all: what setpriv starts has the name of the file.
            let words: Vec<&str> = match name {
                "clp_isa status" => vec!["status"],
                "clplcnsc" => vec!["lcnsc"],
                name => vec![name.strip_prefix("clp_").unwrap()],
            };
            let output = Command::new("setpriv")
                .args(ids)
                .arg("--keep-groups")
                .arg(crate::support::binary())
                .args(words)
                .args(arguments)
                .env("CLP_ISA_ROOT", root.path())
                .output();
            let Ok(output) = output else {
                return skip("no setpriv");
            };
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(5), "{ids:?} {name}: {said}");
            assert!(
                said.ends_with("rights that its user does not have\n"),
                "{said}"
            );
        }
        assert_eq!(listed(&root), before);
    }
}

#[test]
fn a_missing_one_is_made_by_what_writes_and_by_nothing_else() {
    let root = Root::new();
    let missing = root.join("a/b");
    let status = ("clp_isa status", &[][..]);
    assert_eq!(run(&root, &missing, status).code, 0);
    assert!(!root.join("a").exists());
    assert_eq!(run(&root, &missing, ("clp_httpmon", &[])).code, 2);
    assert!(
        missing
            .join("opt/nec/clusterpro/log/isa_alert.log")
            .exists()
    );
}

/// Looked up once: where the working directory or a link leads to later changes nothing.
#[test]
fn a_relative_one_through_a_link_is_the_same() {
    let root = Root::new();
    let above = root.path().parent().unwrap();
    let name: &OsStr = root.path().file_name().unwrap();
    symlink(root.path(), root.join("link")).unwrap();
    let server = mute();
    let port = server.port();
    for prefix in [Path::new(name).to_path_buf(), Path::new(name).join("link")] {
        let before = root.starts("web");
        let mut command = root.command("clp_httpmon");
        command
            .args(hanging("web", &port))
            .env("CLP_ISA_ROOT", prefix)
            .current_dir(above);
        let mut monitor = Monitor::spawn(&mut command);
        root.wait_for_start(&mut monitor, "web", before);
        assert_eq!(root.run(&["web", "--stop"]), silent(0));
        assert_eq!(monitor.code(), 0);
    }
}
