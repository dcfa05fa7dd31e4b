//! Zones as another reader has them.

use tz::{TimeZone as OtherZone, TimeZoneSettings};

const DAY: i64 = 24 * 60 * 60;

/// The zone of a text as in `TZ` that names no file.
pub fn from_text(text: &[u8]) -> Option<OtherZone> {
    let no_file = |_: &str| Err("no file".into());
    let settings = TimeZoneSettings::new(&[""], no_file);
    settings
        .parse_posix_tz(core::str::from_utf8(text).ok()?)
        .ok()
}

/// Moments to look at: around each change of `zone`, and every ten days of ten years that begin with `since`.
pub fn moments(zone: Option<&OtherZone>, since: i64) -> Vec<i64> {
    let changes = zone
        .into_iter()
        .flat_map(|zone| zone.as_ref().transitions());
    let mut moments: Vec<i64> = changes
        .map(|change| change.unix_leap_time())
        .flat_map(|at| [-28, -1, 0, 1].map(|by| at.saturating_add(by)))
        .collect();
    moments.extend((0..365).map(|number| since.saturating_add(number * 10 * DAY)));
    moments.extend([i64::MIN, i64::MAX]);
    moments
}

/// The offset at `at`; nothing where it has none, as after the last change without a rule.
pub fn offset_by(zone: &OtherZone, at: i64) -> Option<i64> {
    let kind = zone.find_local_time_type(at).ok()?;
    Some(kind.ut_offset().into())
}

/// Whether all its offsets are those that a place may have.
pub fn plausible(zone: &OtherZone) -> bool {
    let is_plausible = |offset: i32| i64::from(offset).abs() < 26 * 60 * 60;
    let kinds = zone.as_ref().local_time_types();
    kinds.iter().all(|kind| is_plausible(kind.ut_offset()))
}
