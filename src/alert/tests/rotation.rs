//! Ten processes that share the logs: no line is lost, torn or doubled, and the logs stay within their bounds.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test counts lines and bytes of its own"
)]

use super::super::testing::{Dir, again, inside, succeed};
use super::super::*;
use crate::sys::clock;
use clp_isa_core::event::Failure;
use clp_isa_core::limits::{LINE_MAX, LOG_MAX, LOG_REFUSED};
use core::time::Duration;
use nix::poll::poll;
use std::fs;
use std::process::Child;

/// How long the writers may take: far above what they need on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);
const WRITERS: usize = 10;
/// Lines that each writer keeps for the end.
const LAST: usize = 5;

/// Which log is written.
#[derive(Clone, Copy)]
enum Log {
    Failure,
    Alert,
}

impl Log {
    fn name(self) -> &'static str {
        match self {
            Self::Failure => "httpmon.log",
            Self::Alert => "isa_alert.log",
        }
    }

    fn write(self, alert: &mut Alert, writer: usize, index: usize) {
        match self {
            Self::Failure => alert.record(clock::wall(), format_args!("{}", text(writer, index))),
            Self::Alert => {
                let event = Event::from(Failure::InvalidStatus(index.try_into().unwrap()));
                alert.raise(event, clock::wall(), clock::now());
            }
        }
    }

    /// The writer and the number of a line, which must be whole.
    #[track_caller]
    fn parse(self, line: &str) -> (usize, usize) {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
        let found = match self {
            Self::Failure => line.split_once(": ").and_then(|(head, rest)| {
                let mut words = rest.trim_start_matches('<').split(' ');
                let (writer, index) = (number(words.next())?, number(words.next())?);
                let (time, shown) = head.split_at_checked(23)?;
                let pid = shown
                    .strip_prefix(" [")?
                    .strip_suffix(&format!("] w{writer}"));
                number(pid)?;
                let is_whole =
                    is_time(time, "0000/00/00 00:00:00.000") && rest == text(writer, index);
                is_whole.then_some((writer, index))
            }),
            Self::Alert => line.rsplit_once("[ID:w").and_then(|(head, id)| {
                let writer = number(id.strip_suffix(']'))?;
                let (_, code) = head.rsplit_once("code[")?;
                let index = number(code.strip_suffix("]). "))?;
                let event = Event::from(Failure::InvalidStatus(index.try_into().ok()?));
                let fields: Vec<_> = line.split('\t').collect();
                let is_whole = fields.len() == 6
                    && is_time(fields[0], "0000/00/00 00:00:00")
                    && fields[1] == fields[0]
                    && (fields[3], fields[4]) == ("httpmon", "83")
                    && fields[5]
                        == event
                            .message(Protocol::Http, &format!("w{writer}"))
                            .as_str();
                is_whole.then_some((writer, index))
            }),
        };
        found.unwrap_or_else(|| panic!("not a whole line: {line:?}"))
    }
}

fn is_time(text: &str, shape: &str) -> bool {
    text.replace(|c: char| c.is_ascii_digit(), "0") == shape
}

/// A text that shows where it was torn.
fn text(writer: usize, index: usize) -> String {
    format!("<{writer} {index} {}>", "x".repeat(80 | index & 31))
}

/// Waits until `condition` holds, looking every few milliseconds.
#[track_caller]
fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = clock::now();
    while !condition() {
        assert!(
            clock::now().since(start) < PATIENCE,
            "still waiting for {what}"
        );
        poll(&mut [], 3_u8).unwrap();
    }
}

fn paths(root: &Path) -> Paths {
    Paths::new(Some(root.into()))
}

fn open(root: &Path, writer: usize) -> Alert {
    let shown = format!("w{writer}");
    Alert::open(&paths(root), Protocol::Http, &shown, std::process::id())
}

/// One of the ten, when the tests below run this program again; nothing otherwise.
#[test]
fn as_one_of_ten_writers() {
    let Some(root) = inside() else {
        return;
    };
    let variable = |name: &str| std::env::var(name).unwrap();
    let writer: usize = variable("WRITER").parse().unwrap();
    let count: usize = variable("COUNT").parse().unwrap();
    let log = match variable("LOG").as_str() {
        "httpmon.log" => Log::Failure,
        _ => Log::Alert,
    };
    let mut alert = open(&root, writer);
    for (phase, numbers) in [0..count, count..count + LAST].into_iter().enumerate() {
        fs::write(root.join(format!("ready{phase}-{writer}")), "").unwrap();
        wait_for("the others", || root.join(format!("go{phase}")).exists());
        for index in numbers {
            log.write(&mut alert, writer, index);
        }
    }
    // The daemon is nowhere: that is the one thing that is lost.
    let lost = alert.lost();
    assert_eq!(
        [Sink::AlertLog, Sink::FailureLog, Sink::Clplogcmd].map(|sink| *lost.of(sink)),
        [0; 3]
    );
}

fn start_writer(root: &Path, log: Log, writer: usize, count: usize) -> Child {
    again("tests::rotation::as_one_of_ten_writers", "", root)
        .env("WRITER", writer.to_string())
        .env("COUNT", count.to_string())
        .env("LOG", log.name())
        .spawn()
        .unwrap()
}

/// There are two generations at most, none over its bound.
fn assert_bounded(root: &Path, log: Log) {
    let mut generations = 0;
    for entry in fs::read_dir(paths(root).log_dir()).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with(log.name()) {
            generations += 1;
            // It may have been renamed since.
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            assert!(size <= LOG_REFUSED, "{name} has {size} bytes");
        }
    }
    // A reader of the directory may see one file under both of its names.
    assert!(generations <= 3, "{generations} generations");
}

/// Ten processes write `bytes` bytes to a log at once, and when all are done a few lines more. Gives how many lines each
/// wrote, and the lines that are left, those of the older generation first.
fn ten_writers(root: &Path, log: Log, bytes: u64) -> (usize, Vec<(usize, usize)>) {
    let sample = Dir::new();
    log.write(&mut open(sample.path(), 0), 0, 100);
    let sample = paths(sample.path()).log_dir().join(log.name());
    let line = fs::metadata(sample).unwrap().len();
    let count = usize::try_from(bytes / line).unwrap() / WRITERS;

    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| start_writer(root, log, writer, count))
        .collect();
    for phase in 0..2 {
        wait_for("the writers", || {
            assert_bounded(root, log);
            (0..WRITERS).all(|writer| root.join(format!("ready{phase}-{writer}")).exists())
        });
        fs::write(root.join(format!("go{phase}")), "").unwrap();
    }
    writers.into_iter().for_each(succeed);
    assert_bounded(root, log);

    let (new, old) = generations(root, log);
    assert!(
        old.len() as u64 + LINE_MAX as u64 >= LOG_MAX,
        "rotated too early"
    );
    let text = old + &new;
    assert!(text.ends_with('\n'));
    // A writer that sees another's line half-way may put a line end in front of its own.
    let lines = text.lines().filter(|line| !line.is_empty());
    (count + LAST, lines.map(|line| log.parse(line)).collect())
}

fn generations(root: &Path, log: Log) -> (String, String) {
    let read = |name: &str| fs::read_to_string(paths(root).log_dir().join(name)).unwrap();
    (read(log.name()), read(&format!("{}.1", log.name())))
}

#[test]
fn one_rotation_under_ten_writers_loses_no_line() {
    for log in [Log::Failure, Log::Alert] {
        let root = Dir::new();
        let (count, mut lines) = ten_writers(root.path(), log, LOG_MAX + LOG_MAX / 2);
        lines.sort();
        let expected = (0..WRITERS).flat_map(|writer| (0..count).map(move |index| (writer, index)));
        assert!(
            lines.into_iter().eq(expected),
            "{} has other lines",
            log.name()
        );
    }
}

#[test]
fn many_rotations_under_ten_writers_tear_no_line() {
    for log in [Log::Failure, Log::Alert] {
        let root = Dir::new();
        let (count, lines) = ten_writers(root.path(), log, 8 * LOG_MAX);
        for writer in 0..WRITERS {
            let ours = lines.iter().filter(|(of, _)| *of == writer);
            let ours: Vec<_> = ours.map(|(_, index)| *index).collect();
            // The newest lines without a gap, in their order.
            assert!(ours.len() >= LAST, "writer {writer}: {ours:?}");
            assert!(
                ours.iter().copied().eq(count - ours.len()..count),
                "writer {writer}: {ours:?}"
            );
        }
    }
}
