//! Who has an identifier: of two starts, after a death, and over both commands.

use super::*;

/// Which of two monitors that were started at the same moment lost, and which won: the other one runs on.
#[track_caller]
fn loser_and_winner(mut first: Monitor, mut second: Monitor) -> (Monitor, Monitor) {
    let first_lost = wait_for("one of them to lose", || {
        match (first.is_running(), second.is_running()) {
            (true, true) => None,
            (false, true) => Some(true),
            (true, false) => Some(false),
            (false, false) => panic!("nobody won"),
        }
    });
    if first_lost {
        (first, second)
    } else {
        (second, first)
    }
}

/// One test: every other round begins with what a killed monitor left, the others with what one left that was stopped.
#[test]
fn of_two_racing_starts_one_wins() {
    let root = Root::new();
    let port = RefusingPort::new();
    let port = port.port();
    let arguments = ["race", "-s", "127.0.0.1", "-n", &port, "-c", "10000"];
    let refused = said(
        3,
        "The specified identifier is already used. [ID:race]\nclp_httpmon: the identifier is in use",
    );
    for round in 1..=50 {
        let barrier = Barrier::new(2);
        let begin = || {
            barrier.wait();
            root.spawn(&arguments)
        };
        let (first, second) = std::thread::scope(|scope| {
            let other = scope.spawn(begin);
            (begin(), other.join().unwrap())
        });
        let (mut loser, mut winner) = loser_and_winner(first, second);
        assert_eq!(finish(&mut loser), refused, "round {round}");
        wait_for("the winner's event 2", || {
            (root.starts("race") == round).then_some(())
        });
        assert_eq!(root.ids().iter().filter(|id| **id == 14).count(), round);
        let record = fs::read_to_string(root.record("race")).unwrap();
        let pid = format!("pid {}\n", winner.pid());
        assert!(record.contains(&pid), "{record}");
        assert_eq!(root.sockets(), ["race"]);
        if round % 2 == 0 {
            winner.kill();
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
        killed.kill();
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

/// What the command `other` says to a monitor `web` that belongs to `owner`.
fn belongs_to(owner: &str, other: &str) -> Ran {
    Ran {
        stderr: format!("{other}: the identifier \"web\" belongs to a {owner} monitor\n"),
        ..silent(5)
    }
}

/// A command, the other one, and that one's module.
const COMMANDS: [[&str; 3]; 2] = [
    ["clp_httpmon", "clp_smtpmon", "smtpmon"],
    ["clp_smtpmon", "clp_httpmon", "httpmon"],
];

#[test]
fn a_live_monitors_identifier_is_not_the_other_commands() {
    let server = mute();
    let port = server.port();
    for [owner, other, module] in COMMANDS {
        let root = Root::new();
        let mut monitor = root.start_as(owner, &hanging("web", &port));
        let before = root.state();
        for verb in VERBS {
            assert_eq!(
                root.run_as(other, &["web", verb]),
                belongs_to(owner, other),
                "{verb}"
            );
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
        assert_eq!((root.state(), root.ids()), (before, vec![1, 2, 14]));
        assert!(monitor.is_running());
        assert_eq!(root.run_as(owner, &["web", "--stop"]), silent(0));
        assert_eq!(monitor.code(), 0);
        assert_eq!(root.ids(), [1, 2, 14, 3]);
    }
}

/// Dead is not in use: nobody's `--del` is needed before the other command takes it.
#[test]
fn a_dead_monitors_identifier_is_the_other_commands_for_a_start_alone() {
    let server = mute();
    let port = server.port();
    for [owner, other, _] in COMMANDS {
        let root = Root::new();
        root.start_as(owner, &hanging("web", &port)).kill();
        let before = root.state();
        for verb in VERBS {
            assert_eq!(
                root.run_as(other, &["web", verb]),
                belongs_to(owner, other),
                "{verb}"
            );
        }
        assert_eq!(root.state(), before);
        let mut monitor = root.start_as(other, &hanging("web", &port));
        assert_eq!(root.sockets(), ["web"]);
        assert_eq!(root.run_as(other, &["web", "--stop"]), silent(0));
        assert_eq!(monitor.code(), 0);
    }
}
