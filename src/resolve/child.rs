//! Looking a name up in a child process of the same binary, because the system's resolver blocks.
//!
//! Owns starting the child and what the child does; the form of its answer is `clp_isa_core::wire::lookup`'s. Waiting for
//! it, its deadline and its end are the caller's.

use clp_isa_core::errno::eai;
use clp_isa_core::wire::lookup::{render_addresses, render_error};
use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, getaddrinfo};
use nix::libc::{AF_UNSPEC, SOCK_STREAM};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// First argument of the child; the name follows.
pub const VERB: &str = "resolve";

/// Starts the look-up of `name`. The child answers on its standard output and is in a process group of its own, so
/// that a signal from the terminal does not reach it. Uses heap.
///
/// # Errors
/// What starting a process fails with.
pub fn spawn(name: &str) -> io::Result<Child> {
    command(name).spawn()
}

fn command(name: &str) -> Command {
    // The running binary itself, also when the file was replaced since (proc(5)).
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("clp_isa")
        .args([VERB, name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// Ties this process, a look-up child, to the monitor that started it: it is killed when that ends, however it ends.
/// Says whether the monitor is still there: if it ended before, nobody reads the answer any more.
pub fn follow_parent() -> bool {
    // Its one error is a signal that does not exist (PR_SET_PDEATHSIG(2const)).
    let _ = set_pdeathsig(Signal::SIGKILL);
    let stdout = io::stdout();
    let mut answer = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    // A process closes its files before its children are told that it ended: one of the two is always seen.
    let _ = poll(&mut answer, PollTimeout::ZERO);
    let [answer] = answer;
    !answer
        .revents()
        .is_some_and(|events| events.contains(PollFlags::POLLERR))
}

/// The child's side: looks `name` up, however long that takes. Gives the answer that the monitor is to read.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the look-up child: it may block"
)]
pub fn answer(name: &str) -> String {
    let hints = AddrInfoHints {
        address: AF_UNSPEC,
        socktype: SOCK_STREAM,
        ..AddrInfoHints::default()
    };
    match getaddrinfo(Some(name), None, Some(hints)) {
        // An address of a family that is neither IPv4 nor IPv6 could not be tried.
        Ok(answers) => {
            let addresses = answers.flatten().map(|answer| answer.sockaddr);
            render_addresses(addresses).to_string()
        }
        Err(error) => render_error(number_of(error)).to_string(),
    }
}

/// The number that tells most of the error: that of the `EAI_` constant (negative), or the errno (positive) where
/// the constant only says that there is one.
fn number_of(error: LookupError) -> i32 {
    let number = error.error_num();
    match error.kind() {
        LookupErrorKind::System => io::Error::from(error)
            .raw_os_error()
            .filter(|&errno| errno > 0)
            .unwrap_or(number),
        // The library refused the name before any look-up.
        _ if number == 0 => eai::FAIL,
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc::{EAI_FAIL, EAI_NONAME, EAI_SYSTEM, ENFILE};
    use std::ffi::OsStr;

    #[test]
    fn literals_are_answered_without_a_network() {
        assert_eq!(answer("127.0.0.1"), "127.0.0.1:0\nend\n");
        assert_eq!(answer("::1"), "[::1]:0\nend\n");
        assert_eq!(answer("fe80::1%1"), "[fe80::1%1]:0\nend\n");
        assert_eq!(answer("a\0b"), format!("error {EAI_FAIL}\n"));
    }

    #[test]
    fn the_errno_stands_for_the_number_that_only_says_there_is_one() {
        assert_eq!(number_of(LookupError::new(EAI_NONAME)), EAI_NONAME);
        nix::errno::Errno::ENFILE.set();
        assert_eq!(number_of(LookupError::new(EAI_SYSTEM)), ENFILE);
        nix::errno::Errno::clear();
        assert_eq!(number_of(LookupError::new(EAI_SYSTEM)), EAI_SYSTEM);
    }

    /// Only looked at, not run: here the running binary is this test.
    #[test]
    fn the_child_is_the_running_binary() {
        let command = command("-x");
        assert_eq!(command.get_program(), OsStr::new("/proc/self/exe"));
        assert!(command.get_args().eq([VERB, "-x"].map(OsStr::new)));
        assert_eq!(command.get_envs().len(), 0);
    }
}
