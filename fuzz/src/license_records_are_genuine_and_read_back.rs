//! Only genuine licenses are read from a record file or a trial file, and they are written back as they were read.

use super::help::input::Input;
use clp_isa::day::Day;
use clp_isa::license::key::{Key, Serial, Terms};
use clp_isa::license::record::{self, Record};
use clp_isa::license::verdict::{Verdict, judge};

/// Bytes: a day, and the file; in it, `\x01` and `\x02` stand for serial number and key of a product license, `\x03` and
/// `\x04` for those of a trial.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let today = Day::new(u16::from(input.byte()) << 8 | u16::from(input.byte()));
    let trial = Terms::Trial {
        first: Day::new(0x4000),
        last: Day::new(0x5000),
    };
    let issue = |serial: &[u8], terms| {
        Key::issue(Serial::parse(serial).unwrap(), terms)
            .unwrap()
            .to_string()
    };
    let (product, trial) = (
        issue(b"ABC0000001", Terms::Product),
        issue(b"XYZ9999999", trial),
    );
    let mut file = Vec::new();
    for &byte in input.rest() {
        match byte {
            1 => file.extend(b"ABC0000001"),
            2 => file.extend(product.bytes()),
            3 => file.extend(b"XYZ9999999"),
            4 => file.extend(trial.bytes()),
            byte => file.push(byte),
        }
    }
    let read = |bytes: &[u8]| {
        record::parse(bytes)
            .filter_map(|(_, record)| record.ok())
            .collect::<Vec<Record>>()
    };
    let records = read(&file);
    assert!(
        records
            .iter()
            .all(|record| record.key().is_genuine(record.serial()))
    );
    assert_eq!(
        read(record::render(&records).to_string().as_bytes()),
        records
    );
    if let Ok(record) = record::parse_sheet(&file) {
        assert!(record.terms() != Terms::Product && record.key().is_genuine(record.serial()));
        assert_eq!(
            record::parse_sheet(record::render_sheet(&record).to_string().as_bytes()),
            Ok(record)
        );
    }
    // Whoever holds a license may start, elsewhere or with none only on a trial's days.
    let is_product = |record: &Record| record.terms() == Terms::Product;
    let is_covered = (0x4000..=0x5000).map(Day::new).any(|day| day == today)
        && records.iter().any(|record| !is_product(record));
    let may_start = |verdict| matches!(verdict, Verdict::Product | Verdict::Trial { .. });
    assert_eq!(may_start(judge(&[], &records, today)), is_covered);
    assert_eq!(
        may_start(judge(&records, &[], today)),
        is_covered || records.iter().any(is_product)
    );
}
