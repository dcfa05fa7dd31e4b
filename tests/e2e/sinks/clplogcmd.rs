//! The cluster's command: how it is called, and what happens when it hangs, fails or is not there.

use super::*;
use crate::support::processes::{has_ended, wait_until_ended};
use crate::support::{Alert, binary, skip};

const COMMAND: &str = "usr/sbin/clplogcmd";

/// A command that keeps its arguments, one per line behind their number, the status that its children inherit from it,
/// its descriptors and its directory. It fails unless all three standard descriptors are `/dev/null`.
fn install_recorder(root: &Root) {
    let view = root.join("view");
    fs::create_dir_all(&view).unwrap();
    let body = format!(
        r#"at={}/$$
for fd in 0 1 2; do [ /proc/$$/fd/$fd -ef /dev/null ] || exit 9; done
cat /proc/self/status >$at.status
readlink /proc/$$/fd/* >$at.links
pwd >$at.folder
{{ echo $#; printf '%s\n' "$@"; }} >$at.new
mv $at.new $at.arguments"#,
        view.display()
    );
    script(&root.join(COMMAND), &body);
}

/// What the recorder kept in files with this extension.
fn recorded(root: &Root, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("view")).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|found| found == extension) {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
    found.sort();
    found
}

/// What the recorder keeps of the call for this alert.
fn call(alert: &Alert) -> String {
    let level = if alert.id < 6 || [7, 8].contains(&alert.id) {
        "INFO"
    } else {
        "ERR"
    };
    let (text, id) = (&alert.text, alert.id);
    format!("7\n-m\n{text}\n-l\n{level}\n-i\n{id}\n--alert\n")
}

/// Waits until `count` calls were recorded, and holds them against the last alerts of the alert log.
#[track_caller]
fn assert_called_for_the_last(root: &Root, count: usize) {
    wait_for("calls", || {
        (recorded(root, "arguments").len() >= count).then_some(())
    });
    let alerts = root.alerts();
    let mut expected: Vec<_> = alerts[alerts.len() - count..].iter().map(call).collect();
    expected.sort();
    assert_eq!(recorded(root, "arguments"), expected);
}

/// The hexadecimal signal set of this name in a process's status.
fn signals(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    u64::from_str_radix(line.unwrap().trim(), 16).unwrap()
}

/// What these links name besides the files of the recorder itself, and `/dev/null` as the standard descriptors.
fn others(links: &str) -> Vec<&str> {
    let is_own =
        |link: &&str| link.contains("/view/") || link.ends_with(COMMAND) || *link == "/dev/null";
    links.lines().filter(|link| !is_own(link)).collect()
}

#[test]
fn it_is_called_for_every_event_in_a_clean_process() {
    let root = Root::new();
    install_recorder(&root);
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    grumbler.wait_for_checks(3);
    tell(&root, "--pause");
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    let ids = root.ids();
    let (first, last) = (&ids[..2], &ids[ids.len() - 2..]);
    assert_eq!((first, last), ([1, 2].as_slice(), [7, 3].as_slice()));
    assert_called_for_the_last(&root, ids.len());

    for status in recorded(&root, "status") {
        assert_eq!(signals(&status, "SigBlk:"), 0, "{status}");
        // SIGPIPE (13) and SIGTERM (15) are not ignored; what the test was started with is not ours.
        let ignored = signals(&status, "SigIgn:");
        assert_eq!(ignored & (1 << 12 | 1 << 14), 0, "{status}");
    }
    // None of the monitor's descriptors is inherited, and none that was open when it was started.
    for links in recorded(&root, "links") {
        assert_eq!(others(&links), [""; 0]);
    }
    assert!(
        recorded(&root, "folder")
            .iter()
            .all(|folder| folder == "/\n")
    );
    assert!(!root.failure_log().contains("clplogcmd"));
}

/// A monitor that `shell` becomes after `prelude`, for which `$0` is the file `held` in the root.
fn watch_after(root: &Root, grumbler: &Grumbler, shell: &str, prelude: &str) -> Monitor {
    let mut command = root.piped(shell);
    command
        .args(["-c", &format!("{prelude}; exec \"$@\"")])
        .arg(root.join("held"))
        .arg(binary())
        .arg("httpmon")
        .args(grumbler.arguments());
    Monitor::spawn(&mut command)
}

/// A start script that holds a file of the shared disk, or a lock, does not leave it to the monitor.
#[test]
fn nothing_that_was_open_is_kept_or_handed_on() {
    let root = Root::new();
    install_recorder(&root);
    let grumbler = Grumbler::start();
    let open = "exec 3>\"$0\" 4<&0 7<\"$0\" 9>>\"$0\"";
    let monitor = watch_after(&root, &grumbler, "sh", open);
    grumbler.wait_for_checks(2);
    for entry in fs::read_dir(format!("/proc/{}/fd", monitor.pid())).unwrap() {
        // One of a check may be closed meanwhile.
        if let Ok(link) = fs::read_link(entry.unwrap().path()) {
            assert_ne!(link, root.join("held"));
        }
    }
    wait_for("a call", || recorded(&root, "arguments").pop());
    for links in recorded(&root, "links") {
        assert_eq!(others(&links), [""; 0]);
    }
    stop(monitor);
}

/// Where the start script leaves SIGCHLD ignored the kernel tells nobody how a child ended: that is no loss, and what
/// hangs is killed and counted all the same.
#[test]
fn what_delivers_is_not_lost_where_sigchld_is_ignored() {
    let root = Root::new();
    install_recorder(&root);
    let grumbler = Grumbler::start();
    // Debian's sh does not leave this one ignored.
    if Command::new("bash").arg("--version").output().is_err() {
        return skip("no bash");
    }
    let monitor = watch_after(&root, &grumbler, "bash", "trap '' CHLD");
    let pid = monitor.pid();
    grumbler.wait_for_checks(4);
    let calls = recorded(&root, "arguments").len();
    assert!(calls >= 5, "{calls}");
    script(&root.join(COMMAND), "exec sleep 1000");
    grumbler.wait_for_checks(14);
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    let records = records(&failure_log(&root), pid);
    assert_eq!(
        notes(&records)[0],
        "clplogcmd: not delivered: killed after its time"
    );
}

/// How a command does not deliver: by name, what puts it at a path, and what is told of it.
type Useless = (&'static str, fn(&Path), &'static str);

const USELESS: [Useless; 5] = [
    ("fails", |path| script(path, "exit 3"), "exit status 3"),
    (
        "dies",
        |path| script(path, "kill -KILL $$"),
        "ended by signal 9",
    ),
    (
        "not executable",
        |path| {
            script(path, "exit 0");
            chmod(path, 0o644);
        },
        "spawn COMMAND: Permission denied (EACCES, errno 13)",
    ),
    (
        "writable",
        |path| {
            script(path, "exit 0");
            chmod(path, 0o757);
        },
        "not run: it or its folder may be written by other users",
    ),
    (
        "no interpreter",
        |path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "#!/no/such/interpreter\n").unwrap();
            chmod(path, 0o755);
        },
        "spawn COMMAND: No such file or directory (ENOENT, errno 2)",
    ),
];

/// What a failure log tells of the command.
fn notes(records: &[String]) -> Vec<&str> {
    let notes = records.iter().filter(|text| text.starts_with("clplogcmd"));
    notes.map(String::as_str).collect()
}

/// Monitoring goes on, and once there is a command that delivers the failure log tells exactly how many alerts were lost.
#[test]
fn what_it_does_not_deliver_is_counted() {
    let name = |row: &Useless| row.0.into();
    rows::run(USELESS.len(), &USELESS, name, |(_, plant, error)| {
        let root = Root::new();
        let path = root.join(COMMAND);
        plant(&path);
        let daemon = Daemon::start(&root);
        let grumbler = Grumbler::start();
        let monitor = grumbler.watch(&root);
        let pid = monitor.pid();
        grumbler.wait_for_checks(3);
        install_recorder(&root);
        let log = failure_log(&root);
        wait_for("a call", || recorded(&root, "arguments").pop());
        wait_for("the count", || {
            told_losses(&records(&log, pid), "clplogcmd").pop()
        });
        grumbler.wait_for_checks(1);
        grumbler.assert_in_time(&monitor);
        stop(monitor);

        let records = records(&log, pid);
        let lost = told_losses(&records, "clplogcmd");
        let [lost] = lost.as_slice() else {
            panic!("{records:?}");
        };
        assert!(*lost >= 4, "{lost}");
        let error = error.replace("COMMAND", path.to_str().unwrap());
        assert_eq!(
            notes(&records),
            [
                format!("clplogcmd: not delivered: {error}"),
                format!("clplogcmd: delivery works again, {lost} messages were lost"),
            ]
        );
        assert_called_for_the_last(&root, alerts(&root).len() - lost);
        assert_eq!(daemon.stop(pid), alerts(&root));
    });
}

/// A node without the cluster's command has no view to miss anything.
#[test]
fn without_one_nothing_is_lost() {
    let root = Root::new();
    let daemon = Daemon::start(&root);
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    let pid = monitor.pid();
    grumbler.wait_for_checks(3);
    install_recorder(&root);
    let first = wait_for("a call", || recorded(&root, "arguments").pop());
    grumbler.wait_for_checks(1);
    grumbler.assert_in_time(&monitor);
    stop(monitor);

    let records = records(&failure_log(&root), pid);
    assert_eq!(notes(&records), [""; 0]);
    let calls: Vec<_> = root.alerts().iter().map(call).collect();
    let missed = calls.iter().position(|call| *call == first).unwrap();
    assert_called_for_the_last(&root, calls.len() - missed);
    assert_eq!(daemon.stop(pid), alerts(&root));
}

/// What a call may take (docs/reference.md, "Logs and alerts").
const TIME: Duration = Duration::from_secs(10);

#[test]
fn a_hanging_one_is_killed_with_its_children() {
    let root = Root::new();
    let pids = root.join("pids");
    let shown = pids.display();
    script(
        &root.join(COMMAND),
        &format!("sleep 1000 & echo $$ $! >>{shown}; exec sleep 1000"),
    );
    let _daemon = Daemon::start(&root);
    let server = Grumbler::silent();
    let monitor = server.watch(&root);
    let pid = monitor.pid();
    // Events 1 and 2, two processes each.
    let pids: Vec<_> = wait_for("two calls", || {
        let text = fs::read_to_string(&pids).unwrap_or_default();
        let pids: Vec<u32> = text.split_whitespace().flat_map(str::parse).collect();
        (pids.len() == 4 && text.ends_with('\n')).then_some(pids)
    });
    assert!(!pids.iter().any(|pid| has_ended(*pid)));
    for pid in pids {
        wait_until_ended(pid);
    }
    let (earliest, latest) = (TIME, TIME + SLACK * 3);
    let time = monitor.started.elapsed();
    assert!(time >= earliest && time < latest, "killed after {time:?}");

    let log = failure_log(&root);
    wait_for("the note", || (records(&log, pid).len() == 1).then_some(()));
    server.assert_in_time(&monitor);
    install_recorder(&root);
    tell(&root, "--pause");
    let told = wait_for("the count", || {
        told_losses(&records(&log, pid), "clplogcmd").pop()
    });
    assert_eq!(told, 2);
    stop(monitor);
    assert_eq!(
        records(&log, pid),
        [
            "clplogcmd: not delivered: killed after its time",
            "clplogcmd: delivery works again, 2 messages were lost"
        ]
    );
    assert_eq!(root.ids(), [1, 2, 7, 3]);
    assert_called_for_the_last(&root, 2);
}
