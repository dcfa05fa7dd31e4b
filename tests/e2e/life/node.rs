//! Signals, consoles, and what lies on disk.

use super::*;
use crate::faults::signals;
use crate::support::binary;
use crate::support::files::{chmod, mode, script};
use crate::support::processes::children_of;
use crate::support::programs::works;

#[test]
fn sigterm_and_sigint_stop() {
    let (mute, good) = (mute(), Server::healthy());
    let (mute_port, good_port) = (mute.port(), good.port());
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        // In a check, between two, paused.
        for (port, pause) in [(&mute_port, false), (&good_port, false), (&mute_port, true)] {
            let root = Root::new();
            let checks = good.requests().len();
            let mut monitor = root.start_as("clp_httpmon", &hanging("web", port));
            let mut expected = vec![1, 2];
            if port == &good_port {
                good.wait_for_requests(checks + 1);
                good.wait_for_end();
            }
            if pause {
                assert_eq!(root.run_as("clp_httpmon", &["web", "--pause"]), silent(0));
                expected.push(7);
            }
            expected.push(3);
            monitor.signal(signal);
            assert_eq!(finish(&mut monitor), silent(0), "{signal} {port} {pause}");
            assert_eq!(root.ids(), expected, "{signal} {port} {pause}");
            assert_nothing_left(&root, "web");
        }
    }
}

#[test]
fn no_other_signal_ends_or_stops() {
    let (root, server) = (Root::new(), Server::healthy());
    let port = server.port();
    let mut monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &port, "-i", "1"]);
    for number in (1..=signals::LAST).filter(|&number| signals::is_harmless(number)) {
        signals::send(&monitor, number);
        monitor.wait_until_asleep();
        assert!(monitor.is_running(), "{number}");
    }
    server.wait_for_checks(2);
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 3]);
}

/// What a start script leaves ignored stays so in what it becomes.
#[test]
fn sigterm_and_sigint_stop_even_where_the_parent_ignores_them() {
    let server = mute();
    let port = server.port();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let root = Root::new();
        let arguments = hanging("web", &port);
        let mut monitor = start_by_shell(&root, "trap '' TERM INT HUP;", "", &arguments);
        monitor.signal(signal);
        assert_eq!(monitor.code(), 0, "{signal}");
        assert_eq!(root.ids(), [1, 2, 3]);
    }
}

/// The signal of a file past RLIMIT_FSIZE ends neither a monitor nor a command that alerts: the line is lost, and
/// counted.
#[test]
fn a_log_past_the_file_size_limit_is_a_lost_line() {
    let (root, server) = (Root::new(), Server::replying("HTTP/1.1 400 no\r\n\r\n"));
    let port = server.port();
    let arguments = [
        "web",
        "-s",
        "127.0.0.1",
        "-n",
        &port,
        "-i",
        "1",
        "-c",
        "100",
        "-h",
        "/x",
    ];
    // A block has 512 bytes, or 1024.
    let limit = "ulimit -f 1;";
    let mut monitor = start_by_shell(&root, limit, "", &arguments);
    // A line of the failure log each, of more than 100 bytes.
    server.wait_for_checks(12);
    let metrics = root.run_as("clp_isa metrics", &[""; 0]).stdout;
    let mut lines = metrics.lines();
    let lost = lines
        .find(|line| line.contains("sink=\"failure_log\""))
        .unwrap();
    assert!(!lost.ends_with(" 0"), "{lost}");
    let size = |name: &str| fs::metadata(root.log_dir().join(name)).unwrap().len();
    assert!([512, 1024].contains(&size("httpmon.log")));
    // Alerts event 11 where nothing more can be written.
    fs::write(root.log_dir().join("isa_alert.log"), [b'\n'; 1024]).unwrap();
    let output = by_shell(&root, limit, "", &["web", "-i", "0"]).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
    assert_eq!(size("isa_alert.log"), 1024);
    assert!(monitor.is_running());
    monitor.signal(Signal::SIGTERM);
    assert_eq!(monitor.code(), 0);
}

/// The binary as `clp_httpmon` by a symbolic link in the root, started by a shell that first does `prelude`.
fn by_shell(root: &Root, prelude: &str, redirections: &str, arguments: &[&str]) -> Command {
    let link = root.join("clp_httpmon");
    if !link.exists() {
        symlink(binary(), &link).unwrap();
    }
    let mut command = root.piped("sh");
    command
        .arg("-c")
        .arg(format!("{prelude} exec \"$0\" \"$@\" {redirections}"))
        .arg(link)
        .args(arguments);
    command
}

fn start_by_shell(root: &Root, prelude: &str, redirections: &str, arguments: &[&str]) -> Monitor {
    let before = root.starts(arguments[0]);
    let mut monitor = Monitor::spawn(&mut by_shell(root, prelude, redirections, arguments));
    root.wait_for_start(&mut monitor, arguments[0], before);
    monitor
}

#[test]
fn closed_standard_descriptors_change_nothing() {
    let server = Server::healthy();
    let port = server.port();
    for redirections in ["<&- >&- 2>&-", "<&-", ">&-", "2>&-"] {
        let root = Root::new();
        let arguments = ["web", "-s", "127.0.0.1", "-n", &port, "-i", "1"];
        let mut monitor = start_by_shell(&root, "", redirections, &arguments);
        // None of the monitor's own files got one of the three numbers.
        for number in 0..3 {
            let target = fs::read_link(format!("/proc/{}/fd/{number}", monitor.pid())).unwrap();
            let target = target.to_string_lossy().into_owned();
            let is_ours = target.contains("clp")
                || target.contains("anon_inode")
                || target.contains("socket");
            assert!(!is_ours, "{redirections}: {number} is {target}");
        }
        server.wait_for_checks(2);
        assert_eq!(root.run(&["web", "--stop"]).code, 0);
        assert_eq!(monitor.code(), 0, "{redirections}");
        assert_eq!(root.ids(), [1, 2, 3], "{redirections}");
        // The short-lived commands neither fail nor print a panic.
        for (arguments, code) in [
            (&["web", "--disp"][..], 6),
            (&["web", "-i"], 2),
            (&["--help"], 0),
        ] {
            let output = by_shell(&root, "", redirections, arguments)
                .output()
                .unwrap();
            assert_eq!(
                output.status.code(),
                Some(code),
                "{redirections} {arguments:?}"
            );
            assert!(!String::from_utf8(output.stderr).unwrap().contains("panic"));
        }
    }
}

#[test]
fn a_closed_console_neither_stops_nor_silences_the_monitor() {
    let (root, port) = (Root::new(), RefusingPort::new());
    let port = port.port();
    let arguments = ["web", "-s", "127.0.0.1", "-n", &port, "-i", "1", "-c", "2"];
    let mut monitor = root.spawn(&arguments);
    // Nobody reads any more, before it has said a word.
    drop((monitor.child.stdout.take(), monitor.child.stderr.take()));
    root.wait_for_alert(2, 1);
    monitor.signal(Signal::SIGHUP);
    assert_eq!(monitor.code(), 1);
    assert_eq!(root.ids(), [1, 2, 72, 72, 6]);
    let refused = "clp_httpmon has detected network error (connect error[111]). [ID:web]";
    assert_eq!(root.alerts()[3].text, refused);
    assert_nothing_left(&root, "web");

    for arguments in [&["--help"][..], &["web", "--disp"], &["web", "-i", "0"]] {
        let mut command = root.spawn(arguments);
        drop((command.child.stdout.take(), command.child.stderr.take()));
        let code = command.code();
        assert!([0, 2, 6].contains(&code), "{arguments:?}: {code}");
    }
}

#[test]
fn a_running_monitor_prints_nothing() {
    let (root, port) = (Root::new(), RefusingPort::new());
    let port = port.port();
    let arguments = ["web", "-s", "127.0.0.1", "-n", &port, "-i", "1", "-c", "1"];
    let mut monitor = root.start(&arguments);
    assert_eq!(finish(&mut monitor), silent(1));
}

#[test]
fn modes_are_exact_whatever_the_umask() {
    let port = RefusingPort::new();
    let port = port.port();
    let arguments = ["web", "-s", "127.0.0.1", "-n", &port];
    let rows = [
        "umask 000;",
        "umask 022;",
        "umask 077;",
        "umask 777;",
        "loosened",
    ];
    rows::each(&rows, |row| {
        // A umask of 777 makes directories that only root can make anything in.
        if *row == "umask 777;" && !is_root() {
            return;
        }
        let root = Root::new();
        let mut prelude = *row;
        if *row == "loosened" {
            // What a killed monitor left, opened up by somebody since.
            prelude = "umask 000;";
            let mut killed = start_by_shell(&root, prelude, "", &arguments);
            killed.kill();
            for path in ["", "/id", "/ctl", "/id/web"] {
                let path = root.join(&format!("var/run/clp_isa{path}"));
                chmod(path, 0o777);
            }
        }
        let _monitor = start_by_shell(&root, prelude, "", &arguments);
        // The failure log too is there.
        root.wait_for_alert(72, 1);
        for (path, wanted) in [
            ("var/run/clp_isa", 0o700),
            ("var/run/clp_isa/id", 0o700),
            ("var/run/clp_isa/id/web", 0o600),
            ("var/run/clp_isa/ctl", 0o700),
            ("var/run/clp_isa/ctl/web", 0o600),
            ("opt/nec/clusterpro/log/httpmon.log", 0o640),
            ("opt/nec/clusterpro/log/isa_alert.log", 0o640),
        ] {
            let found = mode(root.join(path));
            assert_eq!(found, wanted, "{row} {path}: {found:o}");
        }
    });
}

/// What a start script leaves running ends as the monitor's child.
#[test]
fn a_child_that_another_started_is_no_zombie() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    // One that has ended by then, and two that end later, the first by a real-time signal.
    let prelude = "true & sh -c 'sleep 0.7; kill -40 $$' & sleep 1 & sleep 0.1;";
    let monitor = start_by_shell(&root, prelude, "", &hanging("web", &port));
    no_children(monitor.pid());
}

#[track_caller]
fn no_children(pid: u32) {
    wait_for("the last child's end", || {
        children_of(pid).is_empty().then_some(())
    });
}

/// Process 1 of a container inherits all its orphans: those of clplogcmd, for one.
#[test]
fn process_1_leaves_no_zombies() {
    let root = Root::new();
    let server = mute();
    let port = server.port();
    let mut command = root.piped("unshare");
    command
        .args(["-p", "-f", "--mount-proc"])
        .arg(binary())
        .arg("httpmon")
        .args(hanging("web", &port));
    if !is_root() || !works(&["unshare", "-p", "-f", "--mount-proc", "true"]) {
        return skip("no process namespace to be had");
    }
    // Orphans, of which some end before the others.
    let orphans = root.join("orphans");
    let body = format!(
        "for n in 0 1 1; do (sleep $n; echo >>{}) & done",
        orphans.display()
    );
    script(&root.join("usr/sbin/clplogcmd"), &body);
    let mut outer = Monitor::spawn(&mut command);
    root.wait_for_start(&mut outer, "web", 0);
    let inner = children_of(outer.pid())[0];
    // Of events 1 and 2.
    wait_for("the orphans", || {
        let ended = fs::read_to_string(&orphans).unwrap_or_default();
        (ended.lines().count() == 6).then_some(())
    });
    no_children(inner);
    assert_eq!(root.run(&["web", "--stop"]), silent(0));
    assert_eq!(outer.code(), 0);
}
