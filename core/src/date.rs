//! Calendar days, as licenses count them.
//!
//! Owns the day's number, its date, and the forms in which dates are written and read; reads no clock.

use core::fmt;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH: i64 = 10_957;
/// Days in the 400 years after which the calendar repeats itself.
const CYCLE: i64 = 146_097;

/// A day of the Gregorian calendar. Shown as `mm/dd/yyyy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i64);

impl Date {
    /// The day with this number, 2000-01-01 being 0.
    pub const fn new(number: u16) -> Self {
        Self(number as i64)
    }

    /// The day this many days after 1970-01-01 (before, if negative).
    pub const fn since_1970(days: i64) -> Self {
        Self(days.saturating_sub(EPOCH))
    }

    /// Days from 1970-01-01 to this one (negative before it).
    pub const fn days_since_1970(self) -> i64 {
        self.0.saturating_add(EPOCH)
    }

    /// The day's number, 2000-01-01 being 0; nothing before that, and from 2179-06-07 on.
    pub fn number(self) -> Option<u16> {
        u16::try_from(self.0).ok()
    }

    /// The day this many days after this one (before, if negative).
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The day before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        self.plus(-1)
    }

    /// The day of the week; Sunday is 0.
    pub const fn weekday(self) -> i64 {
        // 2000-01-01 was a Saturday.
        self.0.saturating_add(6).rem_euclid(7)
    }

    /// The day written as `YYYY-MM-DD` (ISO 8601); nothing if the text has another form or there is no such day.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_i64, |number, digit| {
                let value = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
                Some(number.saturating_mul(10).saturating_add(value.into()))
            })
        };
        let (year, month, day) = (
            number(&[y0, y1, y2, y3])?,
            number(&[m0, m1])?,
            number(&[d0, d1])?,
        );
        let candidate = Self::of(year, month, day);
        // A date that does not exist has become the one that it would be.
        (candidate.date() == (year, month, day)).then_some(candidate)
    }

    /// The day of a date; with a month or day out of range, some other day.
    pub const fn of(year: i64, month: i64, day: i64) -> Self {
        // The year is taken to begin in March, so that the leap day is its last; months then have 30.6 days on average.
        let months = month.saturating_add(9).rem_euclid(12);
        let year = if months >= 10 {
            year.saturating_sub(1)
        } else {
            year
        };
        let days = year
            .saturating_mul(365)
            .saturating_add(year.div_euclid(4))
            .saturating_sub(year.div_euclid(100))
            .saturating_add(year.div_euclid(400))
            .saturating_add(months.saturating_mul(306).saturating_add(5).div_euclid(10))
            .saturating_add(day.saturating_sub(1));
        // 2000-03-01 is day 60 here, and five cycles after year 0.
        Self(
            days.saturating_sub(CYCLE.saturating_mul(5))
                .saturating_add(60),
        )
    }

    /// Year, month (from 1), day of the month (from 1).
    pub const fn date(self) -> (i64, i64, i64) {
        // Day 0 is 2000-03-01.
        let days = self.0.saturating_sub(60);
        let (cycle, in_cycle) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
        // The last day of four, of a hundred and of four hundred years is the leap day of the year before.
        let year = in_cycle
            .saturating_sub(in_cycle.div_euclid(1_460))
            .saturating_add(in_cycle.div_euclid(36_524))
            .saturating_sub(in_cycle.div_euclid(146_096))
            .div_euclid(365);
        let before = year
            .saturating_mul(365)
            .saturating_add(year.div_euclid(4))
            .saturating_sub(year.div_euclid(100));
        let in_year = in_cycle.saturating_sub(before);
        let months = in_year.saturating_mul(5).saturating_add(2).div_euclid(153);
        let day = in_year
            .saturating_sub(months.saturating_mul(306).saturating_add(5).div_euclid(10))
            .saturating_add(1);
        let month = months.saturating_add(2).rem_euclid(12).saturating_add(1);
        let carry = if month <= 2 { 1 } else { 0 };
        let year = year
            .saturating_add(cycle.saturating_mul(400))
            .saturating_add(2000)
            .saturating_add(carry);
        (year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{month:02}/{day:02}/{year:04}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_key_has_the_date_that_comes_after_the_day_before() {
        let (mut year, mut month, mut day) = (2000, 1, 1);
        for number in 0..=u16::MAX {
            let today = Date::new(number);
            assert_eq!(today.date(), (year, month, day));
            let iso = format!("{year:04}-{month:02}-{day:02}");
            assert_eq!(Date::parse(iso.as_bytes()), Some(today), "{iso}");
            assert_eq!(today.to_string(), format!("{month:02}/{day:02}/{year:04}"));
            assert_eq!(today.next().previous(), today);
            assert_eq!(today.weekday(), (i64::from(number) + 6) % 7);
            assert_eq!(Date::since_1970(today.days_since_1970()), today);
            assert_eq!(today.number(), Some(number));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 if is_leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (2179, 6, 7));
    }

    #[test]
    fn days_around_the_epochs() {
        for (days, date) in [
            (0, "01/01/1970"),
            (-1, "12/31/1969"),
            (10_956, "12/31/1999"),
            (10_957, "01/01/2000"),
            (20_781, "11/24/2026"),
        ] {
            assert_eq!(Date::since_1970(days).to_string(), date);
        }
        assert_eq!(Date::since_1970(10_956).number(), None);
        for wrong in [i64::MIN, i64::MAX] {
            assert!(!Date::since_1970(wrong).to_string().is_empty());
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for wrong in [
            "",
            "2026",
            "2026-1-1",
            "2026-01-1",
            "2026-00-10",
            "2026-13-01",
            "2026-01-00",
            "2026-01-32",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026/01/01",
            "01/01/2026",
            "+026-01-01",
            "2026-01-01 ",
            " 2026-01-01",
            "2026-0a-01",
            "20260101",
            "2026-99-99",
            "2026-01-0\u{661}",
        ] {
            assert_eq!(Date::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert!(Date::parse(b"2024-02-29").is_some());
        assert!(Date::parse(b"2000-02-29").is_some());
    }
}
