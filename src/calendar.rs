//! Wall-clock time as people read it: local time, without heap once the zone is loaded.
//!
//! Owns the zone and the two forms of a time; reads no clock. A zone that changes while a monitor runs is seen by
//! the next one.

use crate::day::Day;
use crate::units::Wall;
use core::fmt;
use nix::fcntl::OFlag;
use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use tz::{DateTime, LocalTimeType, TimeZone, TimeZoneSettings};

/// Longest zone file that is read, in bytes; the largest of the public database has less than 4 KiB.
const ZONE_MAX: u64 = 256 * 1024;

/// The node's local time zone.
#[derive(Debug)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// The zone that `TZ` names, else that of `/etc/localtime`; UTC where neither can be read, and for an empty
    /// `TZ` (tzset(3)).
    pub fn load() -> Self {
        let settings = TimeZoneSettings::new(TimeZoneSettings::DEFAULT_DIRECTORIES, read_zone);
        let zone = match env::var_os("TZ") {
            None => settings.parse_local().ok(),
            Some(name) => name
                .to_str()
                .and_then(|name| settings.parse_posix_tz(name).ok()),
        };
        Self {
            zone: zone.unwrap_or_else(TimeZone::utc),
        }
    }

    /// Local time at `wall`. Every call in here is a `const fn` of the zone library, none of which can allocate.
    pub fn local(&self, wall: Wall) -> Stamp {
        let kind = self.kind(wall);
        let nanos = wall.nanos.min(999_999_999);
        DateTime::from_timespec_and_local(wall.seconds, nanos, kind)
            .map_or_else(|_| Stamp::OUT_OF_RANGE, |time| Stamp::from(&time))
    }

    /// The day that it is at `wall`, in local time.
    pub fn day(&self, wall: Wall) -> Day {
        let seconds = wall
            .seconds
            .saturating_add(self.kind(wall).ut_offset().into());
        Day::since_1970(seconds.div_euclid(24 * 60 * 60))
    }

    fn kind(&self, wall: Wall) -> LocalTimeType {
        let zone = self.zone.as_ref();
        zone.find_local_time_type(wall.seconds)
            .ok()
            .copied()
            // A zone file without a rule for the time after its last transition: that transition holds on.
            .or_else(|| {
                let last = zone.transitions().last()?.local_time_type_index();
                zone.local_time_types().get(last).copied()
            })
            .unwrap_or_else(LocalTimeType::utc)
    }
}

/// Reads a zone file; what is not a regular file or too long to be one is refused, so that start-up cannot hang.
fn read_zone(path: &str) -> Result<Vec<u8>, Box<dyn core::error::Error + Send + Sync>> {
    let file: File = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    }
    let mut bytes = Vec::new();
    file.take(ZONE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A local time. Shown as `YYYY/MM/DD hh:mm:ss`; with the alternate flag (`{:#}`) milliseconds follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    millis: u32,
}

impl Stamp {
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

impl From<&DateTime> for Stamp {
    fn from(time: &DateTime) -> Self {
        Self {
            year: time.year(),
            month: time.month(),
            day: time.month_day(),
            hour: time.hour(),
            minute: time.minute(),
            second: time.second(),
            millis: time.nanoseconds() / 1_000_000,
        }
    }
}

impl fmt::Display for Stamp {
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
pub struct Traditional(Stamp);

impl fmt::Display for Traditional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let Stamp {
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = self.0;
        let month = MONTHS
            .get(usize::from(month.saturating_sub(1)))
            .unwrap_or(&"Jan");
        write!(f, "{month} {day:>2} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn central_europe() -> Calendar {
        Calendar {
            zone: TimeZone::from_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        }
    }

    #[test]
    fn both_forms_across_a_change_of_daylight_saving() {
        // (seconds, form of the logs, form of syslog)
        let table = [
            (0, "1970/01/01 01:00:00", "Jan  1 01:00:00"),
            // 2026-03-29 01:00:00 UTC: 02:00 becomes 03:00.
            (1_774_745_999, "2026/03/29 01:59:59", "Mar 29 01:59:59"),
            (1_774_746_000, "2026/03/29 03:00:00", "Mar 29 03:00:00"),
            // 2026-10-25 01:00:00 UTC: 03:00 becomes 02:00.
            (1_792_889_999, "2026/10/25 02:59:59", "Oct 25 02:59:59"),
            (1_792_890_000, "2026/10/25 02:00:00", "Oct 25 02:00:00"),
            (1_767_222_000, "2026/01/01 00:00:00", "Jan  1 00:00:00"),
            (951_825_600, "2000/02/29 13:00:00", "Feb 29 13:00:00"),
        ];
        let calendar = central_europe();
        for (seconds, log, syslog) in table {
            let stamp = calendar.local(Wall { seconds, nanos: 0 });
            assert_eq!(stamp.to_string(), log);
            assert_eq!(stamp.traditional().to_string(), syslog);
            let day = calendar.day(Wall { seconds, nanos: 0 }).to_string();
            let (month, rest) = day.split_once('/').unwrap();
            let (day, year) = rest.split_once('/').unwrap();
            assert!(
                log.starts_with(&format!("{year}/{month}/{day} ")),
                "{log}, {day}"
            );
        }
    }

    #[test]
    fn milliseconds_are_cut_not_rounded() {
        let calendar = central_europe();
        for (nanos, millis) in [
            (0, "000"),
            (7_999_999, "007"),
            (999_999_999, "999"),
            (u32::MAX, "999"),
        ] {
            let stamp = calendar.local(Wall { seconds: 0, nanos });
            assert_eq!(
                format!("{stamp:#}"),
                format!("1970/01/01 01:00:00.{millis}")
            );
        }
    }

    #[test]
    fn a_clock_out_of_range_is_still_shown() {
        for seconds in [i64::MIN, i64::MAX] {
            let stamp = central_europe().local(Wall { seconds, nanos: 0 });
            assert_eq!(stamp.to_string(), "0000/00/00 00:00:00");
            let day = central_europe().day(Wall { seconds, nanos: 0 });
            assert_eq!(day > Day::new(0), seconds > 0);
            assert_eq!(stamp.traditional().to_string(), "Jan  0 00:00:00");
        }
    }

    #[test]
    fn a_zone_that_is_no_regular_file_is_refused() {
        assert!(read_zone("/dev/zero").is_err());
        assert!(read_zone("/").is_err());
    }
}
