//! What must hold whatever the input is, one module a property, named after it.
//!
//! The fuzz targets call these functions with bytes that libFuzzer makes up; `tests/corpus.rs` of the product calls the
//! same functions with every file of the corpus, on the stable toolchain, in `cargo test`.

mod help;

pub mod alert_line_is_one_clean_line;
pub mod alert_log_line_is_shown_clean_or_left_out;
pub mod check_ends_by_its_deadline;
pub mod command_line_gives_what_fits_or_a_reason;
pub mod control_reply_any_split_gives_one_meaning;
pub mod control_request_any_split_and_back;
pub mod hosts_any_split_gives_the_same_addresses;
pub mod http_any_split_gives_the_plain_verdict;
pub mod license_dialogue_ends_with_a_genuine_one_or_a_reason;
pub mod license_key_is_written_in_one_way;
pub mod license_records_are_genuine_and_read_back;
pub mod lookup_answer_is_whole_or_an_error;
pub mod monitor_ends_at_the_last_retry_and_never_sleeps;
pub mod record_survives_or_is_refused;
pub mod smtp_any_split_gives_the_plain_verdict;
pub mod status_line_is_read_whole_or_not_at_all;
pub mod zone_gives_what_another_reader_gives;

/// A property: panics when `bytes` break it.
pub type Property = fn(bytes: &[u8]);

macro_rules! table {
    ($($name:ident)*) => {
        /// Every property under its name, which is also that of its fuzz target and of its directory in the corpus.
        pub const ALL: &[(&str, Property)] = &[$((stringify!($name), $name::check)),*];
    };
}

table! {
    alert_line_is_one_clean_line
    alert_log_line_is_shown_clean_or_left_out
    check_ends_by_its_deadline
    command_line_gives_what_fits_or_a_reason
    control_reply_any_split_gives_one_meaning
    control_request_any_split_and_back
    hosts_any_split_gives_the_same_addresses
    http_any_split_gives_the_plain_verdict
    license_dialogue_ends_with_a_genuine_one_or_a_reason
    license_key_is_written_in_one_way
    license_records_are_genuine_and_read_back
    lookup_answer_is_whole_or_an_error
    monitor_ends_at_the_last_retry_and_never_sleeps
    record_survives_or_is_refused
    smtp_any_split_gives_the_plain_verdict
    status_line_is_read_whole_or_not_at_all
    zone_gives_what_another_reader_gives
}
