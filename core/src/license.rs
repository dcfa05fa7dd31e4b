//! Licenses: what a key says, what a record looks like, what follows from the records on a day (guide, chapter 1).

pub mod dialogue;
pub mod key;
pub mod policy;
pub mod record;
#[cfg(test)]
mod tests;
