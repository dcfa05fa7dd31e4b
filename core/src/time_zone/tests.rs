//! Both forms of a time, rules, zone files, and where these come from.

use super::{Change, TimeZone as AnyZone};
use crate::date::Date;
use crate::time::UnixTime;

type TimeZone = AnyZone<Vec<Change>>;

fn central_europe() -> TimeZone {
    TimeZone::from_rule(b"CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
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
    let zone = central_europe();
    for (seconds, log, syslog) in table {
        let stamp = zone.local(UnixTime { seconds, nanos: 0 });
        assert_eq!(stamp.to_string(), log);
        assert_eq!(stamp.traditional().to_string(), syslog);
        let day = zone.day(UnixTime { seconds, nanos: 0 }).to_string();
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
    let zone = central_europe();
    for (nanos, millis) in [
        (0, "000"),
        (7_999_999, "007"),
        (999_999_999, "999"),
        (u32::MAX, "999"),
    ] {
        let stamp = zone.local(UnixTime { seconds: 0, nanos });
        assert_eq!(
            format!("{stamp:#}"),
            format!("1970/01/01 01:00:00.{millis}")
        );
    }
}

#[test]
fn a_clock_out_of_range_is_still_shown() {
    for seconds in [i64::MIN, i64::MAX] {
        let stamp = central_europe().local(UnixTime { seconds, nanos: 0 });
        assert_eq!(stamp.to_string(), "0000/00/00 00:00:00");
        let day = central_europe().day(UnixTime { seconds, nanos: 0 });
        assert_eq!(day > Date::new(0), seconds > 0);
        assert_eq!(stamp.traditional().to_string(), "Jan  0 00:00:00");
    }
}

/// Hours from UTC a second before each moment and at it.
fn around(zone: &TimeZone, moments: [i64; 2]) -> [[f64; 2]; 2] {
    #[expect(clippy::cast_precision_loss, reason = "seconds of hours")]
    moments.map(|at: i64| [at.saturating_sub(1), at].map(|at| zone.offset_at(at) as f64 / 3600.0))
}

#[test]
fn rules_change_when_they_say() {
    // Both changes of 2024, a leap year.
    for (rule, changes, offsets) in [
        ("UTC0", [0, 0], [[0.0, 0.0], [0.0, 0.0]]),
        ("<+0545>-5:45", [0, 0], [[5.75, 5.75], [5.75, 5.75]]),
        ("<-03>3", [0, 0], [[-3.0, -3.0], [-3.0, -3.0]]),
        // The usual days.
        (
            "EST5EDT",
            [1_710_054_000, 1_730_613_600],
            [[-5.0, -4.0], [-4.0, -5.0]],
        ),
        (
            "EST5EDT4,M3.2.0,M11.1.0",
            [1_710_054_000, 1_730_613_600],
            [[-5.0, -4.0], [-4.0, -5.0]],
        ),
        // The south: summer goes over the new year.
        (
            "AEST-10AEDT,M10.1.0,M4.1.0/3",
            [1_728_144_000, 1_712_419_200],
            [[10.0, 11.0], [11.0, 10.0]],
        ),
        // Half an hour; more than a day after the date; summer behind winter.
        (
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            [1_728_142_200, 1_712_415_600],
            [[10.5, 11.0], [11.0, 10.5]],
        ),
        (
            "IST-2IDT,M3.4.4/26,M10.5.0",
            [1_711_670_400, 1_729_983_600],
            [[2.0, 3.0], [3.0, 2.0]],
        ),
        (
            "IST-1GMT0,M10.5.0,M3.5.0/1",
            [1_729_990_800, 1_711_846_800],
            [[1.0, 0.0], [0.0, 1.0]],
        ),
        (
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
            [1_711_846_800, 1_729_990_800],
            [[-2.0, -1.0], [-1.0, -2.0]],
        ),
        // Days by number, with February 29 and without: March 1 and October 27.
        (
            "AAA0BBB,60/0,300/0:00:00",
            [1_709_251_200, 1_729_983_600],
            [[0.0, 1.0], [1.0, 0.0]],
        ),
        (
            "AAA0BBB,J60/+0,J300/0:00",
            [1_709_251_200, 1_729_983_600],
            [[0.0, 1.0], [1.0, 0.0]],
        ),
        (
            "AAA0BBB,J59/0,J300/0",
            [1_709_078_400, 1_729_983_600],
            [[0.0, 1.0], [1.0, 0.0]],
        ),
        // Summer all year: the next begins when the last one ends.
        (
            "EST5EDT,0/0,J365/25",
            [1_704_085_200, 1_735_707_600],
            [[-4.0, -4.0], [-4.0, -4.0]],
        ),
    ] {
        let zone = TimeZone::from_rule(rule.as_bytes()).expect(rule);
        assert_eq!(around(&zone, changes), offsets, "{rule}");
    }
}

#[test]
fn what_is_no_rule_is_refused() {
    for text in [
        "",
        "UTC",
        "1",
        "<>1",
        "<ABC1",
        "ABC25",
        "ABC1:60",
        "ABC1:00:60",
        "ABC1:",
        "ABC+",
        "ABC1 ",
        "ABC1<DE",
        "ABC1DEF,",
        "ABC1DEF,M3.2.0",
        "ABC1DEF,M3.2.0,",
        "ABC1DEF,M3.2.0,M13.1.0",
        "ABC1DEF,M0.2.0,M11.1.0",
        "ABC1DEF,M3.6.0,M11.1.0",
        "ABC1DEF,M3.0.0,M11.1.0",
        "ABC1DEF,M3.2.7,M11.1.0",
        "ABC1DEF,M3.2,M11.1.0",
        "ABC1DEF,J0,J1",
        "ABC1DEF,J366,J1",
        "ABC1DEF,366,1",
        "ABC1DEF,1/168,2",
        "ABC1DEF,1/-168,2",
        "ABC1DEF,1/,2",
        "ABC1DEF,1,2,",
        "ABC99999999999999999999",
        "ABC1DEF,M3.2.0,M11.1.0/18446744073709551616",
    ] {
        assert!(TimeZone::from_rule(text.as_bytes()).is_none(), "{text}");
    }
}

/// As Debian's files are made: they go on with what their rule tells.
#[test]
fn what_the_rule_tells_is_not_kept() {
    let rule = "CET-1CEST,M3.5.0,M10.5.0/3";
    let by_rule = TimeZone::from_rule(rule.as_bytes()).unwrap();
    // The changes of 2025 and 2026, and one that is not the rule's.
    let changes = [1_743_296_400, 1_761_440_400, 1_774_746_000, 1_792_890_000]
        .map(|at| (at, by_rule.offset_at(at)));
    for (other, kept) in [(None, 0), (Some(1), 1), (Some(2), 2), (Some(3), 3)] {
        let times: Vec<(i64, u8)> = changes
            .iter()
            .enumerate()
            .map(|(index, &(at, offset))| {
                (
                    at + i64::from(other == Some(index)),
                    u8::from(offset == 7200),
                )
            })
            .collect();
        let file = file(&times, &[3600, 7200], &[], rule);
        let zone = TimeZone::from_file(&file, 0).unwrap();
        assert_eq!(zone.changes.len(), kept, "{other:?}");
        for (at, offset) in changes {
            let is_late = other.is_some_and(|other| times[other].0 == at + 1);
            let zone = TimeZone::from_file(&file, 0).unwrap();
            assert_eq!(zone.offset_at(at) == offset, !is_late);
            assert_eq!(zone.offset_at(at + 1), offset);
        }
    }
}

/// A header and its data: times, the type of each, offsets, leap seconds.
fn block(
    version: u8,
    width: usize,
    times: &[(i64, u8)],
    offsets: &[i32],
    leaps: &[(i64, i32)],
) -> Vec<u8> {
    let time = |time: i64| {
        time.to_be_bytes()
            .into_iter()
            .skip(8_usize.saturating_sub(width))
            .collect::<Vec<u8>>()
    };
    let count = |count: usize| u32::try_from(count).unwrap().to_be_bytes();
    let mut block = [&b"TZif"[..], &[version], &[0; 15]].concat();
    for number in [1, 2, leaps.len(), times.len(), offsets.len(), 4] {
        block.extend(count(number));
    }
    times.iter().for_each(|&(at, _)| block.extend(time(at)));
    block.extend(times.iter().map(|&(_, kind)| kind));
    for offset in offsets {
        block.extend([&offset.to_be_bytes()[..], &[0, 0]].concat());
    }
    block.extend(b"ABC\0");
    for &(at, sum) in leaps {
        block.extend([time(at), sum.to_be_bytes().to_vec()].concat());
    }
    block.extend([0; 3]);
    block
}

fn file(times: &[(i64, u8)], offsets: &[i32], leaps: &[(i64, i32)], rule: &str) -> Vec<u8> {
    let end = format!("\n{rule}\n");
    [
        block(b'2', 4, &[(5, 0)], &[7], &[]),
        block(b'2', 8, times, offsets, leaps),
        end.into(),
    ]
    .concat()
}

#[test]
fn files_give_their_changes_and_then_their_rule() {
    let times = [(-1000, 1), (1000, 2), (2000, 0)];
    let offsets = [3600, 7200, -1800];
    // (file, moments and the offset from each on)
    for (file, expected) in [
        (
            block(0, 4, &times, &offsets, &[]),
            [(i64::MIN, 3600), (-1000, 7200), (1000, -1800), (2000, 3600)],
        ),
        (
            file(&times, &offsets, &[], ""),
            [(i64::MIN, 3600), (-1000, 7200), (1000, -1800), (2000, 3600)],
        ),
        (
            file(&times, &offsets, &[], "ABC-3"),
            [
                (i64::MIN, 3600),
                (-1000, 7200),
                (1000, -1800),
                (2000, 10800),
            ],
        ),
        (
            file(&[], &offsets, &[], "ABC-3"),
            [(i64::MIN, 10800), (0, 10800), (1, 10800), (2, 10800)],
        ),
        (
            file(&[], &offsets, &[], ""),
            [(i64::MIN, 3600), (0, 3600), (1, 3600), (2, 3600)],
        ),
        // Times that count leap seconds: two, from the second one on.
        (
            file(&times, &offsets, &[(500, 1), (1500, 2)], ""),
            [(i64::MIN, 3600), (-1000, 7200), (999, -1800), (1998, 3600)],
        ),
    ] {
        let whole = TimeZone::from_file(&file, i64::MIN).unwrap();
        for (index, (from, offset)) in expected.into_iter().enumerate() {
            let until = expected
                .get(index + 1)
                .map_or(i64::MAX, |(next, _)| next - 1);
            assert_eq!(
                [from, until].map(|at| whole.offset_at(at)),
                [offset; 2],
                "{from}"
            );
            // What lies before what is asked for is not missed later.
            let late = TimeZone::from_file(&file, from).unwrap();
            assert_eq!(
                [from, until].map(|at| late.offset_at(at)),
                [offset; 2],
                "{from}"
            );
        }
    }
}

#[test]
fn what_is_no_zone_file_is_refused() {
    let good = file(&[(0, 0), (1, 1)], &[0, 3600], &[], "ABC-1");
    assert!(TimeZone::from_file(&good, 0).is_some());
    for length in 0..good.len() {
        let cut = &good[..length];
        // With the first of two line ends it is a file without a rule.
        let is_whole = cut.ends_with(b"\n");
        let zone = TimeZone::from_file(cut, 0);
        assert_eq!(zone.is_some(), is_whole, "{length} bytes");
    }
    for (what, bad) in [
        (
            "times in disorder",
            file(&[(1, 0), (0, 1)], &[0, 3600], &[], ""),
        ),
        ("a time twice", file(&[(1, 0), (1, 1)], &[0, 3600], &[], "")),
        (
            "a type that is not there",
            file(&[(1, 2)], &[0, 3600], &[], ""),
        ),
        ("no type", file(&[], &[], &[], "")),
        ("more than a day", file(&[], &[26 * 3600], &[], "")),
        ("less than a day", file(&[(1, 1)], &[0, i32::MIN], &[], "")),
        ("no rule", file(&[], &[0], &[], "ABC")),
        ("more after it", [&good[..], b"x"].concat()),
        (
            "counts that overflow",
            [&b"TZif2"[..], &[0; 15], &[0xff; 24], &good].concat(),
        ),
        ("another magic", [b"tzif", &good[4..]].concat()),
    ] {
        assert!(TimeZone::from_file(&bad, 0).is_none(), "{what}");
    }
}
