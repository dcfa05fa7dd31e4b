#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::license_records_are_genuine_and_read_back::check(bytes)
});
