//! An identifier's record is read back as it was written; one that was not written so is refused or harmless.

use clp_isa_core::wire::record::Record;

/// Bytes: the record.
pub fn check(bytes: &[u8]) {
    let Some(record) = Record::parse(bytes) else {
        return;
    };
    assert!(record.pid > 0 && i32::try_from(record.pid).is_ok());
    let text = record.render();
    assert_eq!(Record::parse(text.as_bytes()), Some(record));
    // Half of it is nothing.
    for cut in 0..text.len() {
        assert_eq!(Record::parse(&text.as_bytes()[..cut]), None);
    }
    assert_eq!(Record::parse(bytes.strip_suffix(b"\n").unwrap()), None);
}
