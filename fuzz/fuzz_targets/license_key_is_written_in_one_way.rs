#![no_main]

libfuzzer_sys::fuzz_target!(
    |bytes: &[u8]| properties::license_key_is_written_in_one_way::check(bytes)
);
