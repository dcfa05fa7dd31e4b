//! The tracer that has a call of a running monitor fail.

use super::cell::Cell;
use crate::support::{Root, wait_for};
use nix::sys::signal::Signal;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// strace on a running monitor. Detached at the end.
pub(super) struct Tracer {
    child: Child,
    log: PathBuf,
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.detach();
    }
}

impl Tracer {
    /// Has the call fail in the process `pid`, as the cell says.
    pub(super) fn attach(cell: Cell, root: &Root, pid: u32) -> Self {
        let Cell {
            call,
            error,
            occurrence,
            last,
            ..
        } = cell;
        let call = names(call);
        let log = root.join("strace");
        let mut command = Command::new("strace");
        command
            .args([
                "-qq",
                "-p",
                &pid.to_string(),
                "-e",
                &format!("trace={call}"),
            ])
            .args([
                "-e",
                &format!("inject={call}:error={error}:when={occurrence}..{last}"),
                "-o",
            ])
            .arg(&log)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let tracer = Self {
            child: command.spawn().unwrap(),
            log,
        };
        wait_for(&format!("{cell} to be traced"), || {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let is_traced = !status.contains("TracerPid:\t0\n");
            // The call may have failed, and the monitor ended, before we looked.
            (is_traced || tracer.injected()).then_some(())
        });
        tracer
    }

    fn detach(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _ = nix::sys::signal::kill(pid, Signal::SIGINT);
        let _ = self.child.wait();
    }

    /// Detaches. Says whether the call has failed: all is written by then.
    pub(super) fn end(mut self) -> bool {
        self.detach();
        self.injected()
    }

    pub(super) fn injected(&self) -> bool {
        fs::read_to_string(&self.log)
            .unwrap_or_default()
            .contains("(INJECTED)")
    }
}

/// What the C libraries, each on each architecture, make of one call, as strace names it; a `?` before what there is
/// not everywhere.
fn names(call: &str) -> &str {
    match call {
        "clone3" => "?clone3,?clone,?fork,?vfork",
        "epoll_wait" => "?epoll_wait,?epoll_pwait",
        "newfstatat" => "?newfstatat,?statx,?lstat,?stat,?fstatat64,?lstat64,?stat64",
        "openat" => "?openat,?open",
        "statx" => "?statx,?fstat,?fstat64",
        "unlinkat" => "?unlinkat,?unlink",
        _ => call,
    }
}
