//! The system, each of its cares in one place.

pub mod clock;
pub mod error;
pub mod time_zone;

pub use error::Error;
