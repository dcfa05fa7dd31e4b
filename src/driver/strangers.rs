//! Children that this process did not start: what a start script left running when it became the monitor, and, where the
//! monitor is process 1 of a container, everybody's orphans.
//!
//! Owns reaping them once they have ended: a zombie takes a process number until somebody asks for its end. Looks first
//! and takes only strangers: the ends of our own children belong to those who started them.

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::Pid;

/// Whichever child comes first (waitpid(2)).
const ANY: i32 = -1;
/// Reaped in a row; more wait for the next child's end.
const IN_A_ROW: u8 = 64;

/// Reaps the strangers that have ended. To be called when SIGCHLD has come and our own children are reaped.
pub(super) fn reap(is_ours: impl Fn(Pid) -> bool) {
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
    for _ in 0..IN_A_ROW {
        let pid = match waitid(Id::All, ended | WaitPidFlag::WNOWAIT) {
            Ok(status) => status.pid(),
            // A real-time signal has ended one, and nix cannot tell which. It would stand in the way of all others; should it
            // be one of ours, how it has ended is known to nobody.
            Err(Errno::EINVAL) => Some(Pid::from_raw(ANY)),
            Err(_) => None,
        };
        // None that has ended, or one of ours that has just now: SIGCHLD comes for it, too.
        let Some(pid) = pid.filter(|&pid| !is_ours(pid)) else {
            return;
        };
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
    }
}
