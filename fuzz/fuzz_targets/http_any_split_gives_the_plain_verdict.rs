#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::http_any_split_gives_the_plain_verdict::check(bytes)
});
