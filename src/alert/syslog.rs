//! The node's syslog, spoken to directly.
//!
//! Owns one unbound datagram socket and the form of a message. Each message is sent to the daemon's path by name,
//! so a daemon that was restarted needs no reconnecting. Never waits: what the daemon does not take at once is lost.

use crate::calendar::Stamp;
use crate::event::{Level, Message};
use crate::failed::Named;
use crate::limits::LINE_MAX;
use crate::module::Module;
use crate::text::append;
use crate::units::Errno;
use arrayvec::ArrayString;
use core::fmt;
use nix::libc::ENAMETOOLONG;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// Facility `daemon` in place (RFC 3164, 4.1.1).
const DAEMON: u8 = 3 << 3;
const ERROR: u8 = 3;
const INFORMATIONAL: u8 = 6;

/// Why a message did not reach the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyslogError {
    call: &'static str,
    errno: Errno,
}

impl fmt::Display for SyslogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, Named(self.errno))
    }
}

/// What a message says besides its time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) module: Module,
    pub(super) pid: u32,
    pub(super) level: Level,
    pub(super) id: u8,
    pub(super) message: &'a Message,
}

/// The way to the syslog daemon.
#[derive(Debug)]
pub(super) struct Syslog {
    /// `None` for a path that no socket address holds (unix(7): 108 bytes).
    address: Option<SocketAddr>,
    /// `None` as long as it could not be made.
    socket: Option<UnixDatagram>,
}

impl Syslog {
    /// The daemon that listens, now or later, at `path`.
    pub(super) fn open(path: &Path) -> Self {
        Self {
            address: SocketAddr::from_pathname(path).ok(),
            socket: socket().ok(),
        }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// The call that failed and its errno: nobody listens, the daemon's queue is full, no socket could be made.
    pub(super) fn send(&mut self, stamp: Stamp, entry: Entry<'_>) -> Result<(), SyslogError> {
        self.transmit(&datagram(stamp, entry))
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// As `send`.
    pub(super) fn transmit(&mut self, datagram: &str) -> Result<(), SyslogError> {
        let failed = |call| {
            move |error: io::Error| SyslogError {
                call,
                errno: Errno::from(&error),
            }
        };
        let Some(address) = &self.address else {
            return Err(SyslogError {
                call: "sendto",
                errno: Errno(ENAMETOOLONG),
            });
        };
        let socket = match &mut self.socket {
            Some(socket) => socket,
            missing => missing.insert(socket().map_err(failed("socket"))?),
        };
        // A datagram goes whole or not at all.
        socket
            .send_to_addr(datagram.as_bytes(), address)
            .map(|_| ())
            .map_err(failed("sendto"))
    }
}

/// Unbound, non-blocking, close-on-exec.
fn socket() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// What stands in front of every message, in the traditional form, as syslog(3) writes it to the local socket:
/// without a host name.
pub(super) fn head(stamp: Stamp, level: Level, module: Module, pid: u32) -> ArrayString<LINE_MAX> {
    let severity = match level {
        Level::Info => INFORMATIONAL,
        Level::Error => ERROR,
    };
    let mut text = ArrayString::new();
    append(
        &mut text,
        format_args!(
            "<{}>{} {}[{pid}]: ",
            DAEMON | severity,
            stamp.traditional(),
            module.facts().command,
        ),
    );
    text
}

fn datagram(stamp: Stamp, entry: Entry<'_>) -> ArrayString<LINE_MAX> {
    let mut text = head(stamp, entry.level, entry.module, entry.pid);
    append(
        &mut text,
        format_args!(
            "<type: {}><event: {}> {}",
            entry.module.facts().name,
            entry.id,
            entry.message
        ),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{Folder, WALL, receive};
    use crate::calendar::Calendar;
    use crate::event::Event;
    use crate::registry::scratch::close;
    use nix::libc::{EAGAIN, ECONNREFUSED, ENOENT, EPROTOTYPE};
    use std::fs;
    use std::os::unix::net::UnixListener;

    fn send(syslog: &mut Syslog, module: Module, event: Event) -> Result<(), SyslogError> {
        syslog.send(
            Calendar::load().local(WALL),
            Entry {
                module,
                pid: 42,
                level: event.level(),
                id: event.id(),
                message: &event.message(module, "web"),
            },
        )
    }

    const fn lost(errno: i32) -> Result<(), SyslogError> {
        Err(SyslogError {
            call: "sendto",
            errno: Errno(errno),
        })
    }

    #[test]
    fn traditional_form() {
        let folder = Folder::new();
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open(&path);
        let time = Calendar::load().local(WALL).traditional();
        send(&mut syslog, Module::Http, Event::Failed).unwrap();
        assert_eq!(
            receive(&daemon).unwrap(),
            format!(
                "<27>{time} clp_httpmon[42]: <type: httpmon><event: 6> \
                 clp_httpmon detected an error and will be terminated. [ID:web]"
            )
        );
        send(&mut syslog, Module::Smtp, Event::Paused).unwrap();
        assert_eq!(
            receive(&daemon).unwrap(),
            format!(
                "<30>{time} clp_smtpmon[42]: <type: smtpmon><event: 7> \
                 clp_smtpmon will stop monitoring. [ID:web]"
            )
        );
    }

    #[test]
    fn a_restarted_daemon_is_found_again() {
        let folder = Folder::new();
        let path = folder.path().join("log");
        let mut syslog = Syslog::open(&path);
        assert_eq!(send(&mut syslog, Module::Http, Event::Failed), lost(ENOENT));
        for _ in 0..2 {
            let daemon = UnixDatagram::bind(&path).unwrap();
            send(&mut syslog, Module::Http, Event::Failed).unwrap();
            assert!(receive(&daemon).is_some());
            close(daemon, &path);
            assert_eq!(
                send(&mut syslog, Module::Http, Event::Failed),
                lost(ECONNREFUSED)
            );
            fs::remove_file(&path).unwrap();
        }
        let _stream = UnixListener::bind(&path).unwrap();
        assert_eq!(
            send(&mut syslog, Module::Http, Event::Failed),
            lost(EPROTOTYPE)
        );
    }

    #[test]
    fn a_daemon_that_does_not_read_blocks_nothing() {
        let folder = Folder::new();
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open(&path);
        // Bounded by the send buffer: far less than a million datagrams.
        let refused = (0..1_000_000)
            .map(|_| send(&mut syslog, Module::Http, Event::Failed))
            .find(Result::is_err);
        assert_eq!(refused, Some(lost(EAGAIN)));
        while receive(&daemon).is_some() {}
        send(&mut syslog, Module::Http, Event::Failed).unwrap();
    }

    #[test]
    fn a_path_too_long_for_an_address_is_lost() {
        let path = Path::new("/tmp").join("x".repeat(200));
        let mut syslog = Syslog::open(&path);
        assert_eq!(
            send(&mut syslog, Module::Http, Event::Failed),
            lost(ENAMETOOLONG)
        );
    }
}
