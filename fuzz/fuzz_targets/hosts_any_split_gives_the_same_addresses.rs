#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::hosts_any_split_gives_the_same_addresses::check(bytes)
});
