//! What the verbs do to a monitor, and what they say.

use super::*;

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

/// A verb, what it says, what is left, and the events of the monitor.
type Row = (&'static str, Ran, Left, &'static [u8]);

fn each_verb(state: State, rows: &[Row; VERBS.len()]) {
    let server = mute();
    let port = server.port();
    rows::each(rows, |row| does_what_the_row_says(state, row, &port));
}

fn does_what_the_row_says(state: State, (verb, expected, left, events): &Row, port: &str) {
    use Left::{Everything, Nothing};
    use State::{Dead, Live, Other, Unknown};
    let root = Root::new();
    let context = format!("{verb} on {state:?}");
    let mut monitor = match state {
        Unknown => None,
        Live | Dead => Some(root.start_as("clp_httpmon", &hanging("web", port))),
        Other => Some(root.start_as("clp_httpmon", &hanging("WEB", port))),
    };
    let mut expected = expected.clone();
    if let Some(monitor) = &mut monitor {
        if state == Dead {
            monitor.kill();
        }
        if *verb == "--disp" && state != Other {
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
        && state != Dead
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
}

const GONE: &str = "the monitor \"web\" is not running";

/// No verb finds it, and none changes anything.
fn gone() -> [Row; VERBS.len()] {
    VERBS.map(|verb| (verb, said(6, GONE), Left::Everything, &[][..]))
}

#[test]
fn every_verb_on_a_live_monitor() {
    use Left::{Everything, Nothing};
    let running = "the monitor \"web\" is running: stop it first";
    each_verb(
        State::Live,
        &[
            ("--disp", silent(0), Everything, &[]),
            ("--del", said(5, running), Everything, &[]),
            ("--pause", silent(0), Everything, &[7]),
            ("--resume", silent(0), Everything, &[]),
            ("--stop", silent(0), Nothing, &[3]),
        ],
    );
}

#[test]
fn every_verb_on_a_dead_monitor() {
    let rows = gone().map(|row| match row {
        ("--del", ..) => ("--del", silent(0), Left::Nothing, &[][..]),
        row => row,
    });
    each_verb(State::Dead, &rows);
}

#[test]
fn every_verb_on_an_unknown_monitor() {
    each_verb(State::Unknown, &gone());
}

#[test]
fn every_verb_on_another_identifier() {
    each_verb(State::Other, &gone());
}

#[test]
fn pausing_drops_the_check_and_repeating_changes_nothing() {
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
}

#[test]
fn pausing_drops_the_count() {
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
    monitor.kill();
    assert!(root.record(id).exists());
    let ran = run("--disp");
    assert_eq!((ran.code, ran.stdout), (6, format!("{}\n", monitor.pid())));
    assert_eq!(run("--del"), silent(0));
    assert_nothing_left(&root, id);
}
