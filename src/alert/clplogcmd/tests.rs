//! Deliveries by real programs.

use super::*;
use crate::alert::testing::{Dir, script};
use clp_isa_core::event::Event;
use clp_isa_core::protocol::Protocol;
use core::time::Duration;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};

const NOW: Instant = Instant::new(Duration::from_secs(100));

fn notice(event: Event) -> Notice {
    Notice {
        id: event.id(),
        level: event.level(),
        message: event.message(Protocol::Http, "web"),
    }
}

fn command(dir: &Dir, body: &str) -> Clplogcmd {
    let path = dir.path().join("clplogcmd");
    script(&path, body);
    Clplogcmd::new(&path)
}

#[test]
fn arguments_and_surroundings() {
    let dir = Dir::new();
    let out = dir.path().join("out");
    let body = format!(
        "for word; do printf '%s|' \"$word\"; done >>{0}; pwd >>{0}",
        out.display()
    );
    let mut command = command(&dir, &body);
    for event in [Event::Failed, Event::Watching] {
        command.send(notice(event), NOW).unwrap();
        command.await_children();
        assert_eq!(command.poll_ended(), Some(Ok(())));
        assert_eq!(command.poll_ended(), None);
    }
    assert_eq!(
        fs::read_to_string(out).unwrap(),
        "-m|clp_httpmon detected an error and will be terminated. [ID:web]|-l|ERR|-i|6|--alert|/\n\
         -m|clp_httpmon will start monitoring the HTTP daemon. [ID:web]|-l|INFO|-i|2|--alert|/\n"
    );
}

#[test]
fn failures_are_told_apart() {
    let dir = Dir::new();
    for (body, error) in [
        ("exit 3", ClplogcmdError::Exit(3)),
        ("kill -9 $$", ClplogcmdError::Signal(9)),
    ] {
        let mut command = command(&dir, body);
        command.send(notice(Event::Failed), NOW).unwrap();
        command.await_children();
        assert_eq!(command.poll_ended(), Some(Err(error)));
    }
    let path = dir.path().join("plain");
    fs::write(&path, "not executable").unwrap();
    assert_eq!(
        Clplogcmd::new(&path).send(notice(Event::Failed), NOW),
        Err(ClplogcmdError::Start(sys::Error::of("spawn")(
            Failure::EACCES
        )))
    );
}

#[test]
fn what_others_can_change_is_not_run() {
    let dir = Dir::new();
    let (there, linked) = (dir.path().join("there"), dir.path().join("linked"));
    let (program, link) = (there.join("clplogcmd"), linked.join("clplogcmd"));
    script(&program, "exit 0");
    fs::create_dir(&linked).unwrap();
    symlink(&program, &link).unwrap();
    let chmod = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    let send = |path| Clplogcmd::new(path).send(notice(Event::Failed), NOW);
    let others = Err(ClplogcmdError::Unsafe(UnsafePath::Writable));
    for path in [&program, &link] {
        assert_eq!(send(path), Ok(()));
        for part in [&there, &program] {
            // No sticky bit helps: whoever may write there may put a program there.
            for mode in [0o757, 0o1757, 0o777] {
                chmod(part, mode).unwrap();
                assert_eq!(send(path), others, "{part:?} {mode:o}");
            }
            chmod(part, 0o755).unwrap();
        }
    }
    chmod(&linked, 0o757).unwrap();
    assert_eq!(send(&link), others);
}

#[test]
fn a_missing_command_is_no_loss_and_may_appear_later() {
    let dir = Dir::new();
    for missing in ["none", "none/clplogcmd"] {
        let path = dir.path().join(missing);
        let mut command = Clplogcmd::new(&path);
        assert_eq!(command.send(notice(Event::Failed), NOW), Ok(()));
        assert!(command.running.is_empty() && command.waiting.is_empty());
    }
    let path = dir.path().join("later");
    let mut command = Clplogcmd::new(&path);
    command.send(notice(Event::Failed), NOW).unwrap();
    script(&path, "exit 0");
    command.send(notice(Event::Failed), NOW).unwrap();
    command.await_children();
    assert_eq!(command.poll_ended(), Some(Ok(())));
}

#[test]
fn a_hanging_command_is_killed_with_its_descendants() {
    let dir = Dir::new();
    let fifo = dir.path().join("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let mut command = command(
        &dir,
        &format!(
            "exec >{}; (sleep 20; echo late) & echo ready; wait",
            fifo.display()
        ),
    );
    command.send(notice(Event::Failed), NOW).unwrap();
    let mut output = BufReader::new(File::open(&fifo).unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");

    let deadline = NOW + CLPLOGCMD_TIME;
    assert_eq!(command.poll_timeout(), Some(deadline));
    let just_before = Instant::new(deadline.since_zero() - Duration::from_nanos(1));
    assert_eq!(command.poll_overdue(just_before), None);
    assert_eq!(
        command.poll_overdue(deadline),
        Some(ClplogcmdError::TimedOut)
    );
    assert_eq!(command.poll_overdue(deadline), None);
    assert_eq!(command.poll_timeout(), None);

    // The end of the file comes when the last of the group is gone.
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    command.await_children();
    assert_eq!(command.poll_ended(), None, "counted twice");
    assert!(command.running.is_empty());
}

#[test]
fn four_run_eight_wait_the_rest_is_lost() {
    let dir = Dir::new();
    let gate = dir.path().join("gate");
    mkfifo(&gate, Mode::S_IRWXU).unwrap();
    // Each child ends when the gate has a writer.
    let mut command = command(&dir, &format!("read line <{}; exit 0", gate.display()));
    for _ in 0..CLPLOGCMD_RUNNING + CLPLOGCMD_WAITING {
        command.send(notice(Event::Failed), NOW).unwrap();
    }
    assert_eq!(
        command.send(notice(Event::Failed), NOW),
        Err(ClplogcmdError::Crowded)
    );
    assert_eq!(command.running.len(), CLPLOGCMD_RUNNING);
    assert_eq!(command.poll_start(NOW), None);
    // Read and write: opening it waits for nobody, and every reader finds a line.
    let mut writer = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&gate)
        .unwrap();
    io::Write::write_all(&mut writer, "\n".repeat(100).as_bytes()).unwrap();
    let mut delivered = 0;
    while !command.running.is_empty() {
        command.await_children();
        while let Some(outcome) = command.poll_ended() {
            assert_eq!(outcome, Ok(()));
            delivered += 1;
        }
        while let Some(started) = command.poll_start(NOW) {
            assert_eq!(started, Ok(()));
        }
    }
    assert_eq!(delivered, CLPLOGCMD_RUNNING + CLPLOGCMD_WAITING);
}
