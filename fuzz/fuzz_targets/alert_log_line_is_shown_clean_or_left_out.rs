#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::alert_log_line_is_shown_clean_or_left_out::check(bytes)
});
