//! Only genuine licenses are read from a record file or a trial file, and they are written back as they were read.

use super::help::input::Input;
use super::help::licenses::{TRIAL, filled_in};
use clp_isa_core::date::Date;
use clp_isa_core::license::key::Terms;
use clp_isa_core::license::policy::{Admission, judge};
use clp_isa_core::license::record::{Record, parse, parse_trial_file, render, render_trial_file};

/// Bytes: a day, and the file, in which some stand for serial numbers and keys.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let today = u16::from(input.byte()) << 8 | u16::from(input.byte());
    let file = filled_in(input.rest());
    let is_genuine = |record: &Record| record.key().is_genuine(record.serial());
    let is_product = |record: &Record| record.terms() == Terms::Product;

    let records = read(&file);
    assert!(records.iter().all(is_genuine));
    assert_eq!(read(render(&records).to_string().as_bytes()), records);
    if let Ok(record) = parse_trial_file(&file) {
        assert!(!is_product(&record) && is_genuine(&record));
        let text = render_trial_file(&record).to_string();
        assert_eq!(parse_trial_file(text.as_bytes()), Ok(record));
    }
    // Whoever holds a license may start, elsewhere or with none only on a trial's days.
    let has_product = records.iter().any(is_product);
    let is_covered = TRIAL.contains(&today) && !records.iter().all(is_product);
    let may_start = |here: &[Record], elsewhere: &[Record]| {
        let admission = judge(here, elsewhere, Date::new(today));
        matches!(admission, Admission::Product | Admission::Trial { .. })
    };
    assert_eq!(may_start(&[], &records), is_covered);
    assert_eq!(may_start(&records, &[]), is_covered || has_product);
}

fn read(file: &[u8]) -> Vec<Record> {
    parse(file).filter_map(|(_, record)| record.ok()).collect()
}
