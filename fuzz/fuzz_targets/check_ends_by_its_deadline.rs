#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::check_ends_by_its_deadline::check(bytes));
