//! Processes as `/proc` shows them.

use super::wait_for;
use std::fs;

/// The processes whose parent is `pid`, zombies too.
pub(crate) fn children_of(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|child| stat(*child).is_some_and(|(_, parent)| parent == pid))
        .collect()
}

/// Whether a process has ended. Its zombie may be there: it waits for whoever inherits orphans here.
pub(crate) fn has_ended(pid: u32) -> bool {
    matches!(stat(pid), None | Some(('Z' | 'X', _)))
}

/// Waits until a process has ended.
#[track_caller]
pub(crate) fn wait_until_ended(pid: u32) {
    wait_for("the process' end", || has_ended(pid).then_some(()));
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}
