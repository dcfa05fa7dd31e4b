//! UnixTime-clock time as people read it: local time.
//!
//! Owns the node's zone and the two forms of a time; reads no clock. The zone is read once: a change of it while a
//! monitor runs is seen by the next one. After that nothing here opens a file or uses the heap.

mod rule;
#[cfg(test)]
mod tests;
mod zone;

use crate::date::Date;
use crate::time::UnixTime;
use core::fmt;
use nix::fcntl::OFlag;
use rule::{DAY, Rule};
use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::OnceLock;
use zone::Zone;

/// Where zone files lie that are named without their directory.
const DIRECTORIES: [&str; 3] = ["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo"];
/// Longest zone file that is read, in bytes; the largest of the public database has less than 4 KiB.
const FILE_MAX: usize = 8 * 1024;
/// 2026-01-01, in seconds since 1970. What offsets were before is of no use: no clock that is right tells of that time.
const SINCE: i64 = 1_767_225_600;

/// A local time zone.
#[derive(Debug)]
pub struct TimeZone {
    zone: Zone,
}

impl TimeZone {
    /// The node's: of the zone that `TZ` names, else that of `/etc/localtime`; UTC where neither can be read, and for an
    /// empty `TZ` (tzset(3)). Read at the first call.
    pub fn of_node() -> &'static Self {
        static NODE: OnceLock<TimeZone> = OnceLock::new();
        NODE.get_or_init(|| {
            let name = env::var_os("TZ").map(OsStringExt::into_vec);
            Self::load(name.as_deref())
        })
    }

    fn load(name: Option<&[u8]>) -> Self {
        let zone = match name {
            None | Some(b"localtime") => read(Path::new("/etc/localtime")),
            Some([b':', file @ ..]) => named(file),
            Some(name) => {
                named(name).or_else(|| Some(Zone::of(Some(Rule::parse(name.trim_ascii())?))))
            }
        };
        let zone = zone.unwrap_or(Zone::of(None));
        Self { zone }
    }

    /// The zone of a file with these bytes, exact from `since` (seconds since 1970) on; nothing if it is no zone file.
    pub fn from_file(bytes: &[u8], since: i64) -> Option<Self> {
        let zone = Zone::parse(bytes, since)?;
        Some(Self { zone })
    }

    /// The zone with this rule in the form of `TZ`; nothing if it has another form.
    pub fn from_rule(text: &[u8]) -> Option<Self> {
        let zone = Zone::of(Some(Rule::parse(text)?));
        Some(Self { zone })
    }

    /// What local time is before UTC at `unix` seconds since 1970, in seconds.
    pub fn offset_at(&self, unix: i64) -> i64 {
        self.zone.offset_at(unix)
    }

    /// Local time at `wall`.
    pub fn local(&self, wall: UnixTime) -> LocalTime {
        let seconds = self.local_seconds(wall);
        let (year, month, day) = Date::since_1970(seconds.div_euclid(DAY)).date();
        let Ok(year) = i32::try_from(year) else {
            return LocalTime::OUT_OF_RANGE;
        };
        let second = seconds.rem_euclid(DAY);
        let minute = second.div_euclid(60);
        LocalTime {
            year,
            month,
            day,
            hour: minute.div_euclid(60),
            minute: minute.rem_euclid(60),
            second: second.rem_euclid(60),
            millis: wall.nanos.min(999_999_999).div_euclid(1_000_000),
        }
    }

    /// The day that it is at `wall`, in local time.
    pub fn day(&self, wall: UnixTime) -> Date {
        Date::since_1970(self.local_seconds(wall).div_euclid(DAY))
    }

    fn local_seconds(&self, wall: UnixTime) -> i64 {
        wall.seconds.saturating_add(self.offset_at(wall.seconds))
    }
}

/// The zone of the file with this name: in the first of the directories that has a file of that name, if it is no path.
fn named(name: &[u8]) -> Option<Zone> {
    let mut dirs = DIRECTORIES.iter().map(Path::new);
    dirs.find_map(|dir| read(&dir.join(OsStr::from_bytes(name))))
}

/// The zone of this file. What is not a regular file or too long to be one is refused, so that start-up cannot hang.
fn read(path: &Path) -> Option<Zone> {
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = [0; FILE_MAX];
    let mut length: usize = 0;
    // Ends: every round but the last fills some of the buffer, or was interrupted.
    loop {
        // A file that fills it is too long.
        let left = bytes.get_mut(length..).filter(|left| !left.is_empty())?;
        match file.read(left) {
            Ok(0) => break,
            Ok(count) => length = length.saturating_add(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(_) => return None,
        }
    }
    Zone::parse(bytes.get(..length)?, SINCE)
}

/// A local time. Shown as `YYYY/MM/DD hh:mm:ss`; with the alternate flag (`{:#}`) milliseconds follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    year: i32,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millis: u32,
}

impl LocalTime {
    /// For a clock so wrong that it has no year.
    const OUT_OF_RANGE: Self = Self {
        year: 0,
        month: 0,
        day: 0,
        hour: 0,
        minute: 0,
        second: 0,
        millis: 0,
    };

    /// As syslog's traditional form wants it: `Mmm dd hh:mm:ss`, the day padded with a space (RFC 3164, 4.1.2).
    pub const fn traditional(self) -> Traditional {
        Traditional(self)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            millis,
        } = self;
        write!(
            f,
            "{year:04}/{month:02}/{day:02} {hour:02}:{minute:02}:{second:02}"
        )?;
        if f.alternate() {
            write!(f, ".{millis:03}")?;
        }
        Ok(())
    }
}

/// A time in syslog's traditional form.
#[derive(Debug, Clone, Copy)]
pub struct Traditional(LocalTime);

impl fmt::Display for Traditional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let LocalTime {
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self.0;
        let month = usize::try_from(month.saturating_sub(1))
            .ok()
            .and_then(|month| MONTHS.get(month))
            .unwrap_or(&"Jan");
        write!(f, "{month} {day:>2} {hour:02}:{minute:02}:{second:02}")
    }
}
