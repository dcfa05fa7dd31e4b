#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::alert_line_is_one_clean_line::check(bytes));
