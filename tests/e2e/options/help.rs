//! Help, version, and the program without a command.

use super::*;
use crate::support;
use crate::support::files::chmod;

/// Runs a copy of the binary that everybody may execute, as a user without rights where the tests run as root.
fn ask(root: &Root, name: &str, arguments: &[&str], prefix: &str) -> (i32, String, String) {
    let binary = root.join("binary");
    if !binary.exists() {
        chmod(root.path(), 0o755);
        support::copy_binary(&binary);
    }
    let mut words = name.split(' ');
    let mut command = Command::new(binary);
    command
        .arg0(words.next().unwrap())
        .args(words)
        .args(arguments);
    command
        .env_clear()
        .env("CLP_ISA_ROOT", prefix)
        .stdin(Stdio::null());
    if is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn help_and_version_need_no_rights_and_no_folders() {
    let root = Root::new();
    let empty = root.join("empty");
    std::fs::create_dir(&empty).unwrap();
    let prefixes = [
        empty.to_str().unwrap(),
        "",
        "/dev/null/below/a/file",
        "relative/../nowhere",
        &"/x".repeat(3000),
    ];
    for prefix in prefixes {
        for (name, shown) in [
            ("clp_isa", "clp_isa"),
            ("clp_httpmon", "clp_httpmon"),
            ("clp_smtpmon", "clp_smtpmon"),
            ("/usr/sbin/clp_httpmon", "clp_httpmon"),
            ("./clp_smtpmon", "clp_smtpmon"),
            ("clp_isa httpmon", "clp_httpmon"),
            ("clp_isa smtpmon", "clp_smtpmon"),
            ("clplcnsc", "clplcnsc"),
            ("clp_isa lcnsc", "clplcnsc"),
        ] {
            let version = format!("{shown} {}\n", env!("CARGO_PKG_VERSION"));
            let answer = ask(&root, name, &["--version"], prefix);
            assert_eq!(answer, (0, version, String::new()), "{name}, {prefix}");
            let (code, stdout, stderr) = ask(&root, name, &["--help"], prefix);
            assert_eq!((code, stderr.as_str()), (0, ""), "{name}, {prefix}");
            assert!(
                stdout.contains(&format!("\n  {shown} ")),
                "{name}: {stdout}"
            );
        }
    }
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
}

#[test]
fn help_names_every_option_with_range_and_default() {
    let root = Root::new();
    let numbers = [
        ("-i INTERVAL", "1 to 10000 (default: 60)"),
        ("-c RETRIES", "1 to 10000 (default: 3)"),
        ("-r TIMEOUT", "1 to 10000 (default: 10)"),
        ("--stop [WAIT]", "1 to 10000 (default: 10)"),
        ("-s SERVER", "(default: localhost)"),
        ("--pause", ""),
        ("--resume", ""),
        ("--disp", ""),
        ("--del", ""),
        ("IDENTIFIER", "1 to 255"),
        ("--help", ""),
        ("--version", ""),
    ];
    let http = [
        ("-n PORT", "1 to 65535 (default: 80)"),
        ("-v 1.0|1.1", "(default: 1.1)"),
        ("-h REQUEST-URI", "at most 255"),
        ("-h REQUEST-URI", "(default: /)"),
    ];
    let smtp = [("-n PORT", "1 to 65535 (default: 25)")];
    for (names, own) in [(&HTTP, &http[..]), (&SMTP, &smtp[..])] {
        let (_, text, _) = ask(&root, names.command, &["--help"], "");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (word, meaning) in numbers.iter().chain(own) {
            // The description, not the usage line: the last place that begins a line.
            let place = flat.rfind(&format!("{word} ")).or_else(|| flat.rfind(word));
            let place = place.unwrap_or_else(|| panic!("{word}: {text}"));
            assert!(
                flat.split_at(place).1.contains(meaning),
                "{word} {meaning}: {text}"
            );
        }
        for code in 0..=7 {
            assert!(text.contains(&format!("\n  {code}  ")), "{code}: {text}");
        }
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        let (_, again, _) = ask(&root, names.long, &["--help"], "");
        assert_eq!(again, text);
    }
    let (_, text, _) = ask(&root, "clp_smtpmon", &["--help"], "");
    assert!(!text.contains("-v ") && !text.contains("-h "), "{text}");
}

#[test]
fn the_program_alone_or_with_an_unknown_command_starts_nothing() {
    let rows: [(&[&[u8]], &str); 6] = [
        (&[], "a command is missing"),
        (&[b""], "unknown command \"\""),
        (&[b"nomon", b"web"], "unknown command \"nomon\""),
        (&[b"HTTPMON", b"web"], "unknown command \"HTTPMON\""),
        (&[b"-h"], "unknown command \"-h\""),
        (&[b"\xff\n"], r#"unknown command "\xff\x0a""#),
    ];
    for (arguments, word) in rows {
        let root = Root::bare();
        let ran = root.run_as("clp_isa", &words(arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(word), "{ran:?}");
        assert!(ran.stderr.contains("clp_isa COMMAND"), "{ran:?}");
        assert_eq!(
            std::fs::read_dir(root.path()).unwrap().count(),
            0,
            "{ran:?}"
        );
    }
}
