//! The system, each of its cares in one place.

pub mod clock;
pub(crate) mod dir;
pub mod error;
pub(crate) mod lock;
pub mod path_error;
pub mod time_zone;
pub(crate) mod trust;

pub use error::Error;
pub use path_error::PathError;
