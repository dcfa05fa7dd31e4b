#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::license_dialogue_ends_with_a_genuine_one_or_a_reason::check(bytes)
});
