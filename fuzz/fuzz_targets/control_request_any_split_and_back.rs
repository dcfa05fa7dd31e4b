#![no_main]

libfuzzer_sys::fuzz_target!(
    |bytes: &[u8]| properties::control_request_any_split_and_back::check(bytes)
);
