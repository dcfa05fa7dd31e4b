//! The bash completion, asked by bash itself.
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What completing the last of these words gives, in a root with the identifiers `web` and `mail`.
pub(crate) fn complete(words: &[&str]) -> Vec<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let root = std::env::temp_dir().join(format!("isac{}-{count}", std::process::id()));
    let dir = root.join("var/run/clp_isa/id");
    std::fs::create_dir_all(&dir).unwrap();
    for identifier in ["web", "mail"] {
        std::fs::write(dir.join(identifier), "").unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/completions/clp_isa.bash");
    // As bash does it: the function that `complete` was told, with the words in COMP_WORDS.
    let ask = r#"
        source "$0"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        function=$(complete -p "$1") function=${function#*-F } function=${function%% *}
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "-c", ask, script])
        .args(words)
        .env("CLP_ISA_ROOT", &root)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut given: Vec<String> = text.split_whitespace().map(String::from).collect();
    given.sort();
    given
}

/// Whether there is a bash to ask; a failure where nothing may be skipped.
pub(crate) fn has_bash() -> bool {
    let has = Command::new("bash").arg("--version").output().is_ok();
    if !has {
        assert!(std::env::var_os("CLP_ISA_TEST_STRICT").is_none(), "no bash");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: no bash\n");
    }
    has
}

#[test]
fn each_place_of_a_command_line() {
    if !has_bash() {
        return;
    }
    let all = [
        "--del", "--disp", "--once", "--pause", "--plugin", "--resume", "--stop", "-c", "-i", "-n",
        "-r", "-s",
    ];
    let rows: [(&[&str], &[&str]); 17] = [
        (
            &["clp_httpmon", ""],
            &["--help", "--version", "mail", "web"],
        ),
        (&["clp_httpmon", "w"], &["web"]),
        (&["clp_httpmon", "web", "--p"], &["--pause", "--plugin"]),
        (
            &["clp_httpmon", "web", "-n", "80", "-"],
            &["--once", "--plugin", "-c", "-h", "-i", "-r", "-s", "-v"],
        ),
        (&["clp_httpmon", "web", "-v", ""], &["1.0", "1.1"]),
        (&["clp_httpmon", "web", "-n", ""], &[]),
        (&["clp_httpmon", "web", "--stop", ""], &[]),
        (&["clp_smtpmon", "web", "-"], &all),
        (&["clp_isa", "smtpmon", "web", "-"], &all),
        (&["clp_isa", "s"], &["smtpmon", "status"]),
        (
            &["clp_isa", "status", ""],
            &["--help", "--json", "--version", "--watch", "mail", "web"],
        ),
        (&["clp_isa", "alerts", "-n", ""], &[]),
        (&["clp_isa", "alerts", "--j"], &["--json"]),
        (&["clp_isa", "lcnsc", "-l", ""], &["-p"]),
        (&["clplcnsc", "-l", "-p", ""], &["ISAG10"]),
        (
            &["clplcnsc", ""],
            &["--help", "--version", "-d", "-i", "-l", "-p"],
        ),
        (&["clp_isa", "nothing", ""], &[]),
    ];
    for (words, expected) in rows {
        assert_eq!(complete(words), expected, "{words:?}");
    }
}
