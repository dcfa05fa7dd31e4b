//! Standard output that takes nothing: no command loses what it says without a word.

use super::*;
use crate::support::server::Server;
use crate::support::{binary, issue, skip};
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::render_trial_file;
use nix::sys::signal::Signal;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Command line of `clp_isa`, exit code when it is read, and when it cannot be written.
const ROWS: &[(&str, i32, i32)] = &[
    ("status", 1, 5),
    ("status --json", 1, 5),
    ("status --watch --json", 1, 5),
    ("status web", 0, 5),
    ("alerts", 0, 5),
    ("alerts --json", 0, 5),
    ("metrics", 0, 5),
    ("resolve localhost", 0, 5),
    ("httpmon web --disp", 0, 5),
    ("httpmon killed --disp", 6, 5),
    ("httpmon one -n PORT --once", 0, 5),
    ("httpmon one -n PORT -h /x --once", 1, 5),
    ("httpmon one -n PORT --once --plugin", 0, 3),
    ("httpmon one -n PORT -h /x --once --plugin", 2, 3),
    ("httpmon one -n 0 --once --plugin", 3, 3),
    ("lcnsc -l -p ISAG10", 0, 5),
    ("lcnsc -i -p ISAG10", 1, 5),
    ("--help", 0, 5),
    ("--version", 0, 5),
    ("status --help", 0, 5),
    ("alerts --help", 0, 5),
    ("metrics --help", 0, 5),
    ("httpmon --help", 0, 5),
    ("smtpmon --version", 0, 5),
    ("lcnsc --help", 0, 5),
];

/// One monitor at work, one that was killed.
fn at_work() -> (Root, Server, Monitor) {
    let root = Root::new();
    let server = Server::start(|conversation| {
        let request = conversation.read_request();
        let is_root = request.starts_with(b"HEAD / ");
        let status: &[u8] = if is_root { b"200 Fine" } else { b"404 None" };
        conversation.send(&[b"HTTP/1.1 ", status, b"\r\n\r\n"].concat());
        conversation.read_to_end();
    });
    let port = server.port();
    let start = |identifier| root.start(&[identifier, "-n", &port, "-i", "10000"]);
    let (web, mut killed) = (start("web"), start("killed"));
    root.wait_for_alert(2, 2);
    killed.signal(Signal::SIGKILL);
    killed.wait();
    (root, server, web)
}

fn full() -> Stdio {
    let full = OpenOptions::new().write(true).open("/dev/full");
    full.unwrap().into()
}

fn run(root: &Root, words: &[String], output: Stdio) -> Output {
    let mut command = root.command("clp_isa");
    command.args(words).stdout(output).output().unwrap()
}

#[test]
fn no_command_loses_its_output_without_a_word() {
    let (root, server, _web) = at_work();
    for (line, read, unwritten) in ROWS {
        let words = line.replace("PORT", &server.port());
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let assert = |what: &str, output, code: &i32, reason: Option<&str>| {
            let ran = run(&root, &words, output);
            let said = String::from_utf8_lossy(&ran.stderr);
            assert_eq!(ran.status.code(), Some(*code), "{line}, {what}: {said}");
            match reason {
                Some(reason) => assert!(said.contains(reason), "{line}, {what}: {said}"),
                None => assert!(!said.contains("standard output"), "{line}, {what}: {said}"),
            }
        };
        let reason = "standard output: write: No space left on device (ENOSPC, errno 28)";
        assert("full", full(), unwritten, Some(reason));
        // The standard library takes an unwritable descriptor for a success; a look-up's child has nobody to tell.
        if *line != "resolve localhost" {
            let unwritable = File::open("/dev/null").unwrap();
            let reason = "standard output: write: Bad file number (EBADF, errno 9)";
            assert(
                "not open for writing",
                unwritable.into(),
                unwritten,
                Some(reason),
            );
            // Whoever stops reading has seen what they wanted.
            let (reader, output) = nix::unistd::pipe().unwrap();
            drop(reader);
            assert("unread", output.into(), read, None);
        }
        if !line.contains("--watch") {
            assert("read", Stdio::null(), read, None);
            // What is closed is /dev/null before the first line of ours runs.
            let mut closed = Command::new("/bin/sh");
            closed.args(["-c", "exec \"$0\" \"$@\" >&-"]).arg(binary());
            let closed = closed.args(&words).env("CLP_ISA_ROOT", root.path());
            let ran = closed.stdin(Stdio::null()).output().unwrap();
            assert_eq!(ran.status.code(), Some(*read), "{line}, closed: {ran:?}");
        }
    }
}

/// A license is registered, or deleted, whether that can be told or not; nothing is registered by a dialogue that could
/// not be held.
#[test]
fn what_clplcnsc_did_is_done() {
    let root = Root::bare();
    let (first, last) = ("2000-01-01", "2089-09-17");
    let [first, last] =
        [first, last].map(|day| clp_isa_core::date::Date::parse(day.as_bytes()).unwrap());
    let sheet = root.join("trial.txt");
    let license = issue("TRY0000001", Terms::Trial { first, last });
    std::fs::write(&sheet, render_trial_file(&license).to_string()).unwrap();
    let sheet = sheet.to_str().unwrap().to_owned();
    let listed = || {
        let words = ["lcnsc", "-l", "-p", "ISAG10"].map(str::to_owned);
        let ran = run(&root, &words, Stdio::piped());
        String::from_utf8_lossy(&ran.stdout).contains("TRY0000001")
    };
    for (words, is_listed) in [
        (["lcnsc", "-i", &sheet, "-p", "ISAG10"], true),
        (["lcnsc", "-d", "TRY0000001", "-p", "ISAG10"], false),
    ] {
        let ran = run(&root, &words.map(str::to_owned), full());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(5), "{said}");
        assert!(
            said.starts_with("clplcnsc: standard output: write: "),
            "{said}"
        );
        assert!(!said.contains("failed"), "{said}");
        assert_eq!(listed(), is_listed);
    }
}

#[test]
fn the_issuing_tool_loses_nothing_either() {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_clp_isa"));
    let tool = built.with_file_name("examples").join("issue_license");
    if !tool.exists() {
        return skip("the examples are not built");
    }
    let arguments = ["--kind", "product", "--serial", "ABC0000001"];
    for arguments in [&arguments[..], &["--help"]] {
        let ran = Command::new(&tool).args(arguments).stdout(full()).output();
        let ran = ran.unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(5), "{said}");
        assert!(
            said.contains("issue_license: standard output: write: No space"),
            "{said}"
        );
    }
}
