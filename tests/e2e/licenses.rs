//! Licenses: the gate at start, and what the days make of a trial.

mod crash;
mod damage;
mod dialogue;
mod uses;

use crate::support::run::finish;
use crate::support::server::Server;
use crate::support::{Monitor, Root, issue, wait_for};
use clp_isa_core::date::Date;
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::record::{Record, render_trial_file};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

/// Environment: the zone in which the local day is that of UTC.
const UTC: (&str, &str) = ("TZ", "UTC0");

fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// The day it is, so many hours east of Greenwich.
fn day(hours: i64) -> Date {
    Date::since_1970((seconds() + hours * 3600).div_euclid(86_400))
}

fn shift(day: Date, days: i64) -> Date {
    (0..days.abs()).fold(
        day,
        |day, _| if days > 0 { day.next() } else { day.previous() },
    )
}

/// Runs `rows` with the day of UTC; again, should midnight come in between.
fn on_one_day(rows: impl Fn(Date)) {
    loop {
        let today = day(0);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rows(today)));
        match outcome {
            Err(panic) if day(0) == today => std::panic::resume_unwind(panic),
            Err(_) => (),
            Ok(()) => return,
        }
    }
}

/// Puts a file of records into the store under another host's name.
fn plant(root: &Root, host: &str, records: &[Record]) -> PathBuf {
    crate::support::store::write(root.path(), host.as_ref(), records)
}

fn store(root: &Root) -> PathBuf {
    root.join("opt/nec/clusterpro/etc/isa/license")
}

/// What a start came to that was meant to end at once: one check of a port where nobody listens, or no check.
fn try_start(root: &Root, command: &str, zone: (&str, &str)) -> (i32, Vec<u8>, String) {
    let before = root.alerts().len();
    let output = root
        .command(command)
        .args(["web", "-s", "127.0.0.1", "-n", "1", "-c", "1", "-i", "1"])
        .env(zone.0, zone.1)
        .output()
        .unwrap();
    let ids = root.ids().split_off(before);
    (
        output.status.code().unwrap(),
        ids,
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The text of the last alert with this id.
fn text(root: &Root, id: u8) -> String {
    let alerts = root.alerts();
    alerts
        .iter()
        .rfind(|alert| alert.id == id)
        .unwrap()
        .text
        .clone()
}

/// The ids of a start that was let through.
const RAN: [u8; 5] = [1, 2, 72, 72, 6];

/// A trial from and to so many days from today leads to this event at a start of either command, whose text is made
/// of the command's name and the trial's first and last day.
fn a_trial_leads_to(days: &[(i64, i64)], event: u8, text_of: fn(&str, Date, Date) -> String) {
    on_one_day(|today| {
        for &(first, last) in days {
            let (first, last) = (shift(today, first), shift(today, last));
            let root = Root::bare();
            root.register("TRY0000001", Terms::Trial { first, last });
            for command in ["clp_httpmon", "clp_smtpmon"] {
                let (code, ids, stderr) = try_start(&root, command, UTC);
                let expected = text_of(command, first, last);
                if event == 52 {
                    assert_eq!(
                        (code, ids),
                        (1, [&[52], RAN.as_slice()].concat()),
                        "{stderr}"
                    );
                } else {
                    assert_eq!((code, ids), (4, vec![event]), "{stderr}");
                    assert!(
                        stderr.starts_with(&format!("{command}: {expected}\n")),
                        "{stderr}"
                    );
                    // Nothing was claimed.
                    assert!(!root.join("var").exists());
                }
                assert_eq!(text(&root, event), expected);
            }
        }
    });
}

#[test]
fn a_trial_before_its_first_day_is_event_55() {
    a_trial_leads_to(&[(1, 9)], 55, |_, first, _| {
        format!("The trial version license is effective from {first} (mm/dd/yyyy).")
    });
}

#[test]
fn a_trial_from_its_first_to_its_last_day_is_event_52() {
    let days = [(-9, 0), (0, 0), (0, 9), (-1, 1)];
    a_trial_leads_to(&days, 52, |command, _, last| match command {
        "clp_httpmon" => {
            format!("clp_httpmon trial version is effective till {last} (mm/dd/yyyy).")
        }
        _ => format!("Trial version of {command} is effective till {last} (mm/dd/yyyy)."),
    });
}

#[test]
fn a_trial_after_its_last_day_is_event_53() {
    a_trial_leads_to(&[(-9, -1)], 53, |_, _, last| {
        format!("The trial version license has expired in {last} (mm/dd/yyyy).")
    });
}

/// Fourteen hours east and twelve hours west of Greenwich it is never the same day.
#[test]
fn the_day_is_that_of_local_time() {
    let (east, west) = (("TZ", "EAST-14"), ("TZ", "WEST12"));
    for (hours, runs, waits, event) in [(14, east, west, 55), (-12, west, east, 53)] {
        loop {
            let today = day(hours);
            let root = Root::bare();
            root.register(
                "TRY0000001",
                Terms::Trial {
                    first: today,
                    last: today,
                },
            );
            let outcomes = [runs, waits].map(|zone| try_start(&root, "clp_httpmon", zone));
            if day(hours) != today {
                continue;
            }
            assert_eq!(outcomes[0].1.first(), Some(&52), "{outcomes:?}");
            assert_eq!((outcomes[1].0, outcomes[1].1.as_slice()), (4, &[event][..]));
            break;
        }
    }
}

#[test]
fn product_licenses_alone_with_trials_and_twice() {
    let product = issue("PRO0000001", Terms::Product);
    on_one_day(|today| {
        let over = issue(
            "TRY0000001",
            Terms::Trial {
                first: shift(today, -9),
                last: shift(today, -1),
            },
        );
        let running = issue(
            "TRY0000002",
            Terms::Trial {
                first: today,
                last: today,
            },
        );
        // Own product license or none, another host's records, code, ids.
        let rows: [(bool, &[Record], i32, &[u8]); 8] = [
            (true, &[], 1, &RAN),
            (true, &[over], 1, &RAN),
            (true, &[running], 1, &RAN),
            (true, &[issue("PRO0000002", Terms::Product)], 1, &RAN),
            (true, &[product], 4, &[56]),
            (true, &[running, product], 4, &[56]),
            (false, &[product], 4, &[51]),
            (false, &[running], 1, &[52, 1, 2, 72, 72, 6]),
        ];
        for (has_own, others, code, ids) in rows {
            let root = Root::bare();
            if has_own {
                root.register("PRO0000001", Terms::Product);
            }
            if !others.is_empty() {
                plant(&root, "another.host", others);
            }
            let (given, alerts, stderr) = try_start(&root, "clp_httpmon", UTC);
            assert_eq!(
                (given, alerts.as_slice()),
                (code, ids),
                "{has_own} {others:?}: {stderr}"
            );
        }
    });
}

/// The zone's local time jumps to the next day while the monitor runs: its rule for summer time is a day of 24 hours,
/// beginning in a few seconds.
#[test]
fn a_trial_that_ends_while_a_monitor_runs_does_not_end_it() {
    for lead in [2, 10, 40] {
        let (root, server) = (Root::bare(), Server::healthy());
        let port = server.port();
        let (zone, end) = zone_that_jumps(lead);
        let last = day(0);
        root.register("TRY0000001", Terms::Trial { first: last, last });
        let spawn = |identifier: &str| {
            let mut command = root.command("clp_httpmon");
            command.args([identifier, "-s", "127.0.0.1", "-n", &port, "-i", "1"]);
            command.env("TZ", &zone);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            Monitor::spawn(&mut command)
        };
        let mut monitor = spawn("web");
        if wait_for("a first event", || root.ids().first().copied()) == 53 {
            // The machine was too slow, or midnight came.
            continue;
        }
        wait_for("the trial's end", || (seconds() > end).then_some(()));
        let refused = finish(&mut spawn("later"));
        let stderr = refused.stderr;
        assert_eq!(refused.code, 4, "{stderr}");
        assert!(stderr.contains(&format!("expired in {last} ")), "{stderr}");
        // The running one goes on with its checks, and stops when it is told to.
        server.wait_for_checks(2);
        assert!(monitor.is_running());
        assert_eq!(root.run(&["web", "--stop"]).code, 0);
        assert_eq!(monitor.code(), 0);
        assert_eq!(root.ids(), [52, 1, 2, 53, 3]);
        return;
    }
    panic!("never started in time");
}

/// A zone whose local time is UTC until `lead` seconds from now, and a day more afterwards; and that moment.
fn zone_that_jumps(lead: i64) -> (String, i64) {
    let jump = seconds() + lead;
    let days = jump.div_euclid(86_400);
    // Day of the year, from 0, the 29th of February counted (tzset(3)).
    let date = Date::since_1970(days);
    let text = date.to_string();
    let (_, year) = text.rsplit_once('/').unwrap();
    let first = Date::parse(format!("{year}-01-01").as_bytes()).unwrap();
    let in_year = date.number().unwrap() - first.number().unwrap();
    let back = (in_year + 180) % 365;
    let (hour, minute, second) = (jump / 3600 % 24, jump / 60 % 60, jump % 60);
    let zone = format!("AAA0BBB-24,{in_year}/{hour:02}:{minute:02}:{second:02},{back}/0");
    (zone, jump)
}
