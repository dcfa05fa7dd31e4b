//! What happens to a running monitor when somebody cleans `/var/run` up.

use super::*;
use crate::support::programs::can_trace;

/// The contract's ten seconds, on a machine that runs other tests beside.
const NOTICED: Duration = Duration::from_secs(10).saturating_add(SLACK);

/// What the monitor does when it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Busy {
    Checking,
    /// In one check, for hours.
    Hanging,
    Paused,
}

fn start(root: &Root, busy: Busy, good: &str, mute: &str) -> Monitor {
    let port = if busy == Busy::Hanging { mute } else { good };
    let options = ["web", "-s", "127.0.0.1", "-n", port, "-i", "1"];
    let monitor = root.start(&[&options[..], &["-r", "10000"]].concat());
    if busy == Busy::Paused {
        assert_eq!(root.run(&["web", "--pause"]), silent(0));
    }
    monitor
}

/// Waits for a condition no longer than the contract lets a monitor take.
#[track_caller]
fn within_time<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    let value = wait_for(what, condition);
    assert!(begun.elapsed() < NOTICED, "{what}: {:?}", begun.elapsed());
    value
}

/// Paths and modes of all that a monitor has there.
fn layout(root: &Root) -> Vec<(String, u32)> {
    let entries = root.state().into_iter();
    entries.map(|entry| (entry.path, entry.mode)).collect()
}

type CleanUp = fn(&Root);

const CLEAN_UPS: [(&str, CleanUp); 6] = [
    ("all removed", |root| {
        fs::remove_dir_all(root.join("var/run/clp_isa")).unwrap();
    }),
    ("all moved away", |root| {
        fs::rename(root.join("var/run/clp_isa"), root.join("away")).unwrap();
    }),
    ("/var/run emptied", |root| {
        fs::remove_dir_all(root.join("var/run")).unwrap();
    }),
    ("the record removed", |root| {
        fs::remove_file(root.record("web")).unwrap();
    }),
    ("the record emptied", |root| {
        fs::write(root.record("web"), "").unwrap();
    }),
    ("the socket removed", |root| {
        fs::remove_file(root.join("var/run/clp_isa/ctl/web")).unwrap();
    }),
];

#[test]
fn what_a_clean_up_removes_is_put_back() {
    let (good, mute) = (Server::healthy(), mute());
    let (good, mute) = (good.port(), mute.port());
    let mut cases = Vec::new();
    for busy in [Busy::Checking, Busy::Hanging, Busy::Paused] {
        cases.extend(CLEAN_UPS.map(|(what, clean_up)| (busy, what, clean_up)));
    }
    let name = |row: &(Busy, &str, CleanUp)| row.1.to_owned();
    rows::run(cases.len(), &cases, name, |(busy, what, clean_up)| {
        let what = format!("{what}, {busy:?}");
        let root = Root::new();
        let mut monitor = start(&root, *busy, &good, &mute);
        let (before, record) = (layout(&root), fs::read(root.record("web")).unwrap());
        clean_up(&root);
        within_time(&what, || {
            let is_back = fs::read(root.record("web")).is_ok_and(|found| found == record);
            (is_back && layout(&root) == before).then_some(())
        });
        let shown = root.run(&["web", "--disp"]).stdout;
        assert_eq!(shown, format!("{}\n", monitor.pid()), "{what}");
        let status = root.run_as("clp_isa status", &["web"]);
        assert_eq!(status.code, 0, "{what}: {status:?}");
        let refused = root.run(&["web", "-s", "127.0.0.1", "-n", "1"]);
        assert_eq!(refused.code, 3, "{what}: {refused:?}");
        assert_eq!(root.run(&["web", "--stop"]), silent(0), "{what}");
        assert_eq!(monitor.code(), 0, "{what}");
        assert_nothing_left(&root, "web");
        let log = root.failure_log();
        assert_eq!(log.matches("both are there again").count(), 1, "{log}");
    });
}

#[test]
fn of_two_monitors_after_a_clean_up_the_first_ends() {
    let (good, mute) = (Server::healthy(), mute());
    let (good, mute) = (good.port(), mute.port());
    let mut cases = Vec::new();
    for busy in [Busy::Checking, Busy::Hanging, Busy::Paused] {
        // The record alone, or more with it.
        cases.extend([0, 1, 2, 3].map(|index| (busy, CLEAN_UPS[index])));
    }
    let name = |row: &(Busy, (&str, CleanUp))| row.1.0.to_owned();
    rows::run(cases.len(), &cases, name, |(busy, (what, clean_up))| {
        let what = format!("{what}, {busy:?}");
        let root = Root::new();
        let mut first = start(&root, *busy, &good, &mute);
        clean_up(&root);
        // Nothing is seen of the first one, and nothing keeps the second out.
        let mut second = start(&root, Busy::Hanging, &good, &mute);
        let after = root.state();
        let begun = Instant::now();
        assert_eq!(finish(&mut first), silent(3), "{what}");
        assert!(begun.elapsed() < NOTICED, "{what}");
        let last = root.alerts().pop().unwrap();
        let text = "The specified identifier is already used. [ID:web]";
        assert_eq!((last.id, last.text.as_str()), (14, text), "{what}");
        assert_eq!(root.state(), after, "{what}");
        let shown = root.run(&["web", "--disp"]).stdout;
        assert_eq!(shown, format!("{}\n", second.pid()), "{what}");
        assert_eq!(root.run(&["web", "--stop"]), silent(0), "{what}");
        assert_eq!(second.code(), 0, "{what}");
        assert_nothing_left(&root, "web");
    });
}

/// Something is in the way, for two looks at least: it is told once, nothing of it is changed, and the checks go on.
#[test]
fn what_cannot_be_put_back_is_tried_again() {
    let plants: [(&str, CleanUp, CleanUp); 3] = [
        (
            "a link as record",
            |root| {
                let record = root.record("web");
                fs::write(root.join("precious"), "precious").unwrap();
                fs::remove_file(&record).unwrap();
                symlink(root.join("precious"), record).unwrap();
            },
            |root| {
                assert_eq!(fs::read(root.join("precious")).unwrap(), b"precious");
                fs::remove_file(root.record("web")).unwrap();
            },
        ),
        (
            "a folder as socket",
            |root| {
                let socket = root.join("var/run/clp_isa/ctl/web");
                fs::remove_file(&socket).unwrap();
                fs::create_dir(socket).unwrap();
            },
            |root| fs::remove_dir(root.join("var/run/clp_isa/ctl/web")).unwrap(),
        ),
        (
            "a file as folder",
            |root| {
                fs::remove_dir_all(root.join("var/run/clp_isa")).unwrap();
                fs::write(root.join("var/run/clp_isa"), "").unwrap();
            },
            |root| fs::remove_file(root.join("var/run/clp_isa")).unwrap(),
        ),
    ];
    rows::each(&plants, |(what, plant, remove)| {
        let (root, server) = (Root::new(), Server::healthy());
        let mut monitor = start(&root, Busy::Checking, &server.port(), "");
        let before = layout(&root);
        plant(&root);
        let told = || root.failure_log().matches("cannot be put back yet").count();
        within_time(what, || (told() == 1).then_some(()));
        server.wait_for_checks(7);
        assert!(monitor.is_running(), "{what}");
        assert_eq!(told(), 1, "{what}: {}", root.failure_log());
        remove(&root);
        within_time(what, || (layout(&root) == before).then_some(()));
        assert_eq!(root.run(&["web", "--stop"]), silent(0), "{what}");
        assert_eq!(monitor.code(), 0, "{what}");
        assert_eq!(root.ids(), [1, 2, 3], "{what}");
    });
}

/// Each call of a look, and of putting things back, fails twice: the monitor goes on, and all is there in the end.
#[test]
fn no_call_that_fails_while_things_are_put_back_ends_the_monitor() {
    if !is_root() || !can_trace() {
        return skip("needs root and strace");
    }
    let server = Server::healthy();
    let port = server.port();
    let calls = [
        "newfstatat",
        "statx",
        "openat",
        "open",
        "mkdirat",
        "mkdir",
        "flock",
        "ftruncate",
        "ftruncate64",
        "pwrite64",
        "unlinkat",
        "bind",
        "listen",
        "ioctl",
        "fchmodat",
    ];
    let mut cases = Vec::new();
    for is_cleaned in [false, true] {
        cases.extend(calls.map(|call| (call, is_cleaned)));
    }
    let name = |row: &(&str, bool)| format!("{row:?}");
    rows::run(cases.len(), &cases, name, |(call, is_cleaned)| {
        let root = Root::new();
        let mut monitor = start(&root, Busy::Checking, &port, "");
        let before = layout(&root);
        // The names are those of several architectures and C libraries.
        let inject = format!("inject=?{call}:error=ENOMEM:when=1..2");
        let trace = root.join("trace");
        let mut command = Command::new("strace");
        command.arg("-o").arg(&trace).args(["-e", &inject]);
        command.args(["-p", &monitor.pid().to_string()]);
        let mut tracer = Monitor::spawn(command.stderr(Stdio::null()));
        wait_for("the tracer", || trace.exists().then_some(()));
        wait_for("a look under it", || {
            let seen = fs::read_to_string(&trace).unwrap();
            seen.contains("ctl/web").then_some(())
        });
        if *is_cleaned {
            fs::remove_dir_all(root.join("var/run")).unwrap();
        }
        wait_for("all to be there", || {
            (layout(&root) == before).then_some(())
        });
        assert!(monitor.is_running(), "{call}");
        tracer.signal(Signal::SIGTERM);
        tracer.wait();
        assert_eq!(root.run(&["web", "--stop"]), silent(0), "{call}");
        assert_eq!(monitor.code(), 0, "{call}");
        assert_eq!(root.ids(), [1, 2, 3], "{call}");
    });
}

/// The first clean-up only shows when the looks are: one every five seconds.
#[test]
fn who_is_connected_is_heard_after_a_clean_up() {
    let (root, server) = (Root::new(), Server::healthy());
    let _monitor = start(&root, Busy::Checking, &server.port(), "");
    let socket = root.join("var/run/clp_isa/ctl/web");
    let put_back = || within_time("the socket", || socket.exists().then_some(()));
    fs::remove_file(&socket).unwrap();
    put_back();
    server.wait_for_checks(3);
    let connected = Instant::now();
    let mut client = UnixStream::connect(&socket).unwrap();
    fs::remove_dir_all(root.join("var/run/clp_isa")).unwrap();
    put_back();
    let answer = client.write_all(b"1 pause httpmon web\n").map(|()| {
        let mut line = String::new();
        BufReader::new(client).read_line(&mut line).map(|_| line)
    });
    // Unless the machine was so slow that the client's time was over.
    if connected.elapsed() < CONTROL_TIME {
        assert_eq!(answer.unwrap().unwrap(), "ok\n");
    }
}

/// Everything in /var/run is old: what a running monitor has there stays all the same. With the package's line in the
/// configuration a dead one's stays, too.
#[test]
fn systemd_tmpfiles_leaves_monitors_alone() {
    let (root, server) = (Root::new(), mute());
    let run = root.join("var/run").display().to_string();
    let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/tmpfiles.conf");
    let packaged = fs::read_to_string(packaged).unwrap();
    let packaged = packaged.replace(" /run/", &format!(" {run}/"));
    let clean_up = |more: &str| {
        let configuration = root.join("all.conf");
        fs::write(&configuration, format!("d {run} - - - 0\n{more}")).unwrap();
        let mut command = Command::new("systemd-tmpfiles");
        let output = command.arg("--clean").arg(&configuration).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !clean_up("") {
        return skip("no systemd-tmpfiles");
    }
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &server.port()));
    let before = root.state();
    assert!(clean_up(""));
    assert_eq!(root.state(), before);
    monitor.kill();
    assert!(clean_up(&packaged));
    assert_eq!(root.state(), before);
    assert!(clean_up(""));
    assert_ne!(root.state(), before);
}
