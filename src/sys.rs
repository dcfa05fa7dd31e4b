//! The system, each of its cares in one place.

pub mod clock;
pub(crate) mod dir;
pub mod error;
pub(crate) mod lock;
pub mod path_error;
pub(crate) mod terminal;
pub mod time_zone;
pub(crate) mod trust;
pub(crate) mod wait;

pub use error::Error;
pub use path_error::PathError;
