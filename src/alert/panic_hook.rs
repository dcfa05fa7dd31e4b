//! What a monitor says when it panics: one line to the node's syslog, then it ends.
//!
//! Owns the panic hook and the form of its line. The line is no event of the guide and reaches no other sink: a
//! program that found itself wrong does as little as possible.

use super::syslog::Syslog;
use crate::paths::Paths;
use crate::sys::time_zone;
use arrayvec::ArrayString;
use clp_isa_core::event::Level;
use clp_isa_core::limits::LINE_MAX;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::text::Clean;
use clp_isa_core::text::append;
use clp_isa_core::time::UnixTime;
use clp_isa_core::time_zone::LocalTime;
use clp_isa_core::wire::alert::syslog_head;
use core::fmt;
use std::panic::{self, Location, PanicHookInfo};

/// From now on a panic of this process is told to syslog, and not to standard error, which nobody may read and which
/// a monitor leaves alone. `clock` is asked for the time then.
pub fn install(paths: &Paths, protocol: Protocol, pid: u32, clock: fn() -> UnixTime) {
    let path = paths.syslog();
    let zone = time_zone::of_node();
    panic::set_hook(Box::new(move |info| {
        let line = line(zone.local(clock()), protocol, pid, &Cause::from(info));
        let mut syslog = Syslog::open(&path);
        // Nobody is left to be told of a line that syslog does not take.
        let _ = syslog.send(&line);
        // Ends: one line is kept at most.
        while syslog.poll_last().is_some() {}
    }));
}

/// Why and where.
struct Cause<'a> {
    message: &'a str,
    place: Option<&'a Location<'a>>,
}

impl<'a> From<&'a PanicHookInfo<'_>> for Cause<'a> {
    fn from(info: &'a PanicHookInfo<'_>) -> Self {
        Self {
            message: info.payload_as_str().unwrap_or("no message"),
            place: info.location(),
        }
    }
}

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("panicked")?;
        if let Some(place) = self.place {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", Clean(self.message))
    }
}

fn line(time: LocalTime, protocol: Protocol, pid: u32, cause: &Cause<'_>) -> ArrayString<LINE_MAX> {
    let mut line = syslog_head(time, Level::Error, protocol, pid);
    append(&mut line, format_args!("{cause}"));
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{Dir, WALL, again, inside, receive};
    use clp_isa_core::limits::EXCERPT_MAX;
    use std::fs;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn one_line_whatever_the_message() {
        let stamp = time_zone::of_node().local(WALL);
        let head = format!("<27>{} clp_smtpmon[7]: panicked", stamp.traditional());
        let place = Location::caller();
        // (message, place, what follows)
        let table = [
            ("oops", None, String::from(": oops")),
            ("a\nb\x1b[2J", None, String::from(": a?b?[2J")),
            ("oops", Some(place), format!(" at {place}: oops")),
        ];
        for (message, place, tail) in table {
            let cause = Cause { message, place };
            assert_eq!(
                line(stamp, Protocol::Smtp, 7, &cause).as_str(),
                head.clone() + &tail
            );
        }
        let message = "x".repeat(2 * LINE_MAX);
        let cause = Cause {
            message: &message,
            place: None,
        };
        assert_eq!(line(stamp, Protocol::Smtp, 7, &cause).len(), LINE_MAX);
    }

    #[test]
    fn a_panic_reaches_syslog_and_nothing_else() {
        if let Some(dir) = inside() {
            let paths = Paths::new(Some(dir.into_os_string()));
            install(&paths, Protocol::Http, 42, || WALL);
            let excerpt = [0_u8; EXCERPT_MAX];
            // As a fault in the program would: an index past the end, known at run time only.
            let past = usize::from(excerpt[0]) + excerpt.len();
            assert_eq!(excerpt[past], 0);
        }
        let dir = Dir::new();
        fs::create_dir(dir.path().join("dev")).unwrap();
        let daemon = UnixDatagram::bind(dir.path().join("dev/log")).unwrap();
        let test = "panic_hook::tests::a_panic_reaches_syslog_and_nothing_else";
        let output = again(test, "", dir.path()).output().unwrap();
        assert!(!output.status.success());
        let stamp = time_zone::of_node().local(WALL).traditional();
        let told = receive(&daemon).unwrap();
        let head = format!("<27>{stamp} clp_httpmon[42]: panicked at src/alert/panic_hook.rs:");
        let tail =
            format!("index out of bounds: the len is {EXCERPT_MAX} but the index is {EXCERPT_MAX}");
        assert!(told.starts_with(&head) && told.ends_with(&tail), "{told:?}");
        assert_eq!(receive(&daemon), None);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}
