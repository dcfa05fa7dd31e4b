//! The other uses of `clplcnsc`: trial files, lists, deletions, and command lines that do not fit.

use super::dialogue::{assert_failed, files};
use super::*;
use crate::support::run::{Ran, words};

#[test]
fn trial_files_lists_and_deletions() {
    let root = Root::bare();
    let today = day(0);
    let license = |number: &str, first, last| {
        let (first, last) = (shift(today, first), shift(today, last));
        issue(number, Terms::Trial { first, last })
    };
    let lcnsc = |arguments: &[&str]| {
        let mut arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
        arguments.extend([&b"-p"[..], b"ISAG10"]);
        root.run_as("clplcnsc", &words(&arguments))
    };
    let succeeded = Ran {
        code: 0,
        stdout: "Command succeeded.\n".into(),
        stderr: String::new(),
    };
    let path = root.join("trial.txt");
    let file = path.to_str().unwrap();
    let ran = lcnsc(&["-l"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "No license is registered.\nCommand succeeded.\n")
    );
    // To be listed as valid, to be refused, and not begun: two days off, should midnight come.
    fs::write(
        &path,
        render_trial_file(&license("TRY0000001", -9, 9)).to_string(),
    )
    .unwrap();
    assert_eq!(lcnsc(&["-i", file]), succeeded);
    assert_eq!(lcnsc(&["-i", file]), succeeded);
    fs::write(
        &path,
        render_trial_file(&license("TRY0000002", 3, 9)).to_string(),
    )
    .unwrap();
    assert_eq!(lcnsc(&["-i", file]), succeeded);
    let before = files(&root);
    let over = license("TRY0000003", -9, -3);
    let product = issue("PRO0000001", Terms::Product);
    let long = format!("{}{}", render_trial_file(&over), "#".repeat(70_000));
    let ended = format!(
        "the trial license has ended on {} (mm/dd/yyyy)",
        shift(today, -3)
    );
    for (text, reason) in [
        (render_trial_file(&over).to_string(), ended.as_str()),
        (
            render_trial_file(&product).to_string(),
            "only trial licenses can be registered from a file",
        ),
        (String::new(), "product= is missing"),
        (long, "is longer than 65536 bytes"),
    ] {
        fs::write(&path, text).unwrap();
        let ran = lcnsc(&["-i", file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert_failed(&ran.stderr, reason);
    }
    for (path, reason) in [
        ("/nowhere/at/all", "No such file"),
        ("/dev/zero", "longer than"),
        ("/", "Is a directory"),
    ] {
        let ran = lcnsc(&["-i", path]);
        assert_eq!(ran.code, 1);
        assert_failed(&ran.stderr, reason);
    }
    assert_eq!(files(&root), before);

    root.register("PRO0000001", Terms::Product);
    plant(
        &root,
        "another",
        &[over, issue("PRO0000002", Terms::Product)],
    );
    let ran = lcnsc(&["-l"]);
    let lines: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let date = |days| shift(today, days).to_string();
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

    assert_eq!(lcnsc(&["-d", "TRY0000002"]), succeeded);
    assert_eq!(lcnsc(&["-d", "TRY0000003"]), succeeded);
    let ran = lcnsc(&["-d", "TRY0000003"]);
    assert_eq!(ran.code, 1);
    assert_failed(
        &ran.stderr,
        "no license with serial number TRY0000003 is registered",
    );
    let ran = lcnsc(&["-l"]);
    assert_eq!(ran.stdout.lines().count(), 5, "{}", ran.stdout);
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
