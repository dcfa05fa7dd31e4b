//! Children that this process did not start: what a start script left running when it became the monitor, and, where the
//! monitor is process 1 of a container, everybody's orphans.
//!
//! Owns reaping them once they have ended: a zombie takes a process number until somebody asks for its end. Looks first
//! and takes only strangers: the ends of our own children belong to those who started them.

use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::Pid;

/// Reaped in a row; more wait for the next child's end.
const IN_A_ROW: u8 = 64;

/// Reaps the strangers that have ended. To be called when SIGCHLD has come and our own children are reaped.
pub(super) fn reap(is_ours: impl Fn(Pid) -> bool) {
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
    for _ in 0..IN_A_ROW {
        // No child at all, none that has ended, or one that a real-time signal has: that one nix cannot tell of.
        let Some(pid) = waitid(Id::All, ended | WaitPidFlag::WNOWAIT)
            .ok()
            .and_then(|status| status.pid())
        else {
            return;
        };
        // One of ours that has ended just now: SIGCHLD comes for it, too.
        if is_ours(pid) {
            return;
        }
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
    }
}
