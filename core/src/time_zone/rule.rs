//! The rule by which a zone changes its offset each year, as `TZ` and the end of a zone file have it (POSIX.1-2017, 8.3;
//! RFC 9636, 3.3.1).
//!
//! Owns reading the rule and finding the offset at a moment; opens nothing. Offsets are seconds east of UTC.

use crate::date::Date;

const HOUR: i64 = 60 * 60;
pub(super) const DAY: i64 = 24 * HOUR;
/// Hours of an offset (POSIX), and of a change's time, counted from midnight (RFC 9636).
const OFFSET_HOURS: i64 = 24;
const TIME_HOURS: i64 = 167;
/// When summer time begins and ends where a rule with one does not say: what C libraries take.
const USUAL: &[u8] = b",M3.2.0,M11.1.0";

/// A rule: one offset, or two in turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    standard: i64,
    summer: Option<Summer>,
}

#[derive(Debug, Clone, Copy)]
struct Summer {
    offset: i64,
    begin: Change,
    end: Change,
}

/// A day of the year, and the time in seconds from that day's midnight, in UTC.
#[derive(Debug, Clone, Copy)]
struct Change {
    date: RuleDay,
    time: i64,
}

/// A day of any year.
#[derive(Debug, Clone, Copy)]
enum RuleDay {
    /// From 1; February 29 is never counted.
    Julian(i64),
    /// From 0; February 29 is counted.
    Ordinal(i64),
    /// The weekday (Sunday is 0) of this week of the month, from 1; 5 is the last one.
    Weekday { month: i64, week: i64, weekday: i64 },
}

impl Rule {
    /// The rule that `text` is; nothing if it is none.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut text = Text(text);
        text.name()?;
        let standard = text.span(OFFSET_HOURS)?.saturating_neg();
        if text.0.is_empty() {
            let summer = None;
            return Some(Self { standard, summer });
        }
        text.name()?;
        let offset = match text.0 {
            [] | [b',', ..] => standard.saturating_add(HOUR),
            _ => text.span(OFFSET_HOURS)?.saturating_neg(),
        };
        if text.0.is_empty() {
            text = Text(USUAL);
        }
        let summer = Some(Summer {
            offset,
            begin: text.change(standard)?,
            end: text.change(offset)?,
        });
        text.0.is_empty().then_some(Self { standard, summer })
    }

    /// The offset at `unix` seconds since 1970.
    pub(super) fn offset_at(&self, unix: i64) -> i64 {
        self.period_at(unix).0
    }

    /// Whether the offset is this one from the moment `from` on until `until`, both in seconds since 1970.
    pub(super) fn holds(&self, offset: i64, from: i64, until: i64) -> bool {
        let (held, since) = self.period_at(until.saturating_sub(1));
        held == offset && since <= from
    }

    /// The offset at `unix` seconds since 1970, and since when it is that.
    fn period_at(&self, unix: i64) -> (i64, i64) {
        let Some(Summer { offset, begin, end }) = self.summer else {
            return (self.standard, i64::MIN);
        };
        let (year, ..) = Date::since_1970(unix.div_euclid(DAY)).date();
        // What follows what is the same each year; of two at the same time the second holds.
        let begins_first = begin.at(year) <= end.at(year);
        let (mut is_summer, mut since) = (!begins_first, i64::MIN);
        // Local time and UTC may be in different years, and a change's time may be days from its date.
        for year in [year.saturating_sub(1), year, year.saturating_add(1)] {
            for is_begin in [begins_first, !begins_first] {
                let change = if is_begin { begin } else { end };
                let at = change.at(year);
                if at <= unix {
                    (is_summer, since) = (is_begin, at);
                }
            }
        }
        let offset = if is_summer { offset } else { self.standard };
        (offset, since)
    }
}

impl Change {
    /// When it comes in `year`, in seconds since 1970.
    fn at(self, year: i64) -> i64 {
        let day = match self.date {
            RuleDay::Julian(number @ ..=59) => Date::of(year, 1, 1).plus(number.saturating_sub(1)),
            RuleDay::Julian(number) => Date::of(year, 3, 1).plus(number.saturating_sub(60)),
            RuleDay::Ordinal(number) => Date::of(year, 1, 1).plus(number),
            RuleDay::Weekday {
                month,
                week,
                weekday,
            } => {
                let first = Date::of(year, month, 1);
                // From the month's first day to the first one with that name.
                let wait = weekday.saturating_sub(first.weekday()).rem_euclid(7);
                let day = first.plus(
                    week.saturating_mul(7)
                        .saturating_add(wait.saturating_sub(7)),
                );
                if day.date().1 == month {
                    day
                } else {
                    day.plus(-7)
                }
            }
        };
        let midnight = day.days_since_1970().saturating_mul(DAY);
        midnight.saturating_add(self.time)
    }
}

/// What is left of a rule's text.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    /// Takes `byte`, if it is next.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Takes what is next as long as it `is_wanted`; says how many bytes.
    fn skip(&mut self, is_wanted: fn(&u8) -> bool) -> usize {
        let count = self.0.iter().take_while(|byte| is_wanted(byte)).count();
        self.0 = self.0.get(count..).unwrap_or_default();
        count
    }

    /// A name of letters; in angle brackets, of digits and signs as well.
    fn name(&mut self) -> Option<()> {
        let is_quoted = self.take(b'<').is_some();
        let length = if is_quoted {
            self.skip(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(byte))
        } else {
            self.skip(u8::is_ascii_alphabetic)
        };
        if is_quoted {
            self.take(b'>')?;
        }
        (length > 0).then_some(())
    }

    /// A number from `least` to `most`.
    fn number(&mut self, least: i64, most: i64) -> Option<i64> {
        let text = self.0;
        let count = self.skip(u8::is_ascii_digit);
        let digits = text.get(..count).filter(|digits| !digits.is_empty())?;
        let number = digits.iter().fold(0_i64, |number, digit| {
            let digit = digit.saturating_sub(b'0');
            number.saturating_mul(10).saturating_add(digit.into())
        });
        (least..=most).contains(&number).then_some(number)
    }

    /// Seconds: a sign or none, hours up to `most`, and minutes and seconds, or not.
    fn span(&mut self, most: i64) -> Option<i64> {
        let is_negative = self.take(b'-').is_some();
        if !is_negative {
            let _ = self.take(b'+');
        }
        let mut seconds = self.number(0, most)?.saturating_mul(HOUR);
        for unit in [60, 1] {
            if self.take(b':').is_none() {
                break;
            }
            let part = self.number(0, 59)?.saturating_mul(unit);
            seconds = seconds.saturating_add(part);
        }
        Some(if is_negative {
            seconds.saturating_neg()
        } else {
            seconds
        })
    }

    /// A comma and a change, until which `offset` holds.
    fn change(&mut self, offset: i64) -> Option<Change> {
        self.take(b',')?;
        let date = if self.take(b'J').is_some() {
            RuleDay::Julian(self.number(1, 365)?)
        } else if self.take(b'M').is_some() {
            let month = self.number(1, 12)?;
            self.take(b'.')?;
            let week = self.number(1, 5)?;
            self.take(b'.')?;
            let weekday = self.number(0, 6)?;
            RuleDay::Weekday {
                month,
                week,
                weekday,
            }
        } else {
            RuleDay::Ordinal(self.number(0, 365)?)
        };
        let time = match self.take(b'/') {
            Some(()) => self.span(TIME_HOURS)?,
            None => 2 * HOUR,
        };
        let time = time.saturating_sub(offset);
        Some(Change { date, time })
    }
}
