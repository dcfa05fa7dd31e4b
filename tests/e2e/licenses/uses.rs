//! The other uses of `clplcnsc`: trial files, lists, deletions, and command lines that do not fit.

use super::dialogue::{assert_failed, files};
use super::*;
use crate::support::run::{Ran, words};

fn lcnsc(root: &Root, arguments: &[&str]) -> Ran {
    let mut arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
    arguments.extend([&b"-p"[..], b"ISAG10"]);
    root.run_as("clplcnsc", &words(&arguments))
}

fn succeeded() -> Ran {
    Ran {
        code: 0,
        stdout: "Command succeeded.\n".into(),
        stderr: String::new(),
    }
}

/// From and to so many days from today. Two days off today are far enough, should midnight come.
fn trial(first: i64, last: i64) -> Terms {
    let today = day(0);
    let (first, last) = (shift(today, first), shift(today, last));
    Terms::Trial { first, last }
}

/// `clplcnsc -i FILE` of a file with this text.
fn register_text(root: &Root, text: &str) -> Ran {
    let path = root.join("trial.txt");
    fs::write(&path, text).unwrap();
    lcnsc(root, &["-i", path.to_str().unwrap()])
}

#[test]
fn without_licenses_there_is_no_list() {
    let ran = lcnsc(&Root::bare(), &["-l"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "No license is registered.\nCommand succeeded.\n")
    );
}

#[test]
fn a_trial_file_is_registered_twice_as_once() {
    let root = Root::bare();
    let text = render_trial_file(&issue("TRY0000001", trial(-9, 9))).to_string();
    assert_eq!(register_text(&root, &text), succeeded());
    let once = files(&root);
    assert_eq!(once.len(), 1);
    assert_eq!(register_text(&root, &text), succeeded());
    assert_eq!(files(&root), once);
    // One that has not begun is kept beside it.
    let text = render_trial_file(&issue("TRY0000002", trial(3, 9))).to_string();
    assert_eq!(register_text(&root, &text), succeeded());
    let text = String::from_utf8(files(&root)[0].1.clone()).unwrap();
    assert!(
        text.contains("TRY0000001 ") && text.contains("TRY0000002 "),
        "{text}"
    );
}

#[test]
fn a_file_without_a_trial_to_register_changes_nothing() {
    let root = Root::bare();
    root.register("TRY0000001", trial(-9, 9));
    let before = files(&root);
    let over = render_trial_file(&issue("TRY0000003", trial(-9, -3))).to_string();
    let product = render_trial_file(&issue("PRO0000001", Terms::Product)).to_string();
    let ended = format!(
        "the trial license has ended on {} (mm/dd/yyyy)",
        shift(day(0), -3)
    );
    for (text, reason) in [
        (&over, ended.as_str()),
        (
            &product,
            "only trial licenses can be registered from a file",
        ),
        (&String::new(), "product= is missing"),
        (
            &format!("{over}{}", "#".repeat(70_000)),
            "is longer than 65536 bytes",
        ),
    ] {
        let ran = register_text(&root, text);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_failed(&ran.stderr, reason);
    }
    assert_eq!(files(&root), before);
}

#[test]
fn a_path_without_a_trial_file_changes_nothing() {
    let root = Root::bare();
    root.register("TRY0000001", trial(-9, 9));
    let before = files(&root);
    for (path, reason) in [
        ("/nowhere/at/all", "No such file"),
        ("/dev/zero", "longer than"),
        ("/", "Is a directory"),
    ] {
        let ran = lcnsc(&root, &["-i", path]);
        assert_eq!(ran.code, 1);
        assert_failed(&ran.stderr, reason);
    }
    assert_eq!(files(&root), before);
}

#[test]
fn every_license_is_listed_with_its_state() {
    let root = Root::bare();
    root.register("TRY0000001", trial(-9, 9));
    root.register("TRY0000002", trial(3, 9));
    root.register("PRO0000001", Terms::Product);
    plant(
        &root,
        "another",
        &[
            issue("TRY0000003", trial(-9, -3)),
            issue("PRO0000002", Terms::Product),
        ],
    );
    let today = day(0);
    let date = |days| shift(today, days).to_string();
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let ran = lcnsc(&root, &["-l"]);
    let lines: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines,
        [
            "HOST SERIAL KIND FIRST LAST STATE".into(),
            format!("{host} TRY0000001 trial {} {} valid", date(-9), date(9)),
            format!("{host} TRY0000002 trial {} {} not begun", date(3), date(9)),
            format!("{host} PRO0000001 product - - valid"),
            format!("another TRY0000003 trial {} {} ended", date(-9), date(-3)),
            "another PRO0000002 product - - for that host only".into(),
            "Command succeeded.".into(),
        ]
        .map(|line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    );
}

/// This host's, and another's.
#[test]
fn a_license_is_deleted_once() {
    let root = Root::bare();
    root.register("TRY0000001", trial(-9, 9));
    root.register("TRY0000002", trial(3, 9));
    plant(
        &root,
        "another",
        &[
            issue("TRY0000003", trial(-9, -3)),
            issue("PRO0000002", Terms::Product),
        ],
    );
    assert_eq!(lcnsc(&root, &["-d", "TRY0000002"]), succeeded());
    assert_eq!(lcnsc(&root, &["-d", "TRY0000003"]), succeeded());
    let ran = lcnsc(&root, &["-d", "TRY0000003"]);
    assert_eq!(ran.code, 1);
    assert_failed(
        &ran.stderr,
        "no license with serial number TRY0000003 is registered",
    );
    let left = lcnsc(&root, &["-l"]).stdout;
    // The heading, the other two, and that the command succeeded.
    assert_eq!(left.lines().count(), 4, "{left}");
    assert!(
        left.contains("TRY0000001") && left.contains("PRO0000002"),
        "{left}"
    );
}

#[test]
fn a_command_line_that_does_not_fit_fails_and_makes_nothing() {
    let rows: [(&[&str], &str); 5] = [
        (&[], "-i, -l or -d is missing"),
        (&["-i"], "-p ISAG10 is missing"),
        (&["-i", "-p", "ISAG20"], "-p \"ISAG20\": must be ISAG10"),
        (&["-i", "-p", "XYZ\u{1}"], r#"-p "XYZ\x01": must be ISAG10"#),
        (
            &["-d", "x", "-p", "ISAG10"],
            "-d \"x\": must be three capital letters",
        ),
    ];
    for (arguments, reason) in rows {
        let root = Root::bare();
        for name in ["clplcnsc", "clp_isa lcnsc"] {
            let ran = root.run_as(name, arguments);
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
            assert_failed(&ran.stderr, reason);
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }
}
