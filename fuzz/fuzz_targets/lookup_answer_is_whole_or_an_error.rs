#![no_main]

libfuzzer_sys::fuzz_target!(
    |bytes: &[u8]| properties::lookup_answer_is_whole_or_an_error::check(bytes)
);
