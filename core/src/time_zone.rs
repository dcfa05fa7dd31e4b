//! Wall-clock time as people read it: local time.
//!
//! Owns the zone, that of a file or of a rule, and the two forms of a time; reads no clock and opens nothing.

mod file;
mod rule;
#[cfg(test)]
mod tests;

use crate::date::Date;
use crate::time::UnixTime;
use core::fmt;
use rule::{DAY, Rule};

/// A local time zone. `C` holds its changes of the past and of the time to come that its rule does not tell.
#[derive(Debug)]
pub struct TimeZone<C> {
    /// The offset before the first change that is kept, in seconds east of UTC.
    before: i64,
    /// Ascending.
    changes: C,
    /// What holds from `rule_from` on: the file's last change, or the first from which on it tells the same.
    rule: Option<Rule>,
    rule_from: i64,
}

/// From this moment on this offset.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// In seconds since 1970.
    at: i64,
    /// In seconds east of UTC.
    offset: i64,
}

impl<C: AsRef<[Change]> + FromIterator<Change>> TimeZone<C> {
    pub fn utc() -> Self {
        Self::of_rule(None)
    }

    fn of_rule(rule: Option<Rule>) -> Self {
        Self {
            before: 0,
            changes: C::from_iter([]),
            rule,
            rule_from: i64::MIN,
        }
    }

    /// The zone of a file with these bytes, exact from `since` (seconds since 1970) on; nothing if it is no zone file
    /// (RFC 9636).
    pub fn from_file(bytes: &[u8], since: i64) -> Option<Self> {
        file::parse(bytes, since)
    }

    /// The zone with this rule in the form of `TZ`; nothing if it has another form.
    pub fn from_rule(text: &[u8]) -> Option<Self> {
        Some(Self::of_rule(Some(Rule::parse(text)?)))
    }

    /// What local time is before UTC at `unix` seconds since 1970, in seconds.
    pub fn offset_at(&self, unix: i64) -> i64 {
        if let Some(rule) = self.rule.filter(|_| unix >= self.rule_from) {
            return rule.offset_at(unix);
        }
        let past = self.changes.as_ref().iter();
        let past = past.take_while(|change| change.at <= unix);
        past.last().map_or(self.before, |change| change.offset)
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
