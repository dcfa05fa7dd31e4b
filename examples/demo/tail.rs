//! Reading a log while it grows.

use crate::trouble::{Outcome, Trouble, io};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// A log that grows.
pub(crate) struct Tail {
    path: PathBuf,
    read: u64,
}

impl Tail {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, read: 0 }
    }

    /// The whole lines that came since the last call; none while there is no file.
    pub(crate) fn lines(&mut self) -> Outcome<Vec<String>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Trouble::Io("a log", error)),
        };
        let mut text = String::new();
        file.seek(SeekFrom::Start(self.read))
            .and_then(|_| file.read_to_string(&mut text))
            .map_err(io("a log"))?;
        let (whole, _) = text.rsplit_once('\n').unwrap_or_default();
        if !whole.is_empty() {
            self.read = self
                .read
                .saturating_add(u64::try_from(whole.len()).unwrap_or(u64::MAX))
                .saturating_add(1);
        }
        Ok(whole.lines().map(String::from).collect())
    }
}
