//! Tests of the log file: many writers, rotation, refusals, a node out of descriptors or disk.

use super::*;
use crate::alert::testing::{Dir, again, inside, succeed};
use clp_isa_core::limits::LINE_MAX;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use nix::unistd::mkfifo;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

fn line(text: &str) -> Line {
    Line::new(format_args!("{text}"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn old(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// Ten processes write `count` lines each to one log; gives back both generations, older first.
fn ten_writers(test: &str, count: usize, dir: &Path) -> String {
    let children: Vec<_> = (0..10)
        .map(|writer| {
            again(test, "", dir)
                .env("WRITER", writer.to_string())
                .env("COUNT", count.to_string())
                .spawn()
                .unwrap()
        })
        .collect();
    children.into_iter().for_each(succeed);
    let path = dir.join("x.log");
    for file in [&path, &old(&path)] {
        let size = fs::metadata(file).unwrap().len();
        assert!(size <= LOG_REFUSED, "{file:?} has {size} bytes");
    }
    read(&old(&path)) + &read(&path)
}

fn write_as_one_of_ten(dir: &Path) {
    let number = |name: &str| std::env::var(name).unwrap().parse::<usize>().unwrap();
    let (writer, count) = (number("WRITER"), number("COUNT"));
    let mut log = LogFile::open(&dir.join("x.log"));
    for index in 0..count {
        log.write(&line(&numbered(writer, index))).unwrap();
    }
}

/// A line that shows where it was torn.
fn numbered(writer: usize, index: usize) -> String {
    format!("<{writer} {index} {}>", "x".repeat(80 | index & 31))
}

#[test]
fn ten_processes_and_one_rotation_lose_no_line() {
    if let Some(dir) = inside() {
        return write_as_one_of_ten(&dir);
    }
    let dir = Dir::new();
    let count = 1400;
    let text = ten_writers(
        "logfile::tests::ten_processes_and_one_rotation_lose_no_line",
        count,
        dir.path(),
    );
    assert!(text.len() as u64 > LOG_MAX, "no rotation was needed");
    let found: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let expected: BTreeSet<String> = (0..10)
        .flat_map(|writer| (0..count).map(move |index| numbered(writer, index)))
        .collect();
    assert_eq!(found, expected.iter().map(String::as_str).collect());
    let lines = text.lines().filter(|line| !line.is_empty()).count();
    assert_eq!(lines, expected.len(), "a line twice");
}

#[test]
fn ten_processes_and_many_rotations_tear_no_line() {
    if let Some(dir) = inside() {
        return write_as_one_of_ten(&dir);
    }
    let dir = Dir::new();
    let count = 6000;
    let text = ten_writers(
        "logfile::tests::ten_processes_and_many_rotations_tear_no_line",
        count,
        dir.path(),
    );
    let mut newest = [None; 10];
    for line in text.lines().filter(|line| !line.is_empty()) {
        let mut words = line.trim_start_matches('<').split(' ');
        let mut number = || words.next().unwrap().parse::<usize>().unwrap();
        let (writer, index) = (number(), number());
        assert_eq!(line, numbered(writer, index));
        // What is kept of a writer has no gap: it is its newest lines, in order.
        assert!(
            newest[writer].is_none_or(|before| index == before + 1),
            "{line}"
        );
        newest[writer] = Some(index);
    }
    // A writer that was done before the last two rotations has nothing left; the last one to write does.
    assert!(newest.contains(&Some(count - 1)));
    for index in newest.into_iter().flatten() {
        assert_eq!(index, count - 1);
    }
}

#[test]
fn a_rotated_or_removed_file_is_followed() {
    let dir = Dir::new();
    let path = dir.path().join("x.log");
    let mut log = LogFile::open(&path);
    log.write(&line("one")).unwrap();
    fs::rename(&path, old(&path)).unwrap();
    log.write(&line("two")).unwrap();
    assert_eq!(
        (read(&old(&path)), read(&path)),
        ("one\n".into(), "two\n".into())
    );
    fs::remove_file(&path).unwrap();
    log.write(&line("three")).unwrap();
    assert_eq!(read(&path), "three\n");
    assert_eq!(read(&old(&path)), "one\n");
}

#[test]
fn rotation_keeps_one_old_generation() {
    let dir = Dir::new();
    let path = dir.path().join("x.log");
    let full = "x".repeat(usize::try_from(LOG_MAX).unwrap() - 1) + "\n";
    fs::write(&path, &full).unwrap();
    fs::write(old(&path), "older\n").unwrap();
    LogFile::open(&path).write(&line("new")).unwrap();
    assert_eq!(read(&path), "new\n");
    assert!(read(&old(&path)) == full);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
}

#[test]
fn a_frozen_lock_holder_stops_nothing_until_the_second_limit() {
    for exclusive in [true, false] {
        let dir = Dir::new();
        let path = dir.path().join("x.log");
        let mut log = LogFile::open(&path);
        let holder = File::open(&path).unwrap();
        if exclusive {
            holder.lock().unwrap();
        } else {
            holder.lock_shared().unwrap();
        }
        let long = line(&"x".repeat(LINE_MAX));
        let written = (0..10_000).take_while(|_| log.write(&long).is_ok()).count();
        let size = fs::metadata(&path).unwrap().len();
        assert_eq!(size, (written * LINE_MAX) as u64);
        assert!(size <= LOG_REFUSED && size > LOG_REFUSED - 2 * LINE_MAX as u64);
        assert_eq!(log.write(&long), Err(LogError::Full));
        // Not by closing: another test's child may have a copy of the descriptor for a moment.
        holder.unlock().unwrap();
        log.write(&line("again")).unwrap();
        assert_eq!(read(&path), "again\n");
        assert_eq!(fs::metadata(old(&path)).unwrap().len(), size);
    }
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let dir = Dir::new();
    let path = dir.path().join("x.log");
    let target = dir.path().join("target");

    symlink(&target, &path).unwrap();
    assert_eq!(
        LogFile::open(&path).write(&line("x")),
        Err(LogError::NotRegular)
    );
    assert!(!target.exists());
    fs::write(&target, "kept").unwrap();
    assert_eq!(
        LogFile::open(&path).write(&line("x")),
        Err(LogError::NotRegular)
    );
    assert_eq!(read(&target), "kept");
    fs::remove_file(&path).unwrap();

    mkfifo(&path, Mode::S_IRWXU).unwrap();
    assert_eq!(
        LogFile::open(&path).write(&line("x")),
        Err(LogError::NotRegular)
    );
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    assert_eq!(
        LogFile::open(&path).write(&line("x")),
        Err(LogError::NotRegular)
    );
    fs::remove_dir(&path).unwrap();

    // Also when it takes the place of an open log, and not for ever.
    let mut log = LogFile::open(&path);
    fs::remove_file(&path).unwrap();
    symlink(&target, &path).unwrap();
    assert_eq!(log.write(&line("x")), Err(LogError::NotRegular));
    fs::remove_file(&path).unwrap();
    log.write(&line("x")).unwrap();
    assert_eq!((read(&path), read(&target)), ("x\n".into(), "kept".into()));
}

#[test]
fn a_removed_directory_is_made_again() {
    let dir = Dir::new();
    let above = dir.path().join("above");
    let path = above.join("log/x.log");
    let mut log = LogFile::open(&path);
    log.write(&line("one")).unwrap();
    fs::remove_dir_all(&above).unwrap();
    log.write(&line("two")).unwrap();
    log.write(&line("three")).unwrap();
    assert_eq!(read(&path), "two\nthree\n");
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let modes = [&path, path.parent().unwrap(), &above].map(mode);
    assert_eq!(modes, [0o640, 0o755, 0o755]);
}

#[test]
fn a_directory_that_cannot_be_made_loses_lines_until_it_is_there() {
    let dir = Dir::new();
    let above = dir.path().join("above");
    let path = above.join("log/x.log");
    for (in_the_way, error) in [
        (
            "file",
            LogError::System(sys::Error::of("lstat")(Failure::ENOTDIR)),
        ),
        (
            "dangling",
            LogError::System(sys::Error::of("mkdir")(Failure::ENOENT)),
        ),
    ] {
        match in_the_way {
            "file" => fs::write(&above, "").unwrap(),
            _ => symlink(dir.path().join("none"), &above).unwrap(),
        }
        let mut log = LogFile::open(&path);
        assert_eq!(log.write(&line("one")), Err(error));
        fs::remove_file(&above).unwrap();
        log.write(&line("two")).unwrap();
        assert_eq!(read(&path), "two\n");
        fs::remove_dir_all(&above).unwrap();
    }
}

#[test]
fn modes_are_exact_whatever_the_umask() {
    if let Some(dir) = inside() {
        for mask in [0, 0o022, 0o077] {
            umask(Mode::from_bits_truncate(mask));
            LogFile::open(&dir.join(mask.to_string()).join("log/x.log"));
        }
        return;
    }
    let dir = Dir::new();
    let test = "logfile::tests::modes_are_exact_whatever_the_umask";
    succeed(again(test, "", dir.path()).spawn().unwrap());
    for mask in [0, 0o022, 0o077] {
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
        let made = dir.path().join(mask.to_string());
        assert_eq!(mode(&made.join("log/x.log")), 0o640);
        assert_eq!(mode(&made.join("log")), 0o755);
        assert_eq!(mode(&made), 0o755);
    }

    let path = dir.path().join("x.log");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
    LogFile::open(&path).write(&line("x")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o604);
}

#[test]
fn a_line_after_a_torn_one_begins_on_its_own() {
    let dir = Dir::new();
    let path = dir.path().join("x.log");
    fs::write(&path, "torn").unwrap();
    let mut log = LogFile::open(&path);
    log.write(&line("one")).unwrap();
    log.write(&line("two")).unwrap();
    assert_eq!(read(&path), "torn\none\ntwo\n");
}

#[test]
fn a_short_write_is_a_lost_line() {
    let text = "x".repeat(900);
    if let Some(dir) = inside() {
        // As in every process of the program; the end-to-end tests show that it is so.
        SigSet::from(Signal::SIGXFSZ).thread_block().unwrap();
        let mut log = LogFile::open(&dir.join("x.log"));
        // The file may have 1024 bytes (below).
        log.write(&line(&text)).unwrap();
        assert_eq!(log.write(&line(&text)), Err(LogError::Short));
        let refused = Err(LogError::System(sys::Error::of("write")(Failure::EFBIG)));
        assert_eq!(log.write(&line(&text)), refused);
        return;
    }
    let dir = Dir::new();
    let test = "logfile::tests::a_short_write_is_a_lost_line";
    succeed(again(test, "ulimit -f 2", dir.path()).spawn().unwrap());
    let path = dir.path().join("x.log");
    LogFile::open(&path).write(&line("after")).unwrap();
    let torn = "x".repeat(1024 - 901);
    assert_eq!(read(&path), format!("{text}\n{torn}\nafter\n"));
}

#[test]
fn a_node_without_descriptors_still_has_its_log() {
    if let Some(dir) = inside() {
        let path = dir.join("x.log");
        let mut log = LogFile::open(&path);
        let mut spare = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            spare.push(file);
        }
        log.write(&line("one")).unwrap();
        // Rotated by another monitor: the old generation takes the line.
        fs::rename(&path, old(&path)).unwrap();
        log.write(&line("two")).unwrap();
        // Removed: its descriptor is the one that is needed.
        fs::remove_file(old(&path)).unwrap();
        log.write(&line("three")).unwrap();
        fs::rename(&path, old(&path)).unwrap();
        log.write(&line("four")).unwrap();
        spare.clear();
        log.write(&line("five")).unwrap();
        return;
    }
    let dir = Dir::new();
    let test = "logfile::tests::a_node_without_descriptors_still_has_its_log";
    succeed(again(test, "ulimit -n 32", dir.path()).spawn().unwrap());
    let path = dir.path().join("x.log");
    assert_eq!(read(&old(&path)), "three\nfour\n");
    assert_eq!(read(&path), "five\n");
}

#[test]
fn a_failed_call_is_told_with_what_it_was_made_for() {
    for (error, text) in [
        (
            LogError::System(sys::Error::of("write")(Failure::ENOSPC)),
            "write /log/a.log: No space left on device (ENOSPC, errno 28)",
        ),
        (
            LogError::System(sys::Error::of("mkdir")(Failure::EROFS)),
            "mkdir /log: Read-only file system (EROFS, errno 30)",
        ),
        (LogError::Short, "cut short"),
    ] {
        let told = fmt::from_fn(|f| error.tell(Path::new("/log/a.log"), f));
        assert_eq!(told.to_string(), text);
    }
}
