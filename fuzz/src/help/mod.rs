//! What the properties share.

pub mod config;
pub mod input;
pub mod outcome;
pub mod plain;
pub mod split;
