#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::record_survives_or_is_refused::check(bytes));
