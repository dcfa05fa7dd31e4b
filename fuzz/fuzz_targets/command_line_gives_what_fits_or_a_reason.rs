#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::command_line_gives_what_fits_or_a_reason::check(bytes)
});
