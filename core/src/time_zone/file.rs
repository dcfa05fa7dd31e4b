//! Zone files (RFC 9636): the offsets of the past, and the rule for the time to come.
//!
//! Owns the form of the file; opens nothing. What is not of that form is refused as a whole.

use super::rule::Rule;
use super::{Change, TimeZone};

/// Most that local time is before or behind UTC, in seconds (RFC 9636, 3.2: what readers are to expect).
const OFFSET_MAX: i64 = 26 * 60 * 60;

/// The zone of a file's bytes, without its changes up to `since`; nothing if they are no zone.
pub(super) fn parse<C: FromIterator<Change>>(file: &[u8], since: i64) -> Option<TimeZone<C>> {
    let mut block = Block::read(file, 4)?;
    let mut rule = None;
    if block.version >= b'2' {
        block = Block::read(block.rest, 8)?;
        let text = block.rest.strip_prefix(b"\n")?.trim_ascii();
        block.rest.strip_suffix(b"\n")?;
        if !text.is_empty() {
            rule = Some(Rule::parse(text)?);
        }
    }
    let mut before = block.offset(0)?;
    let mut rule_from = i64::MIN;
    let (mut from, mut offset, mut previous) = (i64::MIN, before, None);
    for (time, at, next) in block.changes() {
        let next = next?;
        let is_later = previous
            .replace(time)
            .is_none_or(|previous| previous < time);
        // Leap seconds may be in disorder, too.
        if !is_later || at < from {
            return None;
        }
        if !rule.is_some_and(|rule| rule.holds(offset, from, at)) {
            rule_from = at;
        }
        if at <= since {
            before = next;
        }
        (from, offset) = (at, next);
    }
    // Most files go on with what the rule tells as well: nothing of that is kept.
    let is_kept = |at: i64| at > since && (rule.is_none() || at < rule_from);
    let changes = block.changes().filter(|&(_, at, _)| is_kept(at));
    let changes = changes
        .filter_map(|(_, at, offset)| {
            Some(Change {
                at,
                offset: offset?,
            })
        })
        .collect();
    Some(TimeZone {
        before,
        changes,
        rule,
        rule_from,
    })
}

/// A header and the data that follow it.
struct Block<'a> {
    version: u8,
    /// Bytes of a time.
    width: usize,
    times: &'a [u8],
    /// For each time, which of `offsets`.
    kinds: &'a [u8],
    /// Six bytes each: the offset, and two that are not used here.
    offsets: &'a [u8],
    leap_seconds: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Block<'a> {
    fn read(file: &'a [u8], width: usize) -> Option<Self> {
        let (header, mut rest) = file.split_at_checked(44)?;
        let (&version, header) = header.strip_prefix(b"TZif")?.split_first()?;
        let mut counts = header.get(15..)?.chunks_exact(4).map(integer);
        // How many of what comes last, but for two, comes first.
        let mut next = || usize::try_from(counts.next()?).ok();
        let (universal, standard, leap_seconds) = (next()?, next()?, next()?);
        let (times, offsets, characters) = (next()?, next()?, next()?);
        let mut take = |count: usize, size: usize| {
            let (taken, left) = rest.split_at_checked(count.checked_mul(size)?)?;
            rest = left;
            Some(taken)
        };
        let (times, kinds, offsets) = (take(times, width)?, take(times, 1)?, take(offsets, 6)?);
        take(characters, 1)?;
        let leap_seconds = take(leap_seconds, width.saturating_add(4))?;
        take(standard, 1)?;
        take(universal, 1)?;
        Some(Self {
            version,
            width,
            times,
            kinds,
            offsets,
            leap_seconds,
            rest,
        })
    }

    /// Each change: its time as it stands there, the same in seconds since 1970, and the offset from then on, if there is
    /// one.
    fn changes(&self) -> impl Iterator<Item = (i64, i64, Option<i64>)> {
        let changes = self.times.chunks_exact(self.width).zip(self.kinds);
        changes.map(|(time, &kind)| {
            let time = integer(time);
            let at = time.saturating_sub(self.leap_seconds_before(time));
            (time, at, self.offset(kind))
        })
    }

    fn offset(&self, kind: u8) -> Option<i64> {
        let offset = self.offsets.chunks_exact(6).nth(kind.into())?.get(..4)?;
        Some(integer(offset)).filter(|offset| offset.abs() < OFFSET_MAX)
    }

    /// Leap seconds that a file of the kind "right" has counted in its times before `time`.
    fn leap_seconds_before(&self, time: i64) -> i64 {
        let entries = self.leap_seconds.chunks_exact(self.width.saturating_add(4));
        let entries = entries.map(|entry| entry.split_at_checked(self.width).unwrap_or_default());
        let past = entries.take_while(|(at, _)| integer(at) < time);
        past.last().map_or(0, |(_, sum)| integer(sum))
    }
}

/// A signed number, its highest byte first.
fn integer(bytes: &[u8]) -> i64 {
    let sign = bytes
        .first()
        .map_or(0, |&byte| i64::from(byte.cast_signed() >> 7));
    bytes
        .iter()
        .fold(sign, |number, &byte| (number << 8) | i64::from(byte))
}
