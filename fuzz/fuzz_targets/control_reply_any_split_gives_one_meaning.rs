#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::control_reply_any_split_gives_one_meaning::check(bytes)
});
