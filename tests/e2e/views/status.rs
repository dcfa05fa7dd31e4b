//! `clp_isa status`: none, one, a hundred; frozen, dead, paused; with long names, and for those who may not ask.

use super::{facts, facts_of, golden, start_all, status};
use crate::support::files::chmod;
use crate::support::run::{Ran, finish};
use crate::support::server::{RefusingPort, Server};
use crate::support::{Monitor, Root, binary, copy_binary, is_root, wait_for};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn no_monitor_is_an_empty_table() {
    let root = Root::new();
    let ran = status(&root, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("IDENTIFIER  MODULE  STATE"));
    let ran = status(&root, &["--json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "[]\n"));
    let ran = status(&root, &["web"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (6, ""));
    assert_eq!(ran.stderr, "clp_isa: there is no monitor \"web\"\n");
    assert!(!root.join("var").exists(), "asking made folders");
}

#[test]
fn wrong_usage_says_what_is_wrong() {
    let root = Root::new();
    for (arguments, word) in [
        (
            &["--jason"][..],
            "clp_isa status: unknown option \"--jason\"",
        ),
        (&["a", "b"], "clp_isa status: unexpected argument \"b\""),
        (&["w-b"], "clp_isa status: identifier \"w-b\""),
    ] {
        let ran = status(&root, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(word), "{ran:?}");
        assert!(ran.stderr.contains("clp_isa status [--json]"), "{ran:?}");
    }
    assert!(root.alerts().is_empty());
}

/// Each state at once: the table, worst first, and the facts against the schema.
#[test]
fn every_state_in_its_place() {
    let root = Root::new();
    let (server, refusing) = (Server::healthy(), RefusingPort::new());
    let (good, bad) = (server.port(), refusing.port());
    let mut monitors = start_all(&root, &good, &["calm", "killed", "frozen", "paused"]);
    monitors.push(root.start(&["failing", "-s", "127.0.0.1", "-n", &bad, "-c", "9"]));
    wait_for("every first check", || {
        let (_, all) = facts(&root);
        all.iter().all(|one| !one["last"].is_null()).then_some(())
    });
    assert_eq!(root.run(&["paused", "--pause"]).code, 0);
    monitors[1].kill();
    monitors[2].signal(Signal::SIGSTOP);
    monitors[2].wait_until_stopped();

    let ran = status(&root, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert_eq!(plain(&ran, &monitors, &[&good, &bad]), golden("status.txt"));
    let (code, all) = facts(&root);
    assert_eq!(code, 1);
    let states: Vec<&str> = all
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        ["dead", "unresponsive", "retry", "paused", "watching"]
    );
    fits_the_schema(&Value::Array(all));

    // One alone, in full.
    let ran = status(&root, &["failing"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        plain(&ran, &monitors, &[&good, &bad]),
        golden("status-one.txt")
    );
    assert_eq!(status(&root, &["calm"]).code, 0);
    assert_eq!(status(&root, &["paused"]).code, 0);
    monitors[2].signal(Signal::SIGCONT);
    wait_for("the frozen one's answer", || {
        (facts_of(&root, "frozen")["state"] == "watching").then_some(())
    });
}

/// A text with process ids, ports and spans made plain, and blanks between columns made two.
fn plain(ran: &Ran, monitors: &[Monitor], ports: &[&str]) -> String {
    let mut text = ran.stdout.clone();
    for port in ports {
        text = text.replace(&format!(":{port}"), ":PORT");
    }
    for monitor in monitors {
        text = text.replace(&format!("  {}", monitor.pid()), "  PID");
    }
    let is_unit = |word: &str| matches!(word.trim_end_matches(','), "s" | "ms");
    let line = |line: &str| {
        let cells: Vec<String> = line
            .split("  ")
            .filter(|cell| !cell.trim().is_empty())
            .map(|cell| {
                let words: Vec<&str> = cell.trim().split(' ').collect();
                let spans = words.iter().enumerate().map(|(at, word)| {
                    if words.get(at + 1).is_some_and(|next| is_unit(next)) {
                        "N"
                    } else {
                        word
                    }
                });
                spans.collect::<Vec<&str>>().join(" ")
            })
            .collect();
        cells.join("  ") + "\n"
    };
    let lost = |line: &str| {
        let is_count = |text: &str| text.trim().parse::<u32>().is_ok();
        match line.rsplit_once("  ") {
            Some((head, count)) if is_count(count) => format!("{head}  LOST"),
            _ => line.to_owned(),
        }
    };
    let text: String = text.lines().map(|one| line(&lost(one))).collect();
    // Messages to the syslog that this root does not have.
    match text.split_once("\nlost  ") {
        Some((head, counts)) => format!("{head}\nlost  N {}", counts.split_once(' ').unwrap().1),
        None => text,
    }
}

/// Holds `value` against the schema that comes with the documents.
#[track_caller]
pub(super) fn fits_the_schema(value: &Value) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/status.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("status.json", schema).unwrap();
    let index = compiler.compile("status.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(value, index) {
        panic!("{error:#}\n{value:#}");
    }
    // A schema that takes everything would not be one.
    assert!(
        schemas
            .validate(&serde_json::json!([{"identifier": 1}]), index)
            .is_err()
    );
}

#[test]
fn blind_monitors_and_their_cause() {
    let root = Root::new();
    let server = Server::healthy();
    let options = format!("blind -s 127.0.0.1 -n {} -i 1", server.port());
    let script = format!("exec \"$0\" httpmon {options}");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &script])
        .arg(binary())
        .env("CLP_ISA_ROOT", root.path())
        .stdin(Stdio::null());
    let monitor = Monitor::spawn(&mut command);
    wait_for("the first check", || {
        (root.starts("blind") > 0 && facts_of(&root, "blind")["checks"]["healthy"] != 0)
            .then_some(())
    });
    // From now on it has no descriptor for a socket.
    let limit = "--nofile=4:";
    let limited = std::process::Command::new("prlimit")
        .args(["--pid", &monitor.pid().to_string(), limit])
        .status();
    if !limited.is_ok_and(|status| status.success()) {
        return crate::support::skip("no prlimit(1) to take a monitor its descriptors with");
    }
    wait_for("event 71", || root.ids().contains(&71).then_some(()));
    // Nobody can be accepted either: it is asked again when it has descriptors.
    let unlimited = std::process::Command::new("prlimit")
        .args(["--pid", &monitor.pid().to_string(), "--nofile=64:"])
        .status();
    assert!(unlimited.unwrap().success());
    wait_for("sight", || {
        (facts_of(&root, "blind")["checks"]["void"] != 0).then_some(())
    });
}

/// Five that are frozen cost one wait in all: five waits would be five seconds.
#[test]
fn frozen_monitors_cost_one_wait_in_all() {
    let root = Root::new();
    let server = Server::healthy();
    let frozen = start_all(&root, &server.port(), &["f1", "f2", "f3", "f4", "f5"]);
    let _calm = start_all(&root, &server.port(), &["calm"]);
    for monitor in &frozen {
        monitor.signal(Signal::SIGSTOP);
        monitor.wait_until_stopped();
    }
    let before = Instant::now();
    let (code, all) = facts(&root);
    let took = before.elapsed();
    assert_eq!((code, all.len()), (1, 6));
    assert_eq!(all[5]["state"], "watching");
    for one in &all[..5] {
        assert_eq!(one["problem"], "does not respond");
    }
    assert!(took < Duration::from_secs(4), "{took:?}");
    frozen
        .iter()
        .for_each(|monitor| monitor.signal(Signal::SIGCONT));
}

#[test]
fn names_of_255_bytes() {
    let root = Root::new();
    let server = Server::healthy();
    let long = "x".repeat(255);
    let uri = format!("/{}", "y".repeat(254));
    let _monitor = root.start(&[&long, "-s", "127.0.0.1", "-n", &server.port(), "-h", &uri]);
    let ran = status(&root, &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains(&long) && ran.stdout.contains(&uri),
        "{}",
        ran.stdout
    );
    let told = facts_of(&root, &long);
    assert_eq!(told["uri"], uri.as_str());
    assert_eq!(status(&root, &[&long]).code, 0);
}

/// Figures to be read: what asking a hundred monitors takes.
#[test]
fn a_hundred_monitors() {
    let root = Root::new();
    let server = Server::healthy();
    let port = server.port();
    let monitors: Vec<Monitor> = (0..100)
        .map(|number| root.spawn(&[&format!("m{number}"), "-s", "127.0.0.1", "-n", &port]))
        .collect();
    wait_for("all of them", || {
        let (code, all) = facts(&root);
        (code == 0 && all.len() == 100).then_some(())
    });
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let before = Instant::now();
            assert_eq!(status(&root, &[]).code, 0);
            before.elapsed()
        })
        .collect();
    times.sort_unstable();
    let text = format!(
        "status of 100 monitors: median {} ms, longest {} ms of {}\n",
        times[10].as_millis(),
        times[20].as_millis(),
        times.len()
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
    drop(monitors);
}

#[test]
fn those_who_may_not_ask_are_told() {
    let root = Root::new();
    let server = Server::healthy();
    let _monitors = start_all(&root, &server.port(), &["web"]);
    chmod(root.path(), 0o755);
    let copy = root.join("binary");
    copy_binary(&copy);
    let run_dir = root.join("var/run/clp_isa");
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["status", "web"],
        &["metrics"],
    ] {
        let mut command = std::process::Command::new(&copy);
        command
            .args(arguments)
            .env("CLP_ISA_ROOT", root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if is_root() {
            std::os::unix::process::CommandExt::uid(&mut command, 65534);
        } else {
            chmod(&run_dir, 0o000);
        }
        let ran = finish(&mut Monitor::spawn(&mut command));
        assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{ran:?}");
        assert!(ran.stderr.contains("only root may ask"), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
    chmod(&run_dir, 0o700);
}

/// Monitors start and end as ever while they are asked all the time.
#[test]
fn asking_disturbs_no_start_and_no_end() {
    let root = Root::new();
    let server = Server::healthy();
    let port = server.port();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let mut asked = 0;
            while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                let ran = status(&root, &["--json"]);
                assert!(!ran.stdout.contains("\"dead\""), "{}", ran.stdout);
                assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
                asked += 1;
            }
            asked
        });
        for _ in 0..15 {
            let mut monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &port]);
            let stopped = root.run(&["web", "--stop"]);
            assert_eq!((stopped.code, stopped.stderr.as_str()), (0, ""));
            assert_eq!(monitor.code(), 0);
        }
        is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(asked.join().unwrap() > 0);
    });
}

/// `--watch` goes on until nobody reads it any more.
#[test]
fn watching_ends_with_its_reader() {
    let root = Root::new();
    let mut watch = root.spawn_as("clp_isa status", &["--watch", "--json"]);
    let mut output = watch.child.stdout.take().unwrap();
    let mut begin = [0; 6];
    std::io::Read::read_exact(&mut output, &mut begin).unwrap();
    assert_eq!(&begin, b"[]\n[]\n");
    drop(output);
    assert_eq!(watch.code(), 0);
}
