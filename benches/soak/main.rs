//! Many monitors for a long time: no false end, every dead service found within its bound, memory and descriptors flat,
//! nothing lost without a word on the way to syslog.
//!
//! `cargo bench --bench soak -- SECONDS` (60 without a number). One hundred monitors with `-i 1 -r 2 -c 2`, each with a
//! service of its own: 60 healthy in different ways, 20 that fail now and then but never three times in a row, 20 that
//! live for a while, die, and live again for the next monitor.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench waits, reads clocks and stops at the first surprise"
)]

mod node;
mod service;
#[path = "../../tests/e2e/support/store.rs"]
mod store;

use node::{Node, Watch};
use service::Kind;
use std::io::Write;
use std::time::{Duration, Instant};

/// What a monitor is started with; the bound follows from it.
const INTERVAL: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(2);
const RETRIES: u32 = 2;
/// Lateness of a verdict that fails the run, far above what an idle machine shows.
const TOO_LATE: Duration = Duration::from_millis(1000);
/// A turn of this bench's own loop that is longer than this tells that the machine stood still.
const LONG_TURN: Duration = Duration::from_millis(100);
/// How often the failure logs are looked at for losses: they are rotated every few minutes.
const LOOK: Duration = Duration::from_secs(30);

fn say(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// How long the turns of this bench's own loop took: what a plain sleeper on this machine sees beside the monitors.
struct Turns {
    began: Instant,
    longest: Duration,
    /// When the last long one ended, and how long it was.
    long: Option<(Instant, Duration)>,
}

impl Turns {
    fn next(&mut self) {
        let (now, took) = (Instant::now(), self.began.elapsed());
        self.began = now;
        self.longest = self.longest.max(took);
        if took > LONG_TURN {
            self.long = Some((now, took));
        }
    }

    /// How long the machine stood still after `first`: a monitor does too, and this bench may look before it.
    fn stood_still(&self, first: Instant) -> Duration {
        let stood = self.long.filter(|long| long.0 > first);
        stood.map_or(Duration::ZERO, |long| long.1)
    }
}

/// The monitors that found their services dead.
#[derive(Default)]
struct Found {
    count: usize,
    latest: Duration,
    /// Those that were later because the process was not run and repeated its check (README, "Void checks").
    excused: usize,
    latest_excused: Duration,
}

impl Found {
    fn add(&mut self, late: Duration) {
        self.count += 1;
        let (latest, excused) = if late < TOO_LATE {
            (&mut self.latest, 0)
        } else {
            (&mut self.latest_excused, 1)
        };
        *latest = late.max(*latest);
        self.excused += excused;
    }
}

/// How late the verdict is at `now` over a service that failed at `first`. More than the machine is to blame for fails
/// the run.
fn lateness(
    node: &Node,
    watch: &Watch,
    turns: &Turns,
    (first, now): (Instant, Instant),
) -> Duration {
    let late = now.saturating_duration_since(first + watch.service.bound());
    if late >= TOO_LATE {
        let excuse = turns.stood_still(first) + node.not_run(watch);
        assert!(
            late < TOO_LATE + excuse,
            "missed: {late:?} late, {excuse:?} of it excused, longest turn {:?}, {watch:?}\n{}",
            turns.longest,
            node.told_of(watch)
        );
    }
    late
}

fn main() {
    let arguments = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench");
    let seconds = arguments.map_or(60, |text| text.parse().expect("seconds"));
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut node = Node::new();
    let mut watches: Vec<Watch> = (0..100)
        .map(|number| Watch::new(&node, number, Kind::of(number)))
        .collect();
    // After the first checks everything is in place.
    let warm = Instant::now() + (until - Instant::now()) / 10;
    let (mut before, mut found, mut starts) = (None, Found::default(), watches.len());
    let mut look = Instant::now();
    let mut turns = Turns {
        began: look,
        longest: Duration::ZERO,
        long: None,
    };
    while Instant::now() < until {
        turns.next();
        if look.elapsed() > LOOK {
            look = Instant::now();
            node.told_lost();
        }
        std::thread::sleep(Duration::from_millis(5));
        for watch in &mut watches {
            if let Some((code, ended)) = watch.ended() {
                let died = watch.service.first_failure();
                let (Some(first), 1) = (died, code) else {
                    panic!("a false end: {watch:?} with {code}, {died:?}");
                };
                found.add(lateness(&node, watch, &turns, (first, ended)));
                starts += 1;
                watch.restart(&node);
            }
            if let Some(first) = watch.service.first_failure() {
                lateness(&node, watch, &turns, (first, Instant::now()));
            }
        }
        if before.is_none() && Instant::now() > warm {
            before = Some(node::usage(&watches));
        }
    }
    let (after, before) = (node::usage(&watches), before.unwrap_or_default());
    let checks: usize = watches.iter().map(|watch| watch.service.checks()).sum();
    // A service that died just now may end its monitor before the request does.
    let running = watches
        .into_iter()
        .map(Watch::stop)
        .filter(|&on| on)
        .count();
    found.count += starts - found.count - running;
    let heard = node.events();
    say(format_args!(
        "{seconds} s, {starts} monitors started, {checks} checks"
    ));
    say(format_args!(
        "false ends 0, dead services found {}, missed 0, largest lateness {} ms, longest turn of this bench {} ms",
        found.count,
        found.latest.as_millis(),
        turns.longest.as_millis()
    ));
    say(format_args!(
        "of these later because the monitor was not run: {}, the largest lateness {} ms",
        found.excused,
        found.latest_excused.as_millis()
    ));
    let (memory, descriptors) = (after.0 - before.0, after.1 - before.1);
    say(format_args!(
        "grown since a tenth of the time: {memory} KiB at most, {descriptors} descriptors at most"
    ));
    let told = node.told_lost();
    say(format_args!(
        "alerts heard: {} of {starts} starts, {} of {} ends by failure, {} of {running} stops; told to be lost: {told}",
        heard[1], heard[6], found.count, heard[3]
    ));
    // The daemon's queue holds ten datagrams, and nobody waits for it: what it does not take must be told.
    let missing = (starts + found.count + running) - (heard[1] + heard[6] + heard[3]);
    assert!(missing <= told, "{missing} lost, {told} told");
    assert!(memory <= 64 && descriptors <= 0, "not flat");
}
