//! Looking a name up in a child process of the same binary, because the system's resolver blocks.
//!
//! Owns starting the child, what the child does, and the few lines it answers with. Waiting for it, its deadline
//! and its end are the caller's.
//!
//! The answer is text: the addresses, each a line (`192.0.2.1:0`, `[fe80::1%2]:0`), then the line `end`; or the
//! one line `error NUMBER`.

use super::add;
use crate::config::Addresses;
use crate::limits::{ADDRESSES_MAX, LOOKUP_ANSWER_MAX};
use arrayvec::ArrayVec;
use core::net::SocketAddr;
use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, getaddrinfo};
use nix::libc::{AF_UNSPEC, EAI_FAIL, EPIPE, SOCK_STREAM};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use static_assertions::const_assert;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// First argument of the child; the name follows.
pub const VERB: &str = "resolve";

/// The errno for an answer that breaks off: the node's doing, whatever the name server says.
pub const NOT_WHOLE: i32 = EPIPE;

/// The line that shows an answer to be whole.
const END: &str = "end";
/// What stands before the number of an error.
const ERROR: &str = "error ";

/// Longest address line: eight groups of four digits, a zone, brackets, port, line end.
const ADDRESS_LINE_MAX: usize = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:0\n".len();
const_assert!(
    LOOKUP_ANSWER_MAX
        > ADDRESSES_MAX
            .saturating_mul(ADDRESS_LINE_MAX)
            .saturating_add(END.len())
);

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

/// The child's side: looks `name` up, however long that takes, and writes the answer.
///
/// # Errors
/// What writing to `out` fails with.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the look-up child: it may block"
)]
pub fn run(name: &str, out: &mut impl io::Write) -> io::Result<()> {
    let hints = AddrInfoHints {
        address: AF_UNSPEC,
        socktype: SOCK_STREAM,
        ..AddrInfoHints::default()
    };
    match getaddrinfo(Some(name), None, Some(hints)) {
        // An address of a family that is neither IPv4 nor IPv6 could not be tried.
        Ok(answers) => write_addresses(answers.flatten().map(|answer| answer.sockaddr), out)?,
        Err(error) => writeln!(out, "{ERROR}{}", number_of(error))?,
    }
    out.flush()
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
        _ if number == 0 => EAI_FAIL,
        _ => number,
    }
}

fn write_addresses(
    answers: impl Iterator<Item = SocketAddr>,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let mut addresses = Addresses::new();
    for mut address in answers {
        address.set_port(0);
        add(&mut addresses, address);
    }
    for address in &addresses {
        writeln!(out, "{address}")?;
    }
    writeln!(out, "{END}")
}

/// The child's answer: `handle_received` for its bytes in any split, then `finish` when its output has ended.
#[derive(Debug, Clone, Default)]
pub struct LookupAnswer {
    text: ArrayVec<u8, LOOKUP_ANSWER_MAX>,
    too_long: bool,
}

impl LookupAnswer {
    /// An answer of which nothing was received.
    pub const fn new() -> Self {
        Self {
            text: ArrayVec::new_const(),
            too_long: false,
        }
    }

    /// These bytes arrived.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.text.try_push(byte).is_err() {
                self.too_long = true;
                return;
            }
        }
    }

    /// The addresses, at least one, with `port`.
    ///
    /// # Errors
    /// The number that the child gave. [`NOT_WHOLE`] if the answer is not whole: the child was killed or could not
    /// work. `EAI_FAIL` if it is whole but no answer, or has no address.
    pub fn finish(&self, port: u16) -> Result<Addresses, i32> {
        if self.too_long {
            return Err(EAI_FAIL);
        }
        let Some((b'\n', text)) = self.text.split_last() else {
            return Err(NOT_WHOLE);
        };
        let text = core::str::from_utf8(text).map_err(|_| EAI_FAIL)?;
        if let Some(number) = text.strip_prefix(ERROR) {
            let number = number.parse().ok().filter(|&number| number != 0);
            return Err(number.unwrap_or(EAI_FAIL));
        }

        let mut addresses = Addresses::new();
        let mut lines = text.split('\n');
        // Ends: takes a line each time round.
        for line in lines.by_ref() {
            if line == END {
                let is_answer = !addresses.is_empty() && lines.next().is_none();
                return if is_answer {
                    Ok(addresses)
                } else {
                    Err(EAI_FAIL)
                };
            }
            let mut address: SocketAddr = line.parse().map_err(|_| EAI_FAIL)?;
            address.set_port(port);
            add(&mut addresses, address);
        }
        Err(NOT_WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::libc::{EAI_NONAME, EAI_SYSTEM, ENFILE};
    use std::ffi::OsStr;

    fn finish(text: &[u8], chunk: usize) -> Result<Vec<String>, i32> {
        let mut answer = LookupAnswer::new();
        for bytes in text.chunks(chunk) {
            answer.handle_received(bytes);
        }
        let addresses = answer.finish(80)?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    fn answered(name: &str) -> String {
        let mut out = Vec::new();
        run(name, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn answers() {
        let ok = |addresses: &[&str]| Ok(addresses.iter().map(ToString::to_string).collect());
        let many: String = (0..20).map(|n| format!("10.0.0.{n}:0\n")).collect();
        let table: Vec<(&str, Result<Vec<String>, i32>)> = vec![
            ("10.0.0.1:0\nend\n", ok(&["10.0.0.1:80"])),
            (
                "[fe80::1%2]:0\n10.0.0.1:0\n10.0.0.1:0\nend\n",
                ok(&["[fe80::1%2]:80", "10.0.0.1:80"]),
            ),
            ("error -2\n", Err(EAI_NONAME)),
            ("error 24\n", Err(24)),
            // Not whole.
            ("", Err(NOT_WHOLE)),
            ("10.0.0.1:0\n", Err(NOT_WHOLE)),
            ("10.0.0.1:0\nend", Err(NOT_WHOLE)),
            ("error -2", Err(NOT_WHOLE)),
            // No answer.
            ("end\n", Err(EAI_FAIL)),
            ("\n", Err(EAI_FAIL)),
            ("10.0.0.1:0\nend\n\n", Err(EAI_FAIL)),
            ("10.0.0.1:0\nend\n10.0.0.2:0\n", Err(EAI_FAIL)),
            ("10.0.0.1:0\n\nend\n", Err(EAI_FAIL)),
            ("10.0.0.1:0\r\nend\n", Err(EAI_FAIL)),
            ("10.0.0.1\nend\n", Err(EAI_FAIL)),
            ("10.0.0.1:0\nerror -2\n", Err(EAI_FAIL)),
            ("error 0\n", Err(EAI_FAIL)),
            ("error x\n", Err(EAI_FAIL)),
            ("error -2\nend\n", Err(EAI_FAIL)),
        ];
        for (text, wanted) in table {
            for chunk in [1, 3, usize::MAX] {
                assert_eq!(finish(text.as_bytes(), chunk), wanted, "{text:?}");
            }
        }
        assert_eq!(finish(b"\xff\n", 1), Err(EAI_FAIL));
        assert_eq!(finish(&many.repeat(9).into_bytes(), 100), Err(EAI_FAIL));
        let most = finish(format!("{many}end\n").as_bytes(), 7).unwrap();
        assert_eq!(most.len(), ADDRESSES_MAX);
        assert_eq!(most[0], "10.0.0.0:80");
    }

    #[test]
    fn what_the_child_writes_is_what_is_read() {
        let group = "ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest: Vec<SocketAddr> = (1..=20)
            .map(|n| {
                format!("[{group}:fff{:x}%4294967295]:9", n % 16)
                    .parse()
                    .unwrap()
            })
            .collect();
        let mut out = Vec::new();
        write_addresses(longest.iter().chain(&longest).copied(), &mut out).unwrap();
        let read = finish(&out, 64).unwrap();
        assert_eq!(read.len(), ADDRESSES_MAX);
        assert_eq!(read[0], format!("[{group}:fff1%4294967295]:80"));
    }

    #[test]
    fn literals_are_answered_without_a_network() {
        assert_eq!(answered("127.0.0.1"), "127.0.0.1:0\nend\n");
        assert_eq!(answered("::1"), "[::1]:0\nend\n");
        assert_eq!(answered("fe80::1%1"), "[fe80::1%1]:0\nend\n");
        assert_eq!(answered("a\0b"), format!("error {EAI_FAIL}\n"));
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
