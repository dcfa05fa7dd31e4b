#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::monitor_ends_at_the_last_retry_and_never_sleeps::check(bytes)
});
