//! An idle monitor sleeps: one wait from a check's end to the next check. While it is paused a wait ends only for a look
//! whether record and socket are still there, every 9 s at most.

use crate::support::programs::can_trace;
use crate::support::server::Server;
use crate::support::smtp::greet;
use crate::support::{Monitor, Root, binary, report, skip, wait_for};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(2);
const PAUSED_FOR: Duration = Duration::from_secs(3);
/// The first call of a check.
const CHECK_BEGINS: &str = "socket(AF_INET";
/// The first call for a client of the control socket.
const COMMAND_ARRIVES: &str = "accept4(";

/// A server that is content, for each module.
fn modules() -> [(&'static str, Server); 2] {
    [
        ("httpmon", Server::healthy()),
        ("smtpmon", Server::start(greet)),
    ]
}

fn watch(root: &Root, mut command: Command, server: &Server) -> Monitor {
    let interval = INTERVAL.as_secs().to_string();
    command
        .args([
            "idle",
            "-s",
            "127.0.0.1",
            "-n",
            &server.port(),
            "-i",
            &interval,
        ])
        .env("CLP_ISA_ROOT", root.path())
        .stdin(Stdio::null());
    Monitor::spawn(&mut command)
}

fn sleeps(monitor: &Monitor) -> u64 {
    monitor.status_figure("voluntary_ctxt_switches")
}

fn run(root: &Root, module: &str, verb: &str) {
    let status = root
        .command(&format!("clp_{module}"))
        .args(["idle", verb])
        .status();
    assert!(status.unwrap().success(), "{verb}");
}

/// The figure of the kernel: not one sleep ended from just after a check until just before the next, nor in a pause.
#[test]
fn nothing_wakes_an_idle_monitor() {
    std::thread::scope(|scope| {
        for (module, server) in modules() {
            scope.spawn(move || {
                let root = Root::new();
                let mut monitor = watch(&root, root.command(&format!("clp_{module}")), &server);
                let mut idle = None;
                let mut whole = None;
                // Ends: ten intervals are enough to be on time once, on any machine.
                for number in 1..=10 {
                    server.wait_for_end();
                    monitor.wait_until_asleep();
                    let before = sleeps(&monitor);
                    // The grid began after `started`: until then the next check is not due.
                    let due = INTERVAL * number;
                    let look = due - INTERVAL / 4;
                    wait_for("the interval's end", || (monitor.started.elapsed() >= look).then_some(()));
                    let after = sleeps(&monitor);
                    if monitor.started.elapsed() < due {
                        idle = Some(after - before);
                        server.wait_for_end();
                        monitor.wait_until_asleep();
                        whole = Some(sleeps(&monitor) - before);
                        break;
                    }
                }
                run(&root, module, "--pause");
                monitor.wait_until_asleep();
                let (before, start) = (sleeps(&monitor), Instant::now());
                wait_for("a long pause", || (start.elapsed() >= PAUSED_FOR).then_some(()));
                let paused = sleeps(&monitor) - before;
                report(&format!(
                    "{module}: voluntary context switches: {idle:?} between two checks, {whole:?} from one check's end \
                     to the next one's, {paused} in a pause of {PAUSED_FOR:?}\n"
                ));
                assert_eq!(idle, Some(0), "{module}");
                assert_eq!(paused, 0, "{module}");
                run(&root, module, "--stop");
                assert_eq!(monitor.code(), 0);
            });
        }
    });
}

/// The system calls in the trace, one a line, each from its name on.
fn calls(trace: &Path) -> Vec<String> {
    let text = wait_for("the trace's end", || {
        let text = fs::read_to_string(trace).ok()?;
        text.contains("+++ exited with 0 +++").then_some(text)
    });
    text.lines().map(String::from).collect()
}

fn is_wait(call: &str) -> bool {
    ["epoll_wait", "epoll_pwait"].contains(&name(call))
}

fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// The trace of every system call: one wait, which times out, is all there is between two checks; one long wait is
/// all there is in a pause shorter than from one look at record and socket to the next.
#[test]
fn one_wait_is_all_there_is_between_two_checks() {
    if !can_trace() {
        return skip("strace does not work here");
    }
    std::thread::scope(|scope| {
        for (module, server) in modules() {
            scope.spawn(move || trace(module, &server));
        }
    });
}

fn trace(module: &str, server: &Server) {
    let root = Root::new();
    let trace = root.join("trace");
    let mut command = Command::new("strace");
    // The tracer is the child's child: the monitor keeps its parent, and ends with the test in any case.
    command.arg("-D").arg("-o").arg(&trace);
    command.arg(binary()).arg(module);
    let mut monitor = watch(&root, command, server);
    for _ in 0..3 {
        server.wait_for_end();
    }
    run(&root, module, "--pause");
    let start = Instant::now();
    wait_for("a long pause", || {
        (start.elapsed() >= PAUSED_FOR).then_some(())
    });
    run(&root, module, "--resume");
    server.wait_for_end();
    run(&root, module, "--stop");
    assert_eq!(monitor.code(), 0);
    let calls = calls(&trace);

    // From each check's first call to the next one's.
    let begins: Vec<_> = (0..calls.len())
        .filter(|&at| calls[at].starts_with(CHECK_BEGINS))
        .collect();
    assert_eq!(begins.len(), 4, "checks in the trace of {module}");
    for pair in begins[..3].windows(2) {
        let check = &calls[pair[0]..pair[1]];
        let end = check
            .iter()
            .rposition(|call| call.starts_with("close("))
            .unwrap();
        let between = &check[end + 1..];
        let names: Vec<_> = check[..=end].iter().map(|call| name(call)).collect();
        report(&format!(
            "{module}: a healthy check: {}\n{module}: between two checks: {}\n",
            names.join(" "),
            between.join("; ")
        ));
        let [wait] = between else {
            panic!("{module}: not one call between two checks: {between:#?}");
        };
        assert!(is_wait(wait) && wait.ends_with(" = 0"), "{wait:?}");
    }

    // From the first command's answer to the second's arrival.
    let arrivals: Vec<_> = (0..calls.len())
        .filter(|&at| calls[at].starts_with(COMMAND_ARRIVES))
        .collect();
    let answer = calls
        .iter()
        .position(|call| call.contains("\"ok\\n\""))
        .unwrap();
    let next = arrivals.into_iter().find(|&at| at > answer).unwrap();
    let waits: Vec<_> = calls[answer..next]
        .iter()
        .filter(|call| is_wait(call))
        .collect();
    report(&format!(
        "{module}: waits in a pause of {PAUSED_FOR:?}: {waits:?}\n"
    ));
    let [wait] = waits.as_slice() else {
        panic!("{module}: not one wait in a pause: {waits:#?}");
    };
    assert!(!wait.ends_with(" = 0"), "timed out: {wait:?}");
    assert!(
        calls[next - 1] == **wait,
        "something was done after the wait"
    );
}
