//! Every text format that leaves the process or comes into it, writer and reader side by side.
//!
//! Owns the forms; opens nothing.

pub mod alert;
pub mod alert_log;
pub mod control;
pub mod conversation;
pub mod hosts;
pub mod lookup;
pub mod record;
pub mod status;
