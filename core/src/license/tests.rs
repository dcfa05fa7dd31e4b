//! Records as text, and what follows from them.

use super::key::{Serial, Terms};
use super::policy::{Admission, judge};
use super::record::{
    Damage, Record, TrialFileError, parse, parse_trial_file, render, render_trial_file,
};
use crate::date::Date;

fn day(text: &str) -> Date {
    Date::parse(text.as_bytes()).unwrap()
}

fn trial(number: &str, first: &str, last: &str) -> Record {
    license(
        number,
        Terms::Trial {
            first: day(first),
            last: day(last),
        },
    )
}

fn product(number: &str) -> Record {
    license(number, Terms::Product)
}

pub(super) fn license(number: &str, terms: Terms) -> Record {
    let serial = Serial::parse(number.as_bytes()).unwrap();
    Record::issue(serial, terms).unwrap()
}

fn good(bytes: &[u8]) -> Vec<Record> {
    parse(bytes).filter_map(|(_, line)| line.ok()).collect()
}

#[test]
fn a_trial_on_the_days_around_it() {
    let record = trial("TRY0000001", "2026-12-30", "2027-01-02");
    let (first, last) = (day("2026-12-30"), day("2027-01-02"));
    for (today, policy) in [
        ("2026-12-29", Admission::NotBegun { first }),
        ("2026-12-30", Admission::Trial { last }),
        ("2026-12-31", Admission::Trial { last }),
        ("2027-01-01", Admission::Trial { last }),
        ("2027-01-02", Admission::Trial { last }),
        ("2027-01-03", Admission::Ended { last }),
        // The clock set back, a day and to where a node without a battery begins.
        ("2026-12-28", Admission::NotBegun { first }),
        ("1970-01-01", Admission::NotBegun { first }),
        ("9999-12-31", Admission::Ended { last }),
    ] {
        assert_eq!(judge(&[record], &[], day(today)), policy, "own, {today}");
        assert_eq!(judge(&[], &[record], day(today)), policy, "other, {today}");
    }
}

#[test]
fn what_several_licenses_are_worth_together() {
    let today = day("2026-11-24");
    let (mine, theirs) = (product("PRO0000001"), product("PRO0000002"));
    let ended = trial("TRY0000001", "2026-01-01", "2026-11-23");
    let ended_before = trial("TRY0000002", "2026-01-01", "2026-02-01");
    let running = trial("TRY0000003", "2026-11-01", "2026-11-24");
    let longer = trial("TRY0000004", "2026-11-24", "2026-12-01");
    let coming = trial("TRY0000005", "2026-11-25", "2026-12-01");
    let coming_later = trial("TRY0000006", "2027-01-01", "2027-12-01");
    let last = day("2026-11-24");
    let rows: [(&[Record], &[Record], Admission); 15] = [
        (&[], &[], Admission::Nothing),
        (&[mine], &[], Admission::Product),
        (&[], &[mine], Admission::Nothing),
        (&[mine], &[theirs], Admission::Product),
        (&[mine], &[theirs, mine], Admission::Overlap),
        (&[mine, running], &[mine], Admission::Overlap),
        (&[mine, theirs], &[mine], Admission::Product),
        (&[mine, ended], &[ended], Admission::Product),
        (&[running, mine], &[], Admission::Product),
        (&[running], &[running], Admission::Trial { last }),
        (
            &[running],
            &[longer],
            Admission::Trial {
                last: day("2026-12-01"),
            },
        ),
        (
            &[ended, coming_later],
            &[running],
            Admission::Trial { last },
        ),
        (
            &[ended_before],
            &[ended],
            Admission::Ended {
                last: day("2026-11-23"),
            },
        ),
        (
            &[coming_later],
            &[coming],
            Admission::NotBegun {
                first: day("2026-11-25"),
            },
        ),
        (
            &[ended, theirs],
            &[coming, mine, theirs, ended_before],
            Admission::Overlap,
        ),
    ];
    for (own, others, policy) in rows {
        assert_eq!(judge(own, others, today), policy, "{own:?} {others:?}");
    }
    assert_eq!(
        judge(&[ended], &[coming, mine], today),
        Admission::NotBegun {
            first: day("2026-11-25")
        }
    );
}

#[test]
fn a_file_of_the_store_cut_anywhere_loses_only_what_was_cut() {
    let records = [
        product("PRO0000001"),
        trial("TRY0000001", "2026-11-01", "2026-11-30"),
        trial("TRY0000002", "2026-11-01", "2026-12-31"),
    ];
    let text = render(&records).to_string();
    assert_eq!(good(text.as_bytes()), records);
    for length in 0..text.len() {
        let cut = &text.as_bytes()[..length];
        let found = good(cut);
        // A line whose end is missing is whole all the same.
        let ends = |index: &usize| {
            length
                >= text
                    .lines()
                    .take(index + 2)
                    .map(|line| line.len() + 1)
                    .sum::<usize>()
                    - 1
        };
        let whole = (0..records.len()).take_while(ends).count();
        assert_eq!(found, records[..whole], "cut at {length}");
        let damaged = parse(cut).filter(|(_, line)| line.is_err()).count();
        assert!(damaged <= 1);
    }
}

#[test]
fn one_bad_byte_costs_one_record() {
    let records = [product("PRO0000001"), product("PRO0000002")];
    let text = render(&records).to_string().into_bytes();
    let start = text.len() - 44;
    assert_eq!(text[start - 1], b'\n');
    for place in start..text.len() - 1 {
        for byte in (0..=u8::MAX).filter(|byte| *byte != text[place] && *byte != b'\n') {
            let mut changed = text.clone();
            changed[place] = byte;
            let found = good(&changed);
            // A comment, if it is the line's first byte.
            assert_eq!(found, records[..1], "{}", String::from_utf8_lossy(&changed));
        }
    }
}

#[test]
fn lines_that_are_no_records_say_so() {
    let key = product("PRO0000001").key();
    let other = Serial::parse(b"PRO0000002").unwrap();
    for (text, number, damage) in [
        ("x".into(), 1, Damage::Form),
        ("\n\n# x\nPRO0000001".into(), 4, Damage::Form),
        (format!("PRO0000001  {key}"), 1, Damage::Form),
        (format!("PRO0000001\t{key}"), 1, Damage::Form),
        (format!("PRO0000001 {key} x"), 1, Damage::Form),
        (format!("PRO0000002 {key}"), 1, Damage::Key(other)),
        (format!("#\nPRO0000002 {key}\r\n"), 2, Damage::Key(other)),
    ] {
        let lines: Vec<_> = parse(text.as_bytes()).collect();
        assert_eq!(lines, [(number, Err(damage))], "{text}");
    }
    assert_eq!(good(format!(" PRO0000001 {key}\r\n").as_bytes()).len(), 1);
}

#[test]
fn trial_files() {
    let record = trial("TRY0000001", "2026-11-01", "2026-11-30");
    let key = record.key();
    let text = render_trial_file(&record).to_string();
    assert_eq!(parse_trial_file(text.as_bytes()), Ok(record));
    let shuffled = format!("\n  key={key}\t\r\n# x\r\nserial=TRY0000001\r\nproduct=ISAG10");
    assert_eq!(parse_trial_file(shuffled.as_bytes()), Ok(record));
    let product = render_trial_file(&product("PRO0000001")).to_string();
    let rows: [(&str, TrialFileError); 14] = [
        ("", TrialFileError::Missing("product")),
        (
            "product=ISAG10\nserial=TRY0000001\n",
            TrialFileError::Missing("key"),
        ),
        (
            &format!("product=ISAG10\nkey={key}\n"),
            TrialFileError::Missing("serial"),
        ),
        (&text.replace("ISAG10", "ISAG20"), TrialFileError::Product),
        (&text.replace("ISAG10", ""), TrialFileError::Product),
        (
            &text.replace("TRY0000001", "TRY000001"),
            TrialFileError::Serial,
        ),
        (
            &text.replace("TRY0000001", "TRY0000002"),
            TrialFileError::Mismatch,
        ),
        (
            &text.replace("product=", "product ="),
            TrialFileError::Line(2),
        ),
        (&text.replace("key=", "Key="), TrialFileError::Line(4)),
        (&text.replace("key=", "key"), TrialFileError::Line(4)),
        (
            &format!("{text}serial=TRY0000001\n"),
            TrialFileError::Repeated("serial", 5),
        ),
        (&format!("{text}\0\n"), TrialFileError::Line(5)),
        (
            &text.replace("key=T", "key=t"),
            TrialFileError::Key(super::key::KeyError::Symbol(b't')),
        ),
        (&product, TrialFileError::NotATrial),
    ];
    for (text, error) in rows {
        assert_eq!(parse_trial_file(text.as_bytes()), Err(error), "{text}");
        assert_eq!(error.to_string().lines().count(), 1);
    }
    for length in 0..text.len() - 1 {
        assert!(
            parse_trial_file(&text.as_bytes()[..length]).is_err(),
            "cut at {length}"
        );
    }
}
