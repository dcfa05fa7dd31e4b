//! The dialogue of `clplcnsc`, on a terminal and through a pipe.

use super::*;
use crate::support::run::Ran;
use crate::support::{PATIENCE, skip};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::process::{Child, Command, Stdio};

/// The guide's questions (chapter 1).
const CHOICE: &str = "Software license\n 1 Product version\n 2 Trial version\nSelect the license version [1 or 2]...";
const SERIAL: &str = "Enter serial number [Ex. XXX0000000]... ";
const KEY: &str = "Enter license key\n[Ex. XXXXXXXX-XXXXXXX-XXXXXXX-XXXXXXX] ...";

/// What the root holds: the files of the store, with their content.
pub(super) fn files(root: &Root) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(store(root)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// `clplcnsc` on a terminal of its own.
struct Terminal {
    child: Child,
    screen: File,
    shown: String,
}

impl Terminal {
    /// Nothing where there is no `setsid` to give the command a controlling terminal.
    fn open(root: &Root) -> Option<Self> {
        let link = root.join("clplcnsc");
        if !link.exists() {
            symlink(crate::support::binary(), &link).unwrap();
        }
        // Close-on-exec from birth: commands that other tests start meanwhile must not keep it open.
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let screen = posix_openpt(flags).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let end = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NOCTTY.bits())
            .open(ptsname_r(&screen).unwrap())
            .unwrap();
        let end = || Stdio::from(end.try_clone().unwrap());
        let child = Command::new("setsid")
            .arg("--ctty")
            .arg(link)
            .args(["-i", "-p", "ISAG10"])
            .env("CLP_ISA_ROOT", root.path())
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .ok()?;
        Some(Self {
            child,
            screen: File::from(OwnedFd::from(screen)),
            shown: String::new(),
        })
    }

    /// Reads what is shown until it ends with `text`, or, without a text, until the command's end.
    fn read_until(&mut self, text: Option<&str>) {
        let mut buffer = [0; 1024];
        // Ends: with every turn more is shown, or there is an end.
        while !text.is_some_and(|text| self.shown.ends_with(text)) {
            let mut ready = [PollFd::new(self.screen.as_fd(), PollFlags::POLLIN)];
            let patience = PollTimeout::try_from(PATIENCE).unwrap();
            assert_ne!(poll(&mut ready, patience).unwrap(), 0, "{:?}", self.shown);
            match self.screen.read(&mut buffer) {
                Ok(count @ 1..) => self.shown += &String::from_utf8_lossy(&buffer[..count]),
                // How the end of the other side is told (EIO).
                _ => {
                    assert_eq!(text, None, "{:?}", self.shown);
                    return;
                }
            }
        }
    }

    fn enter(&mut self, bytes: &[u8]) {
        self.screen.write_all(bytes).unwrap();
    }

    /// The exit code, and all that was shown, with the terminal's line ends made plain ones.
    fn end(mut self) -> (i32, String) {
        self.read_until(None);
        let status = self.child.wait().unwrap();
        (
            status.code().unwrap_or(-1),
            self.shown.replace("\r\n", "\n"),
        )
    }
}

/// Answers the questions in turn on a terminal; the last answer may be what ends the command.
fn on_terminal(root: &Root, answers: &[&[u8]]) -> Option<(i32, String)> {
    let mut terminal = Terminal::open(root)?;
    for (question, answer) in [CHOICE, SERIAL, KEY].into_iter().zip(answers) {
        terminal.read_until(Some(&question.replace('\n', "\r\n")));
        terminal.enter(answer);
    }
    Some(terminal.end())
}

fn through_pipe(root: &Root, input: &[u8]) -> Ran {
    let mut child = root
        .command("clplcnsc")
        .args(["-i", "-p", "ISAG10"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_guides_dialogue_on_a_terminal_and_through_a_pipe() {
    let last = shift(day(0), 30);
    for (choice, terms) in [
        ("1", Terms::Product),
        (
            "2",
            Terms::Trial {
                first: Date::new(1),
                last,
            },
        ),
    ] {
        let license = issue("ABC0000001", terms);
        let key = license.key().to_string();
        let root = Root::bare();
        let answers = [choice, "ABC0000001", &key].map(|answer| format!("{answer}\n").into_bytes());
        let answers: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
        let Some(ended) = on_terminal(&root, &answers) else {
            return skip("no setsid");
        };
        let screen =
            format!("{CHOICE}{choice}\n{SERIAL}ABC0000001\n{KEY}{key}\nCommand succeeded.\n");
        assert_eq!(ended, (0, screen));
        let on_terminal = files(&root);
        assert_eq!(on_terminal.len(), 1);

        let root = Root::bare();
        // Without a line end after the last answer, with blanks and foreign line ends around the others.
        let input = format!(" {choice}\r\n\tABC0000001 \n{key}");
        let ran = through_pipe(&root, input.as_bytes());
        let screen = format!("{CHOICE}\n{SERIAL}\n{KEY}\nCommand succeeded.\n");
        assert_eq!(
            ran,
            Ran {
                code: 0,
                stdout: screen,
                stderr: String::new()
            }
        );
        assert_eq!(files(&root)[0].1, on_terminal[0].1);
    }
}

/// Answers up to the bad one, and the reason.
fn bad_answers() -> Vec<(Vec<Vec<u8>>, &'static str)> {
    let key = issue("ABC0000001", Terms::Product).key().to_string();
    let trial = issue(
        "ABC0000001",
        Terms::Trial {
            first: Date::new(1),
            last: Date::new(30_000),
        },
    );
    let with = |place: usize, symbol: &str| {
        let (head, tail) = key.split_at(place);
        format!("{head}{symbol}{}", tail.split_at(1).1)
    };
    let changed = with(31, if key.ends_with('0') { "1" } else { "0" });
    let groups = "must be groups of 8, 7, 7 and 7 symbols with hyphens between them";
    let rows: Vec<(Vec<String>, &str)> = vec![
        (vec!["3".into()], "license version \"3\": must be 1 or 2"),
        (vec!["12".into()], "license version \"12\": must be 1 or 2"),
        (vec!["".into()], "nothing was entered"),
        (vec!["  ".into()], "nothing was entered"),
        (
            vec!["1\u{1}".into()],
            r#"license version "1\x01": must be 1 or 2"#,
        ),
        (vec!["1".into(), "".into()], "nothing was entered"),
        (
            vec!["1".into(), "abc0000001".into()],
            "serial number \"abc0000001\": must be three capital",
        ),
        (
            vec!["1".into(), "A".repeat(256)],
            "serial number \"AAAAAAAA",
        ),
        (
            vec!["1".into(), "A".repeat(2000)],
            "the answer is longer than 1024 bytes",
        ),
        (
            vec!["1".into(), "ABC\u{1}000001".into()],
            r#"serial number "ABC\x01000001": must be"#,
        ),
        (
            vec!["1".into(), "ABC0000001".into(), "".into()],
            "nothing was entered",
        ),
        (
            vec!["1".into(), "ABC0000001".into(), changed],
            "does not belong to serial number ABC0000001",
        ),
        (
            vec!["1".into(), "ABC0000002".into(), key.clone()],
            "does not belong to serial number ABC0000002",
        ),
        (
            vec!["1".into(), "ABC0000001".into(), key.replace('-', "")],
            groups,
        ),
        (
            vec!["1".into(), "ABC0000001".into(), key.replacen('-', "0-", 1)],
            groups,
        ),
        (
            vec!["1".into(), "ABC0000001".into(), format!("{key}0")],
            groups,
        ),
        (
            vec!["1".into(), "ABC0000001".into(), with(7, "I")],
            "\"I\" is no symbol",
        ),
        (
            vec!["1".into(), "ABC0000001".into(), with(7, "O")],
            "\"O\" is no symbol",
        ),
        (
            vec!["1".into(), "ABC0000001".into(), with(7, "\u{2}")],
            r#""\x02" is no symbol"#,
        ),
        (
            vec!["1".into(), "ABC0000001".into(), key.to_lowercase()],
            "\"p\" is no symbol",
        ),
        (
            vec!["2".into(), "ABC0000001".into(), key.clone()],
            "this is the key of a product license",
        ),
        (
            vec!["1".into(), "ABC0000001".into(), trial.key().to_string()],
            "this is the key of a trial license",
        ),
    ];
    let bytes = |words: Vec<String>| words.into_iter().map(String::into_bytes).collect();
    rows.into_iter()
        .map(|(answers, reason)| (bytes(answers), reason))
        .collect()
}

/// One line with the reason, and that the command failed.
#[track_caller]
pub(super) fn assert_failed(told: &str, reason: &str) {
    let lines: Vec<&str> = told.lines().collect();
    let [why, failed] = lines.as_slice() else {
        panic!("{told:?}")
    };
    assert!(
        why.starts_with("clplcnsc: ") && why.contains(reason),
        "{why:?}, {reason:?}"
    );
    assert_eq!(*failed, "Command failed.");
}

#[test]
fn a_bad_answer_fails_and_changes_nothing() {
    let root = Root::bare();
    root.register("OLD0000001", Terms::Product);
    let before = files(&root);
    for (answers, reason) in bad_answers() {
        let asked: String = [CHOICE, SERIAL, KEY]
            .into_iter()
            .take(answers.len())
            .map(|question| format!("{question}\n"))
            .collect();
        let ran = through_pipe(&root, &[answers.join(&b'\n'), b"\n".to_vec()].concat());
        assert_eq!((ran.code, ran.stdout), (1, asked), "{reason}");
        assert_failed(&ran.stderr, reason);
        assert_eq!(files(&root), before, "{reason}");
        // A terminal in its usual mode takes lines of at most 4095 bytes: all of these.
        let lines: Vec<Vec<u8>> = answers
            .iter()
            .map(|answer| [answer, &b"\n"[..]].concat())
            .collect();
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let Some((code, screen)) = on_terminal(&root, &lines) else {
            return skip("no setsid");
        };
        assert_eq!(code, 1, "{screen}");
        let (_, told) = screen.split_at(screen.find("clplcnsc: ").unwrap());
        assert_failed(told, reason);
        assert_eq!(files(&root), before, "{reason}");
    }
}

#[test]
fn the_end_of_the_input_and_ctrl_c_fail_at_every_question() {
    let root = Root::bare();
    let before = files(&root);
    let answers: [&[u8]; 2] = [b"1\n", b"ABC0000001\n"];
    for count in 0..=2 {
        let given = &answers[..count];
        let ran = through_pipe(&root, &given.concat());
        assert_eq!(ran.code, 1);
        assert_failed(&ran.stderr, "the input ended before the answer");
        for (byte, reason) in [
            (b"\x04", "the input ended before the answer"),
            (b"\x03", "interrupted"),
        ] {
            let Some((code, screen)) = on_terminal(&root, &[given, &[byte]].concat()) else {
                return skip("no setsid");
            };
            assert_eq!(code, 1, "{screen}");
            // The reason has a line of its own.
            let (_, told) = screen.split_at(screen.find("\nclplcnsc: ").unwrap() + 1);
            assert_failed(told, reason);
        }
        assert_eq!(files(&root), before);
    }
}

#[test]
fn sigterm_fails_a_dialogue_through_a_pipe() {
    let root = Root::bare();
    let mut child = root.command("clplcnsc");
    child
        .args(["-i", "-p", "ISAG10"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut asked = vec![0; CHOICE.len()];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut asked)
        .unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    // Held open until the end: no end of the input.
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(output.status.code(), Some(1));
    assert_failed(&String::from_utf8_lossy(&output.stderr), "interrupted");
}
