//! Licenses: whether a monitor may start (docs/reference.md, "Licenses"; guide, chapter 1).
//!
//! Owns the files (`store`). What a key says, what a record looks like, and what follows from the records on a day is
//! `clp_isa_core::license`'s. Read once, at start: nothing here costs a running monitor anything.

pub mod store;

use crate::paths::Paths;
use crate::sys::Error;
use crate::sys::dir::open_to_read;
use clp_isa_core::date::Date;
use clp_isa_core::license::policy::{self, Admission};
use std::path::Path;
use store::Skipped;

/// What a look at the store gave.
#[derive(Debug)]
pub struct Checked {
    /// Whether a monitor may start.
    pub admission: Admission,
    /// What was skipped.
    pub skipped: Vec<Skipped>,
}

/// Whether a monitor may start on this host on the day `today`, in local time.
///
/// # Errors
/// The store cannot be read: event 54.
pub fn check(paths: &Paths, today: Date) -> Result<Checked, store::StoreError> {
    let store::Contents {
        own,
        others,
        skipped,
    } = store::read(paths)?;
    let others: Vec<_> = others.into_iter().flat_map(|host| host.records).collect();
    Ok(Checked {
        admission: policy::judge(&own.records, &others, today),
        skipped,
    })
}

/// The content of a trial file, wherever it lies.
///
/// # Errors
/// It cannot be read, or is longer than any file of ours.
pub fn read_trial_file(path: &Path) -> Result<Vec<u8>, store::StoreError> {
    let file = open_to_read(path).map_err(Error::on("open", path))?;
    store::read_bounded(&file, path)
}
