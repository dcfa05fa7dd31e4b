#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::status_line_is_read_whole_or_not_at_all::check(bytes)
});
