//! A monitor's life: claiming, verbs, signals, consoles, what lies on disk, and who may command.

mod clean_up;
mod hostile;
mod node;
mod place;
mod prefix;

use super::support::run::{Entry, Ran, finish};
use super::support::server::{RefusingPort, Server};
use super::support::{Monitor, Root, is_root, rows, skip, wait_for};
use clp_isa::limits::{CONTROL_CLIENTS, CONTROL_TIME};
use nix::sys::signal::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What a machine busy with all the other tests may add to a time that the contract bounds.
const SLACK: Duration = Duration::from_secs(4);

const VERBS: [&str; 5] = ["--disp", "--del", "--stop", "--pause", "--resume"];

/// A server that accepts and never says a word: one check hangs for as long as TIMEOUT lets it.
fn mute() -> Server {
    Server::start(|conversation| {
        conversation.read_to_end();
    })
}

/// The arguments of a monitor whose first check hangs for hours.
fn hanging<'a>(identifier: &'a str, port: &'a str) -> Vec<&'a str> {
    vec![
        identifier,
        "-s",
        "127.0.0.1",
        "-n",
        port,
        "-r",
        "10000",
        "-i",
        "10000",
    ]
}

fn kill(monitor: &mut Monitor) {
    monitor.signal(Signal::SIGKILL);
    wait_for("the killed process' end", || {
        monitor.child.try_wait().unwrap().map(drop)
    });
}

/// Waits until the alerts are these. A monitor answers a command before it has written the event.
#[track_caller]
fn wait_for_ids(root: &Root, expected: &[u8]) {
    wait_for(&format!("alerts {expected:?}"), || {
        let ids = root.ids();
        assert!(
            expected.starts_with(&ids),
            "{ids:?} instead of {expected:?}"
        );
        (ids == expected).then_some(())
    });
}

fn silent(code: i32) -> Ran {
    Ran {
        code,
        stdout: String::new(),
        stderr: String::new(),
    }
}

fn said(code: i32, stderr: &str) -> Ran {
    Ran {
        stderr: format!("clp_httpmon: {stderr}\n"),
        ..silent(code)
    }
}

/// Waits until `count` more checks were begun than now.
#[track_caller]
fn wait_for_checks(server: &Server, count: usize) {
    let before = server.requests().len();
    wait_for("further checks", || {
        (server.requests().len() >= before + count).then_some(())
    });
}

/// Record and socket are gone.
fn assert_nothing_left(root: &Root, identifier: &str) {
    assert!(!root.record(identifier).exists());
    assert_eq!(root.sockets(), Vec::<String>::new());
}

#[test]
fn of_two_racing_starts_one_wins() {
    let root = Root::new();
    let port = RefusingPort::new();
    let port = port.port();
    let arguments = ["race", "-s", "127.0.0.1", "-n", &port, "-c", "10000"];
    for round in 1..=50 {
        let barrier = Barrier::new(2);
        let begin = || {
            barrier.wait();
            root.spawn(&arguments)
        };
        let (mut first, mut second) = std::thread::scope(|scope| {
            let other = scope.spawn(begin);
            (begin(), other.join().unwrap())
        });
        let first_lost = wait_for("one of them to lose", || {
            match (first.is_running(), second.is_running()) {
                (true, true) => None,
                (false, true) => Some(true),
                (true, false) => Some(false),
                (false, false) => panic!("round {round}: nobody won"),
            }
        });
        let (loser, winner) = if first_lost {
            (&mut first, &mut second)
        } else {
            (&mut second, &mut first)
        };
        let expected = "clp_httpmon: The specified identifier is already used. [ID:race]\n\
                        clp_httpmon: the identifier is in use\n";
        let ran = finish(loser);
        assert_eq!(
            ran,
            Ran {
                stderr: expected.into(),
                ..silent(3)
            },
            "round {round}"
        );
        wait_for("the winner's event 2", || {
            (root.starts("race") == round).then_some(())
        });
        assert_eq!(root.ids().iter().filter(|id| **id == 14).count(), round);
        let record = fs::read_to_string(root.record("race")).unwrap();
        assert!(
            record.contains(&format!("pid {}\n", winner.pid())),
            "{record}"
        );
        assert_eq!(root.sockets(), ["race"]);
        // Every other round begins with what a killed monitor left.
        if round % 2 == 0 {
            kill(winner);
        } else {
            winner.signal(Signal::SIGTERM);
            assert_eq!(winner.code(), 0, "round {round}");
        }
    }
}

#[test]
fn a_killed_monitor_starts_again_at_once() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    for _ in 0..5 {
        let mut killed = root.start_as("clp_httpmon", &hanging("web", &port));
        kill(&mut killed);
        assert!(root.record("web").exists());
        assert_eq!(root.sockets(), ["web"]);
        let again = root.start_as("clp_httpmon", &hanging("web", &port));
        assert_eq!(root.sockets(), ["web"], "the killed one's is replaced");
        let shown = root.run(&["web", "--disp"]).stdout;
        assert_eq!(shown, format!("{}\n", again.pid()));
        assert_eq!(root.run(&["web", "--stop"]).code, 0);
        assert_nothing_left(&root, "web");
    }
    assert!(!root.ids().contains(&14));
}

/// How there is a monitor `web` when a verb comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Dead,
    /// Nothing has ever run.
    Unknown,
    /// A live one under another identifier, `WEB`.
    Other,
}

/// What is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Everything,
    Nothing,
}

#[test]
fn every_verb_on_a_live_dead_and_unknown_monitor() {
    use Left::{Everything, Nothing};
    use State::{Dead, Live, Other, Unknown};
    const GONE: &str = "the monitor \"web\" is not running";
    let running = "the monitor \"web\" is running: stop it first";
    let rows = [
        (Live, "--disp", silent(0), Everything, &[][..]),
        (Live, "--del", said(5, running), Everything, &[]),
        (Live, "--pause", silent(0), Everything, &[7]),
        (Live, "--resume", silent(0), Everything, &[]),
        (Live, "--stop", silent(0), Nothing, &[3]),
        (Dead, "--disp", said(6, GONE), Everything, &[]),
        (Dead, "--del", silent(0), Nothing, &[]),
        (Dead, "--pause", said(6, GONE), Everything, &[]),
        (Dead, "--resume", said(6, GONE), Everything, &[]),
        (Dead, "--stop", said(6, GONE), Everything, &[]),
        (Unknown, "--disp", said(6, GONE), Everything, &[]),
        (Unknown, "--del", said(6, GONE), Everything, &[]),
        (Unknown, "--pause", said(6, GONE), Everything, &[]),
        (Unknown, "--resume", said(6, GONE), Everything, &[]),
        (Unknown, "--stop", said(6, GONE), Everything, &[]),
        (Other, "--disp", said(6, GONE), Everything, &[]),
        (Other, "--del", said(6, GONE), Everything, &[]),
        (Other, "--pause", said(6, GONE), Everything, &[]),
        (Other, "--resume", said(6, GONE), Everything, &[]),
        (Other, "--stop", said(6, GONE), Everything, &[]),
    ];
    let server = mute();
    let port = server.port();
    rows::each(&rows, |(state, verb, expected, left, events)| {
        let root = Root::new();
        let context = format!("{verb} on {state:?}");
        let mut monitor = match state {
            Unknown => None,
            Live | Dead => Some(root.start_as("clp_httpmon", &hanging("web", &port))),
            Other => Some(root.start_as("clp_httpmon", &hanging("WEB", &port))),
        };
        let mut expected = expected.clone();
        if let Some(monitor) = &mut monitor {
            if *state == Dead {
                kill(monitor);
            }
            if *verb == "--disp" && *state != Other {
                expected.stdout = format!("{}\n", monitor.pid());
            }
        }
        let before = root.state();
        let ran = root.run_as("clp_httpmon", &["web", verb]);
        assert_eq!(ran, expected, "{context}");
        match left {
            Everything => assert_eq!(root.state(), before, "{context}"),
            Nothing => assert_nothing_left(&root, "web"),
        }
        let mut ids = if monitor.is_some() {
            vec![1, 2]
        } else {
            vec![]
        };
        ids.extend_from_slice(events);
        if let Some(monitor) = &mut monitor
            && *state != Dead
        {
            if *left == Everything {
                assert!(monitor.is_running(), "{context}");
                // After its end no further event can come.
                monitor.signal(Signal::SIGTERM);
                ids.push(3);
            }
            assert_eq!(finish(monitor), silent(0), "{context}");
        }
        assert_eq!(root.ids(), ids, "{context}");
    });
}

#[test]
fn pausing_drops_the_check_and_the_count_and_repeating_changes_nothing() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    for round in 1..=3 {
        for _ in 0..3 {
            assert_eq!(root.run_as("clp_httpmon", &["web", "--pause"]), silent(0));
        }
        // Dropped: the connection was closed.
        server.wait_for_end();
        for _ in 0..3 {
            assert_eq!(root.run_as("clp_httpmon", &["web", "--resume"]), silent(0));
        }
        wait_for_ids(&root, &[&[1, 2][..], &[7, 8].repeat(round)].concat());
    }
    assert_eq!(root.run_as("clp_httpmon", &["web", "--stop"]), silent(0));
    assert_eq!(root.ids(), [1, 2, 7, 8, 7, 8, 7, 8, 3]);
    let texts = root.alerts().into_iter().map(|alert| alert.text);
    let texts: Vec<String> = texts.skip(2).take(2).collect();
    assert_eq!(
        texts,
        [
            "clp_httpmon will stop monitoring. [ID:web]",
            "clp_httpmon will start monitoring. [ID:web]"
        ]
    );
    assert_eq!(monitor.code(), 0);

    let (root, port) = (Root::new(), RefusingPort::new());
    let port = port.port();
    let _monitor = root.start(&[
        "web",
        "-s",
        "127.0.0.1",
        "-n",
        &port,
        "-i",
        "1",
        "-c",
        "100",
    ]);
    let tries = |count: &str| {
        root.failure_log()
            .matches(&format!("try {count}/101"))
            .count()
    };
    wait_for("the second failure", || (tries("2") == 1).then_some(()));
    assert_eq!(root.run_as("clp_httpmon", &["web", "--pause"]), silent(0));
    assert_eq!(root.run_as("clp_httpmon", &["web", "--resume"]), silent(0));
    wait_for("a failure after that", || (tries("2") == 2).then_some(()));
    assert_eq!(tries("1"), 2);
}

#[test]
fn stop_during_a_hanging_check_is_immediate() {
    let server = mute();
    let port = server.port();
    for name in ["clp_httpmon", "clp_smtpmon"] {
        let root = Root::new();
        let mut monitor = root.start_as(name, &hanging("web", &port));
        let asked = Instant::now();
        assert_eq!(root.run_as(name, &["web", "--stop"]), silent(0));
        let took = asked.elapsed();
        assert_nothing_left(&root, "web");
        assert_eq!(finish(&mut monitor), silent(0));
        assert_eq!(root.ids(), [1, 2, 3]);
        let last = root.alerts().remove(2).text;
        assert!(
            last.starts_with(&format!("{name} will stop monitoring the ")),
            "{last}"
        );
        // The contract's second, on a machine that runs other tests beside.
        assert!(took < Duration::from_secs(1) + SLACK, "{took:?}");
    }
}

#[test]
fn stop_gives_a_stopped_process_the_time_of_wait_and_no_more() {
    let server = mute();
    let port = server.port();
    let rows = [
        ("clp_httpmon", None),
        ("clp_httpmon", Some(1)),
        ("clp_smtpmon", Some(3)),
    ];
    rows::each(&rows, |(name, wait)| {
        let root = Root::new();
        let mut monitor = root.start_as(name, &hanging("web", &port));
        monitor.signal(Signal::SIGSTOP);
        monitor.wait_until_stopped();
        let before = root.state();
        let word = wait.map(|wait: u64| wait.to_string());
        let arguments: Vec<&str> = ["web", "--stop"]
            .into_iter()
            .chain(word.as_deref())
            .collect();
        let asked = Instant::now();
        let ran = root.run_as(name, &arguments);
        let took = asked.elapsed();
        assert_eq!((ran.code, ran.stdout.as_str()), (7, ""), "{ran:?}");
        let text = format!("{name} could not perform the end processing. [ID:web]");
        assert!(
            ran.stderr.starts_with(&format!("{name}: {text}\n{name}: ")),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("did not end in time"), "{ran:?}");
        let wait = Duration::from_secs(wait.unwrap_or(10));
        assert!(
            took >= wait && took < wait + SLACK,
            "{arguments:?}: {took:?}"
        );
        assert_eq!(root.ids(), [1, 2, 15]);
        assert_eq!(root.alerts().remove(2).text, text);
        assert_eq!(root.state(), before);
        // It was asked, and obeys when it can.
        monitor.signal(Signal::SIGCONT);
        assert_eq!(finish(&mut monitor), silent(0));
        assert_nothing_left(&root, "web");
    });
}

#[test]
fn the_longest_identifier_through_every_verb() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let identifier = "Z9a".repeat(85);
    let id = identifier.as_str();
    let mut monitor = root.start_as("clp_httpmon", &hanging(id, &port));
    let pid = monitor.pid();
    let run = |verb: &str| root.run_as("clp_httpmon", &[id, verb]);
    let shown = |code| Ran {
        stdout: format!("{pid}\n"),
        ..silent(code)
    };
    assert_eq!(run("--disp"), shown(0));
    assert_eq!(run("--del").code, 5);
    assert_eq!(run("--pause"), silent(0));
    assert_eq!(run("--resume"), silent(0));
    wait_for_ids(&root, &[1, 2, 7, 8]);
    let second = root.run_as("clp_httpmon", &hanging(id, &port));
    assert_eq!(second.code, 3);
    assert_eq!(run("--stop"), silent(0));
    assert_eq!(monitor.code(), 0);
    assert_eq!(run("--disp").code, 6);
    assert_eq!(root.ids(), [1, 2, 7, 8, 14, 3]);
    for alert in root.alerts() {
        assert!(
            alert.text.ends_with(&format!(" [ID:{identifier}]")),
            "{alert:?}"
        );
    }
    let mut monitor = root.start_as("clp_httpmon", &hanging(id, &port));
    kill(&mut monitor);
    assert!(root.record(id).exists());
    let ran = run("--disp");
    assert_eq!((ran.code, ran.stdout), (6, format!("{}\n", monitor.pid())));
    assert_eq!(run("--del"), silent(0));
    assert_nothing_left(&root, id);
}

#[test]
fn one_identifier_over_both_commands() {
    let server = mute();
    let port = server.port();
    for (owner, other, module) in [
        ("clp_httpmon", "clp_smtpmon", "smtpmon"),
        ("clp_smtpmon", "clp_httpmon", "httpmon"),
    ] {
        let root = Root::new();
        let mut monitor = root.start_as(owner, &hanging("web", &port));
        let refused = Ran {
            stderr: format!("{other}: the identifier \"web\" belongs to a {owner} monitor\n"),
            ..silent(5)
        };
        let before = root.state();
        for verb in VERBS {
            assert_eq!(root.run_as(other, &["web", verb]), refused, "{verb} live");
        }
        let ran = root.run_as(other, &hanging("web", &port));
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
        let alert = root.wait_for_alert(14, 1);
        assert_eq!(alert.module, module);
        assert_eq!(
            alert.text,
            "The specified identifier is already used. [ID:web]"
        );
        assert!(
            ran.stderr
                .starts_with(&format!("{other}: {}\n", alert.text)),
            "{ran:?}"
        );
        assert_eq!((root.state(), root.ids()), (before.clone(), vec![1, 2, 14]));
        assert!(monitor.is_running());
        kill(&mut monitor);
        for verb in VERBS {
            assert_eq!(root.run_as(other, &["web", verb]), refused, "{verb} dead");
        }
        assert_eq!(root.state(), before);
        // Dead is not in use: nobody's `--del` is needed.
        let mut monitor = root.start_as(other, &hanging("web", &port));
        assert_eq!(root.sockets(), ["web"]);
        assert_eq!(root.run_as(other, &["web", "--stop"]), silent(0));
        assert_eq!(monitor.code(), 0);
    }
}
