//! What the properties share.

pub mod alert_lines;
pub mod alert_log;
pub mod config;
pub mod control;
pub mod dialogue;
pub mod event;
pub mod hosts;
pub mod input;
pub mod licenses;
pub mod operation;
pub mod outcome;
pub mod plain;
pub mod shadow;
pub mod split;
pub mod status_line;
pub mod zones;
