//! Which identifiers are in use on this node: one file each, `/var/run/clp_isa/id/<identifier>`, that is lock and
//! record in one (docs/reference.md, "Identifiers").
//!
//! Owns claiming, looking and removing. The lock alone says that a monitor runs; the record only says what it was.
//! Never follows a symbolic link, never removes a file without having its lock and without having made sure that
//! the name still means the file that was locked.

#[cfg(test)]
pub(crate) mod scratch;
#[cfg(test)]
mod tests;

use crate::paths::Paths;
use crate::sys::dir::{Dir, FileId, Rights, lies_at, read_whole, stat};
use crate::sys::wait::pause;
use crate::sys::{Error, PathError, lock};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::RECORD_MAX;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::record::Record;
use core::time::Duration;
use nix::fcntl::OFlag;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// How often a file that is changing hands, or whose record is not written yet, is looked at again.
const TRIES: u8 = 50;
/// Pause between two such looks. A signal may end it early: rounds are counted, not time.
const PAUSE: Duration = Duration::from_millis(10);

/// A claimed identifier. The lock lasts as long as this value, at most as long as the process.
#[derive(Debug)]
pub struct Claim {
    dir: Dir,
    file: File,
    name: Identifier,
    path: PathBuf,
    id: FileId,
    /// Bytes that were written to it, once they were.
    length: Option<i64>,
}

/// Whether a claim is still where others look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// The name means the file that is locked, and that is as long as it was written; or what it means cannot be told
    /// just now.
    Whole,
    /// It means that file, in which somebody has written, or this monitor has not yet.
    Altered,
    /// It means nothing, or something else.
    Gone,
}

/// Claims `identifier` for this process: lock first, then record (left empty until [`Claim::write`]). Nothing: a monitor
/// runs under it.
///
/// # Errors
/// What could not be created, opened or locked.
pub fn claim(paths: &Paths, identifier: &Identifier) -> Result<Option<Claim>, PathError> {
    Ok(match repeat(|| try_claim(paths, identifier))? {
        Seizure::Taken(claim) => Some(claim),
        Seizure::Held(_) | Seizure::Changing | Seizure::Missing | Seizure::OtherProtocol(_) => None,
    })
}

/// As [`claim`], once and without waiting.
///
/// # Errors
/// What could not be created, opened or locked.
pub fn try_claim(paths: &Paths, identifier: &Identifier) -> Result<Seizure, PathError> {
    seize(paths, identifier, Access::Create, None)
}

/// What came of an attempt to take the lock on an identifier's file.
#[derive(Debug)]
pub enum Seizure {
    /// It was taken, and the file is empty.
    Taken(Claim),
    /// Nothing was changed: a monitor runs, and this is its file.
    Held(FileId),
    /// Somebody else takes the lock just now, removes the file or looks at it.
    Changing,
    /// There was no such file, and none was made.
    Missing,
    /// Nothing was changed: the record is the other command's.
    OtherProtocol(Protocol),
}

/// Tries until it is known what there is to the identifier, for half a second.
fn repeat(mut attempt: impl FnMut() -> Result<Seizure, PathError>) -> Result<Seizure, PathError> {
    // Ends: at most TRIES rounds.
    for _ in 1..TRIES {
        match attempt()? {
            Seizure::Changing => pause(PAUSE),
            settled => return Ok(settled),
        }
    }
    attempt()
}

/// One attempt to take the lock, and to empty the file: of a dead `protocol` monitor, or of any if none is given.
///
/// The file is emptied while the lock is shared, when nobody can be a monitor, and before it is taken: what is in a
/// file whose lock is held is the record of the monitor that holds it, and never one that it found.
fn seize(
    paths: &Paths,
    identifier: &Identifier,
    access: Access,
    protocol: Option<Protocol>,
) -> Result<Seizure, PathError> {
    let opened = match access {
        Access::Create => Some(Dir::create(&paths.id_dir(), Rights::Exact)?),
        Access::Read | Access::Change => open_dir(paths)?,
    };
    let Some(dir) = opened else {
        return Ok(Seizure::Missing);
    };
    let path = paths.record(identifier);
    let Some(file) = open_record(&dir, &path, access)? else {
        // To be created, it was removed meanwhile, or its directory was.
        return Ok(if access == Access::Create {
            Seizure::Changing
        } else {
            Seizure::Missing
        });
    };
    let locking = Error::on("flock", &path);
    if !lock::share(&file).map_err(&locking)? {
        let status = stat(&file, &path)?;
        return Ok(if status.st_size == 0 {
            Seizure::Changing
        } else {
            Seizure::Held(FileId::from(&status))
        });
    }
    if let Some(wanted) = protocol
        && let Some(Record { protocol, .. }) = read_record(&file, &path)?
        && protocol != wanted
    {
        return Ok(Seizure::OtherProtocol(protocol));
    }
    file.set_len(0).map_err(Error::on("ftruncate", &path))?;
    if !lock::own(&file).map_err(locking)? {
        return Ok(Seizure::Changing);
    }
    let status = stat(&file, &path)?;
    let id = FileId::from(&status);
    // A whole life of another monitor may lie between the two forms: what that left is emptied in the next round.
    if dir.id_of(&path)? != Some(id) || status.st_size != 0 {
        return Ok(Seizure::Changing);
    }
    dir.keep();
    Ok(Seizure::Taken(Claim {
        dir,
        file,
        name: *identifier,
        path,
        id,
        length: None,
    }))
}

impl Claim {
    /// The identifier.
    pub const fn identifier(&self) -> &Identifier {
        &self.name
    }

    /// Whether the lock that somebody holds on this file is this claim's own.
    pub fn is_on(&self, id: FileId) -> bool {
        self.id == id
    }

    /// Whether the whole path still means this claim. One system call, no heap.
    pub fn state(&self) -> ClaimState {
        match lies_at(&self.path) {
            Ok(Some(status)) if FileId::from(&status) == self.id => {
                if Some(status.st_size) == self.length {
                    ClaimState::Whole
                } else {
                    ClaimState::Altered
                }
            }
            Ok(_) => ClaimState::Gone,
            Err(_) => ClaimState::Whole,
        }
    }

    /// Writes this monitor's record.
    ///
    /// # Errors
    /// What could not be written; the claim stands all the same.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        let text = record.render();
        self.length = i64::try_from(text.len()).ok();
        self.file
            .set_len(0)
            .map_err(Error::on("ftruncate", &self.path))?;
        self.file
            .write_all_at(text.as_bytes(), 0)
            .map_err(Error::on("write", &self.path))
    }

    /// Removes the file, if the name still means ours, and then lets go of the lock.
    ///
    /// # Errors
    /// What could not be removed; the lock is gone all the same.
    pub fn release(self) -> Result<(), Error> {
        self.dir.unlink_own(&self.path, self.id)
    }
}

/// What there is to an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Nothing.
    Unknown,
    /// A file, but no monitor: it was killed. The record is missing if it was never written in full.
    Dead(Option<Record>),
    /// A running monitor. The record is missing if it could not be read even after waiting for it.
    Running(Option<Record>),
}

/// Looks at `identifier`. Takes at most half a second, and that only if a monitor is just
/// starting or its record is damaged.
///
/// # Errors
/// What could not be opened or read.
pub fn look(paths: &Paths, identifier: &Identifier) -> Result<LockState, PathError> {
    let mut state = LockState::Unknown;
    // Ends: at most TRIES rounds.
    for _ in 0..TRIES {
        let is_settled;
        (state, is_settled) = inspect(paths, identifier)?;
        if is_settled {
            break;
        }
        pause(PAUSE);
    }
    Ok(state)
}

/// Looks at `identifier` once, without waiting. Says also whether what it saw is settled: a monitor that is just
/// starting or ending, or whose record is damaged, is to be looked at again.
///
/// # Errors
/// What could not be opened or read.
pub fn inspect(paths: &Paths, identifier: &Identifier) -> Result<(LockState, bool), PathError> {
    let gone = (LockState::Unknown, true);
    let Some(dir) = open_dir(paths)? else {
        return Ok(gone);
    };
    let path = paths.record(identifier);
    let Some(file) = open_record(&dir, &path, Access::Read)? else {
        return Ok(gone);
    };
    let is_free = || lock::share(&file).map_err(Error::on("flock", &path));
    let is_dead = is_free()?;
    let record = read_record(&file, &path)?;
    // The same answer before and after, so the record read in between belongs to it.
    let stable =
        is_free()? == is_dead && dir.id_of(&path)? == Some(FileId::from(&stat(&file, &path)?));
    Ok(if is_dead {
        (LockState::Dead(record), stable)
    } else {
        let record = record.filter(|_| stable);
        (LockState::Running(record), record.is_some())
    })
}

/// The identifiers that there is something to, in any order. Files of other names are not ours and are left out.
///
/// # Errors
/// What could not be opened or read.
pub fn list(paths: &Paths) -> Result<Vec<Identifier>, PathError> {
    let Some(dir) = open_dir(paths)? else {
        return Ok(Vec::new());
    };
    let names = dir.names()?.into_iter();
    Ok(names
        .filter_map(|name| Identifier::parse(name.as_bytes()))
        .collect())
}

/// Takes the lock on what a killed `protocol` monitor left under `identifier`, whose control socket can then be removed
/// before [`Claim::release`] removes the file.
///
/// # Errors
/// What could not be opened or locked.
pub fn seize_dead(
    paths: &Paths,
    identifier: &Identifier,
    protocol: Protocol,
) -> Result<Seizure, PathError> {
    repeat(|| seize(paths, identifier, Access::Change, Some(protocol)))
}

/// What a record file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Change,
    Create,
}

/// Opens a record file and makes sure that it is one. Nothing: there is none, or it was removed meanwhile.
fn open_record(dir: &Dir, path: &Path, access: Access) -> Result<Option<File>, PathError> {
    let flags = match access {
        Access::Read => OFlag::O_RDONLY,
        Access::Change => OFlag::O_RDWR,
        Access::Create => OFlag::O_RDWR | OFlag::O_CREAT,
    };
    dir.open_file(path, flags, Rights::Exact)
}

/// The record in a file that was just opened; nothing if it is half-written, garbled or too long.
fn read_record(file: &File, path: &Path) -> Result<Option<Record>, Error> {
    let mut buffer = [0; RECORD_MAX];
    let length = read_whole(file, &mut buffer).map_err(Error::on("read", path))?;
    Ok(buffer.get(..length).and_then(Record::parse))
}

/// The directory of the records, if it exists.
fn open_dir(paths: &Paths) -> Result<Option<Dir>, PathError> {
    Dir::open(&paths.id_dir(), Rights::Exact)
}
