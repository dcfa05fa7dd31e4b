//! Reading the alert log while monitors write and rotate it.
//!
//! Owns finding its lines, across a rotation, each once. Takes no lock and writes nothing.

use crate::sys;
use crate::sys::dir::{FileId, open_to_read};
use crate::sys::error::shown;
use core::fmt;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Why the log cannot be read.
#[derive(Debug)]
pub enum LogError {
    /// What lies at its path is no regular file.
    NotRegular(PathBuf),
    /// A system call failed.
    System(sys::Error),
}

impl From<sys::Error> for LogError {
    fn from(error: sys::Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegular(path) => write!(f, "{} is not a regular file", shown(path)),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// The log's lines, as they come.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    current: Option<Generation>,
    /// Renamed lately: a writer that had it open may add a last line.
    previous: Option<Generation>,
}

/// One file of the log, read up to somewhere.
#[derive(Debug)]
struct Generation {
    file: File,
    id: FileId,
    /// Bytes read.
    read: u64,
    /// What was read of a line that has no end yet.
    rest: Vec<u8>,
}

impl Log {
    /// The log at `path` with the lines that it and its old generation (`.1`) hold, the oldest first. A missing log is
    /// an empty one.
    ///
    /// # Errors
    /// What cannot be opened or read.
    pub fn open(path: &Path) -> Result<(Self, Vec<Vec<u8>>), LogError> {
        let mut old_path = OsString::from(path);
        old_path.push(".1");
        // In this order: if the log is rotated in between, both are the same file, and the new one is found by `poll`.
        let current = Generation::open(path)?;
        let old = Generation::open(Path::new(&old_path))?;
        let is_current = |old: &Generation| current.as_ref().is_some_and(|one| one.id == old.id);
        let mut lines = Vec::new();
        if let Some(mut old) = old.filter(|old| !is_current(old)) {
            old.take(&mut lines)
                .map_err(sys::Error::on("read", Path::new(&old_path)))?;
        }
        let mut log = Self {
            path: path.into(),
            current,
            previous: None,
        };
        log.read(&mut lines)?;
        Ok((log, lines))
    }

    /// The lines that have come since.
    ///
    /// # Errors
    /// What cannot be opened or read.
    pub fn poll(&mut self) -> Result<Vec<Vec<u8>>, LogError> {
        let mut lines = Vec::new();
        self.read(&mut lines)?;
        Ok(lines)
    }

    fn read(&mut self, lines: &mut Vec<Vec<u8>>) -> Result<(), LogError> {
        let unreadable = sys::Error::on("read", &self.path);
        let mut take = |generation: Option<&mut Generation>| match generation {
            Some(generation) => generation.take(lines).map_err(&unreadable),
            None => Ok(()),
        };
        take(self.previous.take().as_mut())?;
        take(self.current.as_mut())?;
        let named = match std::fs::metadata(&self.path) {
            Ok(named) => Some(FileId::from(&named)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(sys::Error::on("stat", &self.path)(error).into()),
        };
        if named.is_some() && named != self.current.as_ref().map(|current| current.id) {
            self.previous = self.current.take();
            take(self.previous.as_mut())?;
            self.current = Generation::open(&self.path)?;
            take(self.current.as_mut())?;
        }
        Ok(())
    }
}

impl Generation {
    /// The file, if it exists.
    fn open(path: &Path) -> Result<Option<Self>, LogError> {
        let file = match open_to_read(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(sys::Error::on("open", path)(error).into()),
        };
        let status = file.metadata().map_err(sys::Error::on("fstat", path))?;
        if !status.is_file() {
            return Err(LogError::NotRegular(path.into()));
        }
        Ok(Some(Self {
            file,
            id: FileId::from(&status),
            read: 0,
            rest: Vec::new(),
        }))
    }

    /// Reads on to the end and takes the whole lines.
    fn take(&mut self, lines: &mut Vec<Vec<u8>>) -> io::Result<()> {
        let size = self.file.metadata()?.len();
        if size < self.read {
            // Emptied under us: what it holds now is new.
            self.file.seek(SeekFrom::Start(0))?;
            self.read = 0;
            self.rest.clear();
        }
        let mut bytes = core::mem::take(&mut self.rest);
        let count = self.file.read_to_end(&mut bytes)?;
        self.read = self
            .read
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let mut parts = bytes.split(|byte| *byte == b'\n');
        self.rest = parts.next_back().unwrap_or_default().to_vec();
        lines.extend(parts.filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::scratch::Scratch;
    use std::fs::OpenOptions;
    use std::io::Write;

    fn write(path: &Path, text: &str) {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn texts(lines: &[Vec<u8>]) -> Vec<String> {
        let text = |line: &Vec<u8>| String::from_utf8(line.clone()).unwrap();
        lines.iter().map(text).collect()
    }

    #[test]
    fn lines_come_once_and_in_order_across_rotations() {
        let scratch = Scratch::new();
        let path = scratch.root().join("log");
        let old = scratch.root().join("log.1");
        let (mut log, lines) = Log::open(&path).unwrap();
        assert!(lines.is_empty(), "a missing log is an empty one");
        write(&path, "1\n2\nhal");
        assert_eq!(texts(&log.poll().unwrap()), ["1", "2"]);
        write(&path, "f\n");
        assert_eq!(texts(&log.poll().unwrap()), ["half"]);
        assert!(log.poll().unwrap().is_empty());

        write(&path, "3\n");
        std::fs::rename(&path, &old).unwrap();
        assert_eq!(texts(&log.poll().unwrap()), ["3"], "no new file yet");
        write(&path, "5\n");
        // A writer that had the old one open.
        write(&old, "4\n");
        assert_eq!(texts(&log.poll().unwrap()), ["4", "5"]);
        write(&old, "late\n");
        write(&path, "6\n");
        assert_eq!(texts(&log.poll().unwrap()), ["late", "6"]);

        let (_, lines) = Log::open(&path).unwrap();
        assert_eq!(
            texts(&lines),
            ["1", "2", "half", "3", "4", "late", "5", "6"]
        );
        std::fs::write(&path, "7\n").unwrap();
        assert_eq!(
            texts(&log.poll().unwrap()),
            ["7"],
            "emptied and begun again"
        );
        std::fs::write(&path, "").unwrap();
        assert!(log.poll().unwrap().is_empty());
        write(&path, "8\n");
        assert_eq!(texts(&log.poll().unwrap()), ["8"]);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let scratch = Scratch::new();
        assert!(Log::open(scratch.root()).is_err());
    }
}
