//! Every zone of the machine's database against its C library: local time a second before each change and at it, from
//! 1970 to 2100.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

#[expect(
    dead_code,
    reason = "shared with the end-to-end tests; not all of it is used here"
)]
#[path = "e2e/support/mod.rs"]
mod support;

use clp_isa_core::date::Date;
use clp_isa_core::time_zone::{Change, TimeZone as AnyZone};

type TimeZone = AnyZone<Vec<Change>>;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::skip;

const DATABASE: &str = "/usr/share/zoneinfo";
/// The moment from which on the product keeps what a file tells.
const SINCE: i64 = 1_767_225_600;

/// The names of all zones, each once; without those that count leap seconds, which no C library tells in UTC.
fn zones() -> Vec<String> {
    let mut dirs = vec![PathBuf::from(DATABASE)];
    let mut names = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().map(Result::unwrap) {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let name = path.strip_prefix(DATABASE).unwrap().to_str().unwrap();
            if kind.is_dir() && name != "right" && name != "posix" {
                dirs.push(path);
            } else if kind.is_file() && fs::read(&path).unwrap().starts_with(b"TZif") {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// A zone, a moment in seconds since 1970, and the offset then: a line such as
/// `Europe/Paris  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1 gmtoff=7200`.
fn read(line: &str) -> Option<(&str, i64, i64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let offset = words.last()?.strip_prefix("gmtoff=")?.parse().unwrap();
    let months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    let month = months.split(' ').position(|name| name == words[2]).unwrap();
    let number = |text: &str| text.parse::<i64>().unwrap();
    let day = Date::of(
        number(words[5]),
        i64::try_from(month).unwrap() + 1,
        number(words[3]),
    );
    let clock: Vec<i64> = words[4].split(':').map(number).collect();
    let second = (clock[0] * 60 + clock[1]) * 60 + clock[2];
    Some((words[0], day.days_since_1970() * 86400 + second, offset))
}

#[test]
fn every_change_of_every_zone_is_as_the_c_library_has_it() {
    let names = zones();
    let dump = Command::new("zdump")
        .args(["-v", "-c", "1970,2101"])
        .args(&names)
        .output();
    let (Ok(dump), false) = (dump, names.is_empty()) else {
        return skip(&format!("no zdump, or no zone database in {DATABASE}"));
    };
    let mut zones = BTreeMap::new();
    for name in &names {
        let file = fs::read(Path::new(DATABASE).join(name)).unwrap();
        let zone = |since| TimeZone::from_file(&file, since).expect(name);
        zones.insert(name.as_str(), (zone(i64::MIN), zone(SINCE)));
    }
    let (mut compared, mut differing) = (0, Vec::new());
    for line in String::from_utf8(dump.stdout).unwrap().lines() {
        let Some((name, at, offset)) = read(line).filter(|(_, at, _)| *at >= 0) else {
            continue;
        };
        let (whole, kept) = &zones[name];
        compared += 1;
        if whole.offset_at(at) != offset || (at >= SINCE && kept.offset_at(at) != offset) {
            differing.push(line.to_owned());
        }
    }
    eprintln!("{} zones, {compared} moments", names.len());
    assert!(compared > 10_000, "only {compared} moments");
    assert!(
        differing.is_empty(),
        "{} differ: {differing:#?}",
        differing.len()
    );
}
