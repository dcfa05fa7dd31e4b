#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::zone_gives_what_another_reader_gives::check(bytes)
});
