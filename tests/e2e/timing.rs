//! When checks start and when a monitor gives up, in real seconds: `-i 1`. Every row of the timeline on virtual time
//! is in `monitor`'s own tests.
//!
//! Lower bounds are exact and counted from a moment before the monitor was started; upper bounds are counted from
//! a moment when it was seen to be watching (event 2, the first accept), and have [`SLACK`].

use crate::support::server::{Conversation, RefusingPort, Server};
use crate::support::{Monitor, Root, rows, wait_for};
use std::panic::{catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What being scheduled late may add on a loaded machine: to the monitor's wakes and end, and to the test's notice.
const SLACK: Duration = Duration::from_millis(400);

/// What a server does with the n-th connection, counted from 0.
type Script = fn(usize, &mut Conversation);

/// A monitor of a server that notes when it accepts.
struct Watched {
    root: Root,
    before: Instant,
    watching: Instant,
    monitor: Monitor,
    accepts: Arc<Mutex<Vec<Instant>>>,
    #[expect(dead_code, reason = "holds the port")]
    refusing: Option<RefusingPort>,
}

impl Watched {
    fn start(script: Script, arguments: &[&str]) -> Self {
        let accepts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&accepts);
        let server = Server::start(move |conversation| {
            let mut seen = seen.lock().unwrap();
            seen.push(Instant::now());
            let number = seen.len() - 1;
            drop(seen);
            script(number, conversation);
        });
        Self::at(&server.port(), accepts, arguments)
    }

    /// Nobody listens.
    fn refused(arguments: &[&str]) -> Self {
        let refusing = RefusingPort::new();
        let port = refusing.port();
        Self {
            refusing: Some(refusing),
            ..Self::at(&port, Arc::default(), arguments)
        }
    }

    fn at(port: &str, accepts: Arc<Mutex<Vec<Instant>>>, arguments: &[&str]) -> Self {
        let root = Root::new();
        let mut all = vec!["t", "-s", "127.0.0.1", "-n", port, "-i", "1"];
        all.extend(arguments);
        let before = Instant::now();
        let monitor = root.start(&all);
        Self {
            root,
            before,
            watching: Instant::now(),
            monitor,
            accepts,
            refusing: None,
        }
    }

    /// Waits for the end: that of a failed service, no earlier than `least` and no later than `most` after the start.
    #[track_caller]
    fn ends_between(&mut self, least: u64, most: u64) {
        let code = self.monitor.code();
        let (at_most, elapsed) = (self.before.elapsed(), self.watching.elapsed());
        assert_eq!(code, 1, "{:?}", self.root.alerts());
        assert!(at_most >= Duration::from_secs(least), "early: {at_most:?}");
        let most = Duration::from_secs(most) + SLACK;
        assert!(elapsed <= most, "late: {elapsed:?}");
    }

    /// The alerts are event 1, event 2, these, and event 6.
    #[track_caller]
    fn alerted(&self, failures: &[&str]) {
        let texts: Vec<String> = self.root.alerts().into_iter().map(|a| a.text).collect();
        let mut wanted = vec![
            "clp_httpmon started monitoring the HTTP daemon. [ID:t]".to_owned(),
            "clp_httpmon will start monitoring the HTTP daemon. [ID:t]".to_owned(),
        ];
        wanted.extend(
            failures
                .iter()
                .map(|failure| format!("clp_httpmon has detected {failure}. [ID:t]")),
        );
        wanted.push("clp_httpmon detected an error and will be terminated. [ID:t]".to_owned());
        assert_eq!(texts, wanted);
    }

    /// The failure log's lines hold these, one each, in this order.
    #[track_caller]
    fn logged(&self, wanted: &[&str]) {
        let lines = self.root.check_lines();
        let fits = lines.len() == wanted.len()
            && lines
                .iter()
                .zip(wanted)
                .all(|(line, part)| line.contains(part));
        assert!(fits, "{lines:#?} instead of {wanted:?}");
    }

    /// Waits for `grid.len()` accepts; the n-th came at the n-th of these moments, in milliseconds of the grid.
    #[track_caller]
    fn accepted_at(&self, grid: &[u64]) {
        let accepts = wait_for("the checks", || {
            let accepts = self.accepts.lock().unwrap().clone();
            (accepts.len() >= grid.len()).then_some(accepts)
        });
        // The grid's origin lies between the two.
        let (earliest, latest) = (self.before, accepts[0]);
        for (accept, point) in accepts.iter().zip(grid) {
            let point = Duration::from_millis(*point);
            let times: Vec<Duration> = accepts.iter().map(|a| *a - self.before).collect();
            assert!(*accept >= earliest + point, "before {point:?}: {times:?}");
            assert!(
                *accept <= latest + point + SLACK,
                "late: long after {point:?}: {times:?}"
            );
        }
    }

    /// Up to now the monitor is alive and has nothing to say.
    #[track_caller]
    fn is_silent(&mut self) {
        assert!(self.monitor.is_running());
        assert_eq!(self.root.ids(), [1, 2]);
        self.logged(&[]);
    }
}

const REFUSED: &str = "network error (connect error[111])";
const NO_ANSWER: &str = "network error (select error[110])";
const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

fn answer(conversation: &mut Conversation, code: u16) {
    conversation.read_request();
    conversation.send(format!("HTTP/1.1 {code} X\r\n\r\n").as_bytes());
    conversation.read_to_end();
}

fn never_answer(_: usize, conversation: &mut Conversation) {
    conversation.read_to_end();
}

/// A good answer after `time`.
fn answer_after(conversation: &mut Conversation, time: Duration) {
    conversation.read_request();
    std::thread::sleep(time);
    conversation.send(GOOD);
    conversation.read_to_end();
}

/// `INTERVAL × RETRIES` after the first failed check, and not much later.
fn refused_with_one_retry() {
    let mut watched = Watched::refused(&["-c", "1", "-r", "1"]);
    watched.ends_between(1, 1);
    watched.alerted(&[REFUSED, REFUSED]);
    watched.logged(&["check failed, try 1/2, connecting", "try 2/2, "]);
}

/// A failure like the one before is alerted again before event 6 only.
fn refused_with_two_retries() {
    let mut watched = Watched::refused(&["-c", "2", "-r", "1"]);
    watched.ends_between(2, 2);
    watched.alerted(&[REFUSED, REFUSED]);
    watched.logged(&["try 1/3, ", "try 2/3, ", "try 3/3, "]);
}

/// A long TIMEOUT changes nothing for a service that fails at once.
fn refused_with_a_long_timeout() {
    let mut watched = Watched::refused(&["-c", "1", "-r", "10000"]);
    watched.ends_between(1, 1);
}

/// `RETRIES × max(INTERVAL, TIMEOUT) + TIMEOUT`, reached exactly: every check takes its whole time.
fn no_answer() {
    let mut watched = Watched::start(never_answer, &["-c", "1", "-r", "1"]);
    watched.ends_between(2, 2);
    watched.alerted(&[NO_ANSWER, NO_ANSWER]);
    watched.accepted_at(&[0, 1000]);
    assert_eq!(watched.accepts.lock().unwrap().len(), 2);
}

/// The next check waits for the end of the one before.
fn no_answer_and_a_timeout_over_the_interval() {
    let mut watched = Watched::start(never_answer, &["-c", "1", "-r", "2"]);
    watched.ends_between(4, 4);
    watched.alerted(&[NO_ANSWER, NO_ANSWER]);
    watched.accepted_at(&[0, 2000]);
    assert_eq!(watched.accepts.lock().unwrap().len(), 2);
}

/// A failure that differs from the one before is alerted, one that does not is not.
fn failures_that_differ() {
    let script: Script = |number, conversation| match number {
        0 | 1 => answer(conversation, 404),
        2 => answer(conversation, 500),
        3 => {
            conversation.read_request();
            conversation.send(b"+OK\r\n");
            conversation.read_to_end();
        }
        _ => answer(conversation, 500),
    };
    let mut watched = Watched::start(script, &["-c", "4", "-r", "1", "-h", "/x"]);
    watched.ends_between(4, 4);
    watched.alerted(&[
        "an error in HTTP (invalid status code[404])",
        "an error in HTTP (invalid status code[500])",
        "an error in HTTP (invalid response)",
        "an error in HTTP (invalid status code[500])",
    ]);
    watched.logged(&[
        "try 1/5, ",
        "try 2/5, ",
        "try 3/5, ",
        "try 4/5, ",
        "try 5/5, ",
    ]);
}

/// One healthy check clears the count, on the last retry too; the next streak is alerted like a first one.
fn recovery_on_the_last_retry() {
    let script: Script = |number, conversation| {
        answer(conversation, if number == 2 { 200 } else { 503 });
    };
    let mut watched = Watched::start(script, &["-c", "2", "-r", "1", "-h", "/x"]);
    watched.ends_between(5, 5);
    watched.alerted(&["an error in HTTP (invalid status code[503])"; 3]);
    watched.logged(&[
        "check failed, try 1/3, ",
        "check failed, try 2/3, ",
        "check healthy again after 2 failed, ",
        "check failed, try 1/3, ",
        "check failed, try 2/3, ",
        "check failed, try 3/3, ",
    ]);
    watched.accepted_at(&[0, 1000, 2000, 3000, 4000, 5000]);
}

/// One connection an interval, on a grid that answers do not move, and nothing to say.
fn healthy_and_slow() {
    let script: Script = |_, conversation| answer_after(conversation, Duration::from_millis(300));
    let mut watched = Watched::start(script, &["-c", "1", "-r", "10"]);
    watched.accepted_at(&[0, 1000, 2000, 3000, 4000]);
    watched.is_silent();
}

/// A check that overruns delays the next one to its own end; the grid points in between are not made up.
fn skipped_grid_points() {
    let script: Script = |number, conversation| {
        let time = if number == 0 { 2500 } else { 0 };
        answer_after(conversation, Duration::from_millis(time));
    };
    let mut watched = Watched::start(script, &["-c", "1", "-r", "10"]);
    watched.accepted_at(&[0, 2500, 3000, 4000, 5000]);
    watched.is_silent();
}

#[test]
fn timelines() {
    let rows: Vec<(&str, fn())> = vec![
        ("refused, -c 1", refused_with_one_retry),
        ("refused, -c 2", refused_with_two_retries),
        ("refused, -r 10000", refused_with_a_long_timeout),
        ("no answer, -r 1", no_answer),
        ("no answer, -r 2", no_answer_and_a_timeout_over_the_interval),
        ("failures that differ", failures_that_differ),
        ("recovery on the last retry", recovery_on_the_last_retry),
        ("healthy and slow", healthy_and_slow),
        ("skipped grid points", skipped_grid_points),
    ];
    rows::run(rows.len(), &rows, |row| row.0.into(), |row| in_time(row.1));
}

/// Runs a timeline again, twice at most, if all that is wrong is that something was late: a machine may have been busy
/// elsewhere, a monitor that is late is so each time. Anything else that is wrong is wrong at once.
fn in_time(timeline: fn()) {
    for _ in 0..2 {
        match catch_unwind(timeline) {
            Ok(()) => return,
            Err(panic) => {
                let message = panic.downcast_ref::<String>();
                if !message.is_some_and(|message| message.starts_with("late: ")) {
                    resume_unwind(panic);
                }
            }
        }
    }
    timeline();
}
