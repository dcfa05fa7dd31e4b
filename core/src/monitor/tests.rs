//! Timed transcripts: what a monitor does, to the millisecond of virtual time.
#![expect(clippy::arithmetic_side_effects, reason = "virtual time of a test")]

mod grid;
mod orders;
mod void;

use super::{Action, Exit, LogRecord, Monitor, State};
use crate::check::{
    Attempt, Call, Detail, Ending, LocalError, Outcome, Phase, Resolution, Step, Unresolved,
};
use crate::config::Timing;
use crate::errno::Errno;
use crate::event::{Event, Failure};
use crate::time::Instant;
use core::time::Duration;

/// How one check goes: how long it takes, and how it ends.
#[derive(Clone, Copy)]
struct Plan {
    takes: u64,
    ending: Ending,
    late: bool,
    resolution: Resolution,
}

const REFUSED: Failure = Failure::Connect(Errno(111));
const TIMED_OUT: Failure = Failure::Select(Errno(110));

fn plan(takes: u64, ending: Ending) -> Plan {
    Plan {
        takes,
        ending,
        late: false,
        resolution: Resolution::Fresh,
    }
}

fn healthy(takes: u64) -> Plan {
    plan(takes, Ending::Healthy)
}

fn failed(takes: u64, failure: Failure) -> Plan {
    plan(takes, Ending::Failed(failure))
}

fn void(errno: i32) -> Plan {
    plan(
        0,
        Ending::Void(LocalError {
            call: Call::Socket,
            errno: Errno(errno),
        }),
    )
}

fn late(takes: u64) -> Plan {
    Plan {
        late: true,
        ..failed(takes, TIMED_OUT)
    }
}

fn kept(plan: Plan) -> Plan {
    Plan {
        resolution: Resolution::Stale(Unresolved::Answer(-3)),
        ..plan
    }
}

#[derive(Clone, Copy)]
enum Op {
    Pause,
    Resume,
    Stop,
    Displace,
}

/// A monitor on virtual time. `plans` are used up check by check, the last one again and again.
struct Run {
    monitor: Monitor,
    plans: Vec<Plan>,
    checks: usize,
    ends: Option<u64>,
    now: u64,
    log: Vec<String>,
}

fn at(millis: u64) -> Instant {
    Instant::new(Duration::from_millis(1_000_000 + millis))
}

impl Run {
    fn new(interval: u64, retries: u16, plans: &[Plan]) -> Self {
        let timing = Timing {
            interval: Duration::from_secs(interval),
            retries,
            timeout: Duration::from_secs(10),
        };
        let plans = plans.to_vec();
        Self {
            monitor: Monitor::new(timing),
            plans,
            checks: 0,
            ends: None,
            now: 0,
            log: Vec::new(),
        }
    }

    fn plan(&self, check: usize) -> Plan {
        *self.plans.get(check).or(self.plans.last()).unwrap()
    }

    fn drain(&mut self) {
        while let Some(action) = self.monitor.poll_action() {
            let text = match action {
                Action::Check { excuse_late } => {
                    self.ends = Some(self.now + self.plan(self.checks).takes);
                    self.checks += 1;
                    format!("check{}", if excuse_late { "" } else { " without excuse" })
                }
                Action::Abort => {
                    self.ends = None;
                    "abort".into()
                }
                Action::Report(event) => format!("event {}", number(event)),
                Action::Log(note) => format!("note {}", words(note)),
                Action::Exit(Exit::Stopped) => "exit stopped".into(),
                Action::Exit(Exit::Failed) => "exit failed".into(),
                Action::Exit(Exit::Displaced) => "exit displaced".into(),
            };
            self.log.push(format!("{} {text}", self.now));
        }
    }

    /// Moves virtual time from deadline to deadline until `until`, applying `ops` on the way.
    fn go(mut self, ops: &[(u64, Op)], until: u64) -> Self {
        self.monitor.handle_start(at(0));
        self.drain();
        let mut ops = ops.to_vec();
        while self.monitor.state() != State::Ended {
            let op = ops.first().map(|(time, _)| *time);
            let due = self
                .monitor
                .poll_timeout()
                .map(|due| u64::try_from(due.since(at(0)).as_millis()).unwrap());
            let Some(next) = [op, due, self.ends]
                .into_iter()
                .flatten()
                .min()
                .filter(|next| *next <= until)
            else {
                break;
            };
            self.now = next;
            if self.ends == Some(next) {
                self.ends = None;
                self.end_check();
            } else if op == Some(next) {
                match ops.remove(0).1 {
                    Op::Pause => self.monitor.handle_pause(),
                    Op::Resume => self.monitor.handle_resume(at(next)),
                    Op::Stop => self.monitor.handle_stop(),
                    Op::Displace => self.monitor.handle_displaced(),
                }
            } else {
                self.monitor.handle_timeout(at(next));
            }
            self.drain();
            assert!(
                self.monitor.poll_timeout().is_none_or(|due| due > at(next)),
                "due in the past at {next}"
            );
        }
        self
    }

    fn end_check(&mut self) {
        let Plan {
            takes,
            ending,
            late,
            resolution,
        } = self.plan(self.checks - 1);
        let attempt = Attempt {
            ending,
            address: None,
            phase: Phase::Dialogue(Step::Answer),
            detail: Detail::default(),
        };
        let outcome = Outcome {
            attempt,
            late,
            resolution,
            elapsed: Duration::from_millis(takes),
        };
        self.monitor.handle_outcome(&outcome, at(self.now));
    }

    /// One line for each moment at which something was done.
    #[track_caller]
    fn expect(&self, transcript: &[&str]) {
        let mut got: Vec<String> = Vec::new();
        for line in &self.log {
            let (time, what) = line.split_once(' ').unwrap();
            match got
                .last_mut()
                .filter(|last| last.starts_with(&format!("{time}: ")))
            {
                Some(last) => last.extend([", ", what]),
                None => got.push(format!("{time}: {what}")),
            }
        }
        assert_eq!(got, transcript, "got:\n{}", got.join("\n"));
    }
}

fn number(event: Event) -> String {
    match event {
        Event::Failure(
            Failure::Connect(errno) | Failure::Select(errno) | Failure::Socket(errno),
        ) => {
            format!("{}[{errno}]", event.id())
        }
        _ => event.id().to_string(),
    }
}

fn words(note: LogRecord) -> String {
    match note {
        LogRecord::Failed { count, limit, .. } => format!("failed {count}/{limit}"),
        LogRecord::Recovered { count } => format!("recovered {count}"),
        LogRecord::Void(_) => "void".into(),
        LogRecord::VoidOver => "void over".into(),
        LogRecord::Late { count } => format!("late {count}"),
        LogRecord::NamesStale(why) => format!("names kept {}", number(why.event())),
        LogRecord::NamesFresh => "names fresh".into(),
    }
}

#[test]
fn recovery_on_the_last_retry_clears_the_count() {
    let bad = failed(0, REFUSED);
    Run::new(1, 2, &[bad, bad, healthy(0), bad, bad, bad])
        .go(&[], u64::MAX)
        .expect(&[
            "0: event 1, event 2, check, note failed 1/3, event 72[111]",
            "1000: check, note failed 2/3",
            "2000: check, note recovered 2",
            "3000: check, note failed 1/3, event 72[111]",
            "4000: check, note failed 2/3",
            "5000: check, note failed 3/3, event 72[111], event 6, exit failed",
        ]);
}

#[test]
fn a_failure_that_differs_is_alerted() {
    let plans = [
        failed(0, REFUSED),
        failed(0, TIMED_OUT),
        failed(0, TIMED_OUT),
        failed(0, REFUSED),
    ];
    Run::new(1, 4, &plans).go(&[], u64::MAX).expect(&[
        "0: event 1, event 2, check, note failed 1/5, event 72[111]",
        "1000: check, note failed 2/5, event 74[110]",
        "2000: check, note failed 3/5",
        "3000: check, note failed 4/5, event 72[111]",
        "4000: check, note failed 5/5, event 72[111], event 6, exit failed",
    ]);
}

#[test]
fn a_late_check_is_repeated_at_once_and_three_in_a_row_are_excused() {
    // A dead service on a node that is never in time is still found.
    Run::new(60, 1, &[late(11_000)]).go(&[], u64::MAX).expect(&[
        "0: event 1, event 2, check",
        "11000: note late 1, check",
        "22000: note late 2, check",
        "33000: note late 3, check without excuse",
        "44000: note failed 1/2, event 74[110]",
        "60000: check without excuse",
        "71000: note failed 2/2, event 74[110], event 6, exit failed",
    ]);
}

#[test]
fn a_check_in_time_renews_the_excuses() {
    let plans = [
        late(11_000),
        late(11_000),
        late(11_000),
        failed(0, REFUSED),
        late(11_000),
        healthy(0),
    ];
    Run::new(60, 3, &plans).go(&[], 75_000).expect(&[
        "0: event 1, event 2, check",
        "11000: note late 1, check",
        "22000: note late 2, check",
        "33000: note late 3, check without excuse, note failed 1/4, event 72[111]",
        "60000: check",
        "71000: note late 1, check, note recovered 1",
    ]);
}

#[test]
fn kept_names_are_alerted_once_an_outage_and_do_not_count() {
    Run::new(
        1,
        1,
        &[
            kept(healthy(0)),
            kept(healthy(0)),
            healthy(0),
            kept(failed(0, REFUSED)),
        ],
    )
    .go(&[], 3_000)
    .expect(&[
        "0: event 1, event 2, check, note names kept 81, event 81",
        "1000: check",
        "2000: check, note names fresh",
        "3000: check, note names kept 81, event 81, note failed 1/2, event 72[111]",
    ]);
}
