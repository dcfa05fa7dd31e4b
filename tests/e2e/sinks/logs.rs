//! The log directory: missing, read-only, full.

use super::*;
use crate::support::programs::can_mount;
use crate::support::{binary, is_root, skip};
use std::fs::File;
use std::os::fd::AsRawFd;

/// The numbers of the checks whose failure is recorded.
fn tries(records: &[String]) -> Vec<usize> {
    let number = |record: &String| {
        let rest = record.strip_prefix("check failed, try ")?;
        Some(rest.split_once('/')?.0.parse().unwrap())
    };
    records.iter().filter_map(number).collect()
}

/// What is in the two logs of a directory; all of it whole lines.
#[derive(Default)]
struct Logged {
    alerts: Vec<String>,
    records: Vec<String>,
}

fn read(folder: &Path, pid: u32) -> Logged {
    let alerts = fs::read_to_string(folder.join("isa_alert.log")).unwrap_or_default();
    let text = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        assert_eq!(fields.len(), 6, "{line:?}");
        fields[5].to_owned()
    };
    Logged {
        alerts: alerts.lines().map(text).collect(),
        records: records(&folder.join("httpmon.log"), pid),
    }
}

/// What was logged before and after an outage, and what was told of it, make up all there was: `all` is what syslog
/// got meanwhile.
#[track_caller]
fn assert_all_accounted_for(before: &Logged, after: &Logged, all: &[String]) {
    let one = |sink| match told_losses(&after.records, sink).as_slice() {
        [count] => *count,
        other => panic!("{sink}: {other:?} in {:?}", after.records),
    };
    let lost_alerts = one("alert log");
    let (first, last) = (before.alerts.len(), before.alerts.len() + lost_alerts);
    assert_eq!(before.alerts, all[..first]);
    assert_eq!(after.alerts, all[last..]);
    assert!(lost_alerts >= 2, "{lost_alerts} alerts were lost");

    let (before, told) = (tries(&before.records), one("failure log"));
    let tries = tries(&after.records);
    // The note of the alert log's outage is lost, too.
    let first = before.len() + told - 1 + 1;
    assert_eq!(before, (1..=before.len()).collect::<Vec<_>>());
    assert_eq!(tries, (first..first + tries.len()).collect::<Vec<_>>());
    assert!(tries.len() >= 2, "{tries:?}");
}

/// Waits until the monitor has told of the outage's end in both logs, and for two checks more.
#[track_caller]
fn wait_for_the_end(folder: &Path, pid: u32, grumbler: &Grumbler) {
    wait_for("the counts", || {
        let records = records(&folder.join("httpmon.log"), pid);
        let told = |sink| !told_losses(&records, sink).is_empty();
        (told("alert log") && told("failure log")).then_some(())
    });
    grumbler.wait_for_checks(2);
}

/// Each gets the other's name, at once.
fn exchange(one: &Path, other: &Path) {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE).unwrap();
}

#[test]
fn a_folder_that_gives_way_to_a_file_and_comes_back() {
    let root = Root::new();
    let daemon = Daemon::start(&root);
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    let pid = monitor.pid();
    let (folder, away) = (root.log_dir(), root.join("away"));
    grumbler.wait_for_checks(2);
    fs::write(&away, "in the folder's place").unwrap();
    exchange(&folder, &away);
    grumbler.wait_for_checks(3);
    fs::remove_file(&folder).unwrap();
    wait_for_the_end(&folder, pid, &grumbler);
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    let (before, after) = (read(&away, pid), read(&folder, pid));
    assert_all_accounted_for(&before, &after, &daemon.stop(pid));
}

/// Somebody cleans up under a running monitor: not a line is lost.
#[test]
fn a_removed_directory_is_made_again_with_the_next_line() {
    let root = Root::new();
    let grumbler = Grumbler::start();
    let monitor = grumbler.watch(&root);
    grumbler.wait_for_checks(2);
    // Again, if the monitor writes just as the directory is emptied.
    wait_for("an end of the directory", || {
        fs::remove_dir_all(root.join("opt/nec/clusterpro")).ok()
    });
    // Of the check that was running then the lines may have been written before.
    grumbler.wait_for_checks(3);
    let logged = read(&root.log_dir(), monitor.pid());
    assert!(logged.alerts.len() >= 2, "{:?}", logged.alerts);
    assert!(tries(&logged.records).len() >= 2, "{:?}", logged.records);
    assert!(!logged.records.iter().any(|record| record.contains("log:")));
    let logs = root.log_dir();
    assert_eq!(mode(&logs), 0o755);
    for log in ["isa_alert.log", "httpmon.log"] {
        assert_eq!(mode(logs.join(log)), 0o640, "{log}");
    }
    grumbler.assert_in_time(&monitor);
    stop(monitor);
}

/// A monitor in a mount namespace of its own, after the shell commands `setup`, for which `$LOG` is the log directory.
fn watch_apart(root: &Root, grumbler: &Grumbler, setup: &str) -> Monitor {
    let mut command = Command::new("unshare");
    command
        .args([
            "-m",
            "/bin/sh",
            "-ec",
            &format!("{setup}\nexec \"$@\""),
            "sh",
        ])
        .arg(binary())
        .arg("httpmon")
        .args(grumbler.arguments())
        .env("CLP_ISA_ROOT", root.path())
        .env("LOG", root.log_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Monitor::spawn(&mut command)
}

#[test]
fn a_read_only_folder() {
    let root = Root::new();
    let folder = root.log_dir();
    fs::create_dir_all(&folder).unwrap();
    let daemon = Daemon::start(&root);
    let grumbler = Grumbler::start();
    // Rights do not hold root up, a read-only file system does.
    let monitor = if is_root() {
        if !can_mount() {
            return skip("no mount namespace to be had");
        }
        let setup = r#"mount --bind "$LOG" "$LOG"; mount -o remount,bind,ro "$LOG""#;
        watch_apart(&root, &grumbler, setup)
    } else {
        chmod(&folder, 0o555);
        grumbler.watch(&root)
    };
    let pid = monitor.pid();
    grumbler.wait_for_checks(3);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    if is_root() {
        let status = Command::new("nsenter")
            .args([
                "-m",
                "-t",
                &pid.to_string(),
                "mount",
                "-o",
                "remount,bind,rw",
            ])
            .arg(&folder)
            .status()
            .unwrap();
        assert!(status.success());
    } else {
        chmod(&folder, 0o755);
    }
    wait_for_the_end(&folder, pid, &grumbler);
    grumbler.assert_in_time(&monitor);
    stop(monitor);
    assert_all_accounted_for(&Logged::default(), &read(&folder, pid), &daemon.stop(pid));
}

/// Both logs are there already, on a file system without a free page: the failure log ends with a full page, the alert
/// log has 40 bytes left, so that the first line is torn.
const FULL: &str = r#"
mkdir -p "$LOG"
mount -t tmpfs -o size=64k none "$LOG"
{ head -c 4055 /dev/zero | tr '\0' x; echo; } >"$LOG/isa_alert.log"
{ head -c 4095 /dev/zero | tr '\0' x; echo; } >"$LOG/httpmon.log"
! cat /dev/zero >"$LOG/fill" 2>/dev/null"#;

#[test]
fn a_full_disk() {
    if !can_mount() {
        return skip("no mount namespace to be had");
    }
    let root = Root::new();
    let daemon = Daemon::start(&root);
    let grumbler = Grumbler::start();
    let monitor = watch_apart(&root, &grumbler, FULL);
    let pid = monitor.pid();
    grumbler.wait_for_checks(1);
    // The directory as the monitor sees it; held, so that it can be read after the monitor's end.
    let folder = format!("/proc/{pid}/root{}", root.log_dir().display());
    let held = File::open(folder).unwrap();
    let folder = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    grumbler.wait_for_checks(3);
    let size = |name: &str| fs::metadata(folder.join(name)).unwrap().len();
    assert_eq!((size("isa_alert.log"), size("httpmon.log")), (4096, 4096));
    fs::remove_file(folder.join("fill")).unwrap();
    wait_for("a line", || (size("httpmon.log") > 4096).then_some(()));
    grumbler.wait_for_checks(2);
    grumbler.assert_in_time(&monitor);
    stop(monitor);

    // Without what was there before, and the line that was torn.
    let mut begins = Vec::new();
    for (name, lines) in [("isa_alert.log", 2), ("httpmon.log", 1)] {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let parts: Vec<_> = text.splitn(lines + 1, '\n').collect();
        fs::write(root.join(name), parts[lines]).unwrap();
        begins.push(
            parts[..lines]
                .iter()
                .map(|part| part.len())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(begins, [vec![4055, 40], vec![4095]]);
    assert_all_accounted_for(
        &Logged::default(),
        &read(root.path(), pid),
        &daemon.stop(pid),
    );
}
