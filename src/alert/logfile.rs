//! A log file that several monitors write to.
//!
//! Owns the file's bounds, its rotation and who may write when; knows nothing of what the lines say. Never waits.
//!
//! The rules that keep every line whole and in one of the two generations:
//! - One line is one `write` with `O_APPEND`. A file that ends within a line (a full disk, a killed writer) gets a
//!   line end first.
//! - Only rotators lock (flock(2), on the file itself): the one with the lock looks again whether the path still names
//!   that file and whether it is still full, and only then renames it. So no file is rotated twice.
//! - Writers take no lock: a writer frozen while it held one would keep the log from being rotated. A line that was
//!   under way while its file was renamed is in the old generation. One whose file has no name any more when it is
//!   written is written again.
//! - The lock is tried and never waited for: where it cannot be had, the log grows until [`LOG_REFUSED`].
//! - The descriptor stays open between lines: a node out of descriptors still has its logs.

use super::Refused;
use crate::sys;
use crate::sys::dir::{CAREFULLY, FileId, create_parents, is_regular};
use clp_isa_core::errno::Errno;
use clp_isa_core::limits::{LOG_MAX, LOG_REFUSED};
use clp_isa_core::wire::alert::Line;
use core::fmt::{self, Display};
use nix::errno::Errno as Failure;
use nix::fcntl::{AT_FDCWD, OFlag, open, renameat};
use nix::sys::stat::{FileStat, Mode, fchmod, fstat, lstat};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Attempts at what others can get in the way of; each needs a new interference to fail.
const TRIES: u8 = 8;
/// Mode of a log, whatever the umask.
const MODE: Mode = Mode::from_bits_truncate(0o640);
/// Read access is for the look at the last byte.
const FLAGS: OFlag = OFlag::O_RDWR.union(OFlag::O_APPEND).union(CAREFULLY);

/// Why a line is not in the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LogError {
    /// This call failed; the path is known to whoever shows it.
    System(sys::Error),
    /// The path names something other than a regular file.
    NotRegular,
    /// The file has reached [`LOG_REFUSED`] and could not be rotated.
    Full,
    /// Only a part of the line could be written.
    Short,
    /// The file was removed while the line was written to it, again and again.
    Gone,
}

impl From<sys::Error> for LogError {
    fn from(error: sys::Error) -> Self {
        Self::System(error)
    }
}

impl Refused for LogError {
    fn tell(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => {
                // What is made is the directory.
                let dir = path.parent().filter(|_| error.call == "mkdir");
                error.at(dir.unwrap_or(path)).fmt(f)
            }
            Self::NotRegular => f.write_str("not a regular file"),
            Self::Full => f.write_str("full, and cannot be rotated"),
            Self::Short => f.write_str("cut short"),
            Self::Gone => f.write_str("removed"),
        }
    }
}

/// A log at a fixed path, with one old generation beside it (`.1`).
#[derive(Debug)]
pub(super) struct LogFile {
    path: CString,
    old: CString,
    file: Option<File>,
}

impl LogFile {
    /// The log at `path`; opened now if it can be, at the next line otherwise.
    pub(super) fn open(path: &Path) -> Self {
        let mut old = OsString::from(path);
        old.push(".1");
        // No path holds a zero byte: it comes from an environment variable. Of one that did, nothing would be open.
        let mut log = Self {
            path: CString::new(path.as_os_str().as_bytes()).unwrap_or_default(),
            old: CString::new(old.into_vec()).unwrap_or_default(),
            file: None,
        };
        let _ = log.follow();
        log
    }

    /// Writes one line.
    ///
    /// # Errors
    /// The line is lost, for this reason; a part of it may stand in the file.
    pub(super) fn write(&mut self, line: &Line) -> Result<(), LogError> {
        let mut may_rotate = true;
        for _ in 0..TRIES {
            let file = self.follow()?;
            if may_rotate && is_over(size(&stat(file)?), line, LOG_MAX) {
                may_rotate = false;
                self.rotate(line);
                continue;
            }
            append(file, line)?;
            if stat(file)?.st_nlink > 0 {
                return Ok(());
            }
        }
        Err(LogError::Gone)
    }

    /// The file that the path names, opened again if it is another one by now. With no descriptor to be had the one
    /// at hand does: what was renamed still has a name.
    fn follow(&mut self) -> Result<&File, LogError> {
        let named = match lstat(self.path.as_c_str()) {
            Ok(stat) => Some(stat),
            Err(Failure::ENOENT) => None,
            Err(errno) => return Err(sys::Error::of("lstat")(errno).into()),
        };
        // Looked at before it is opened: opening a device may do things.
        if named.is_some_and(|stat| !is_regular(&stat)) {
            return Err(LogError::NotRegular);
        }
        let held = self.file.as_ref().and_then(|file| fstat(file).ok());
        if !is_same(named.as_ref(), held.as_ref()) {
            match open_log(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if !is_exhausted(&error) => return Err(error),
                Err(_) if held.is_some_and(|stat| stat.st_nlink > 0) => {}
                Err(_) => {
                    // A file without a name is of no use, its descriptor is.
                    self.file = None;
                    self.file = Some(open_log(&self.path)?);
                }
            }
        }
        self.file.as_ref().ok_or(LogError::Gone)
    }

    /// Renames the file to the old generation, if it is this monitor's to do and `line` really does not fit.
    fn rotate(&self, line: &Line) {
        let Some(file) = &self.file else {
            return;
        };
        if file.try_lock().is_err() {
            return;
        }
        let named = lstat(self.path.as_c_str()).ok();
        let held = fstat(file).ok();
        if is_same(named.as_ref(), held.as_ref())
            && held.is_some_and(|stat| is_over(size(&stat), line, LOG_MAX))
        {
            let (path, old) = (self.path.as_c_str(), self.old.as_c_str());
            // If it fails the log grows on, and the next line tries again.
            let _ = renameat(AT_FDCWD, path, AT_FDCWD, old);
        }
        let _ = file.unlock();
    }
}

/// Opens the log, making it with its mode if it is missing, and its directory and those above it if they are (0755, as the
/// cluster server's are).
fn open_log(path: &CStr) -> Result<File, LogError> {
    let mut may_make_dir = true;
    for _ in 0..TRIES {
        match open(path, FLAGS, Mode::empty()) {
            Ok(fd) => {
                let file = File::from(fd);
                return if is_regular(&stat(&file)?) {
                    Ok(file)
                } else {
                    Err(LogError::NotRegular)
                };
            }
            Err(Failure::ENOENT) => {}
            Err(errno) => return Err(sys::Error::of("open")(errno).into()),
        }
        match open(path, FLAGS | OFlag::O_CREAT | OFlag::O_EXCL, MODE) {
            Ok(fd) => {
                fchmod(&fd, MODE).map_err(sys::Error::of("fchmod"))?;
                return Ok(File::from(fd));
            }
            // Made by another monitor since: it is there to be opened.
            Err(Failure::EEXIST) => {}
            Err(Failure::ENOENT) if may_make_dir => {
                may_make_dir = false;
                make_dir_of(path)?;
            }
            Err(errno) => return Err(sys::Error::of("open")(errno).into()),
        }
    }
    Err(LogError::Gone)
}

fn make_dir_of(path: &CStr) -> Result<(), sys::Error> {
    let path = Path::new(OsStr::from_bytes(path.to_bytes()));
    create_parents(path.parent().unwrap_or(path)).map_err(|(error, _)| error)
}

/// Writes `line` to the file's end in one call.
fn append(mut file: &File, line: &Line) -> Result<(), LogError> {
    let size = size(&stat(file)?);
    if is_over(size, line, LOG_REFUSED) {
        return Err(LogError::Full);
    }
    let bytes = if ends_within_line(file, size) {
        line.bytes_after_torn()
    } else {
        line.bytes()
    };
    for _ in 0..TRIES {
        return match file.write(bytes) {
            Ok(count) if count == bytes.len() => Ok(()),
            Ok(_) => Err(LogError::Short),
            // Nothing was written.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(sys::Error::of("write")(error).into()),
        };
    }
    Err(sys::Error::of("write")(Failure::EINTR).into())
}

/// Whether the last byte is no line end. Another monitor's line, seen half-way, costs an empty line and no more.
fn ends_within_line(file: &File, size: u64) -> bool {
    let mut last = [b'\n'];
    size.checked_sub(1)
        .is_some_and(|at| file.read_at(&mut last, at).is_ok() && last != [b'\n'])
}

fn is_over(size: u64, line: &Line, limit: u64) -> bool {
    u64::try_from(line.bytes_after_torn().len())
        .map_or(true, |length| size.saturating_add(length) > limit)
}

fn stat(file: &File) -> Result<FileStat, sys::Error> {
    fstat(file).map_err(sys::Error::of("fstat"))
}

fn size(stat: &FileStat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(u64::MAX)
}

fn is_same(one: Option<&FileStat>, other: Option<&FileStat>) -> bool {
    one.is_some() && one.map(FileId::from) == other.map(FileId::from)
}

/// Whether the node has no descriptors left.
fn is_exhausted(error: &LogError) -> bool {
    matches!(error, LogError::System(error) if [Errno::EMFILE, Errno::ENFILE].contains(&error.errno))
}

#[cfg(test)]
mod tests;
