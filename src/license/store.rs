//! The store: one file of records for each host, `<host name>.lic`, in a directory that is its owner's alone.
//!
//! Owns reading, and changing by one writer at a time: a new file is written beside the old one, brought to the disk,
//! and renamed over it, so that whoever reads, and whatever happens meanwhile, finds the old records or the new ones.
//! Never follows a symbolic link; does not trust what others could have written. A file or line that cannot be used
//! never keeps the others from being used: it is skipped, and told of.

mod error;

pub use error::{Skipped, StoreError};

use crate::paths::Paths;
use crate::sys::dir::{Dir, Rights, name};
use crate::sys::wait::pause;
use crate::sys::{Error, PathError};
use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::{self, Record};
use clp_isa_core::limits::LICENSE_FILE_MAX;
use core::time::Duration;
use nix::errno::Errno;
use nix::fcntl::{OFlag, renameat};
use nix::unistd::fsync;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What a file's name ends with.
const SUFFIX: &[u8] = b".lic";
/// Name of the file that is being written; whoever is killed meanwhile leaves it to the next writer.
const NEW: &str = ".new";
/// How often a writer asks for the lock, and how long it waits in between: 5 s in all.
const TRIES: u8 = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// How often a file that is replaced at the very moment it is opened is opened again.
const REOPENS: u8 = 8;

/// The records of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRecords {
    /// The host's name.
    pub host: OsString,
    /// Its records, in the file's order.
    pub records: Vec<Record>,
}

/// What the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// This host's records.
    pub own: HostRecords,
    /// Those of all other hosts, by name.
    pub others: Vec<HostRecords>,
    /// What was skipped.
    pub skipped: Vec<Skipped>,
}

/// Reads the whole store; nothing at all if there is none.
///
/// # Errors
/// The directory cannot be used. What is wrong with single files is in `skipped`.
pub fn read(paths: &Paths) -> Result<Contents, StoreError> {
    let host = host_name()?;
    match Dir::open(&paths.license_dir(), Rights::Kept)? {
        Some(dir) => read_dir_of(&dir, host),
        None => Ok(Contents::of(host)),
    }
}

impl Contents {
    /// Those of a store without records.
    const fn of(host: OsString) -> Self {
        Self {
            own: HostRecords {
                host,
                records: Vec::new(),
            },
            others: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

fn read_dir_of(dir: &Dir, host: OsString) -> Result<Contents, StoreError> {
    let mut contents = Contents::of(host);
    for name in dir.names()? {
        let Some(stem) = name.as_bytes().strip_suffix(SUFFIX) else {
            continue;
        };
        if stem.is_empty() || stem.starts_with(b".") {
            continue;
        }
        match read_file(dir, &dir.path().join(&name), &mut contents.skipped) {
            Ok(records) if stem == contents.own.host.as_bytes() => contents.own.records = records,
            Ok(records) => {
                contents.others.push(HostRecords {
                    host: OsString::from_vec(stem.to_vec()),
                    records,
                });
            }
            Err(error) => contents.skipped.push(Skipped::File(error)),
        }
    }
    contents.others.sort_by(|a, b| a.host.cmp(&b.host));
    Ok(contents)
}

/// What a registration did besides adding the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Records that made room for it.
    pub replaced: Vec<Record>,
    /// Lines of the file that were no records, and are gone.
    pub dropped: Vec<Skipped>,
}

/// Registers a license for this host. It takes the place of one with the same serial number; a product license takes
/// the place of the host's former one. The same license again changes nothing.
///
/// # Errors
/// Why it is not registered; the store is unchanged then.
pub fn register(paths: &Paths, new: Record) -> Result<Changed, StoreError> {
    let host = host_name()?;
    let writer = Writer::open(paths)?;
    if new.terms() == Terms::Product {
        let mut others = read_dir_of(&writer.dir, host.clone())?.others.into_iter();
        if let Some(host) = others.find(|host| host.records.contains(&new)) {
            return Err(StoreError::Overlap(host.host));
        }
    }
    let mut changed = Changed::default();
    let path = writer.path(&host);
    let mut records = read_file(&writer.dir, &path, &mut changed.dropped)?;
    if records.contains(&new) {
        changed.dropped.clear();
        return Ok(changed);
    }
    let goes = |old: &Record| {
        old.serial() == new.serial()
            || (old.terms() == Terms::Product && new.terms() == Terms::Product)
    };
    records.retain(|old| {
        if goes(old) {
            changed.replaced.push(*old);
        }
        !goes(old)
    });
    records.push(new);
    writer.write(&path, &records)?;
    Ok(changed)
}

/// Removes the license with this serial number: this host's, or, if this host has none, that of every other.
/// Gives what was no record in the changed files, and is gone.
///
/// # Errors
/// Why it is still there; with several files to be changed, those before the failing one are.
pub fn delete(paths: &Paths, serial: Serial) -> Result<Vec<Skipped>, StoreError> {
    let host = host_name()?;
    let writer = Writer::open(paths)?;
    let contents = read_dir_of(&writer.dir, host)?;
    let has = |records: &[Record]| records.iter().any(|record| record.serial() == serial);
    let hosts = if has(&contents.own.records) {
        vec![contents.own.host]
    } else {
        let others = contents.others.into_iter();
        others
            .filter(|host| has(&host.records))
            .map(|host| host.host)
            .collect()
    };
    if hosts.is_empty() {
        return Err(StoreError::Unknown(serial));
    }
    let mut dropped = Vec::new();
    for host in hosts {
        let path = writer.path(&host);
        let mut records = read_file(&writer.dir, &path, &mut dropped)?;
        records.retain(|record| record.serial() != serial);
        writer.write(&path, &records)?;
    }
    Ok(dropped)
}

/// The one process that may change the store.
struct Writer {
    /// With the lock on it.
    dir: Dir,
}

impl Writer {
    /// Makes the directory if it is missing, and locks it.
    fn open(paths: &Paths) -> Result<Self, StoreError> {
        let dir = Dir::create(&paths.license_dir(), Rights::Kept)?;
        // Ends: at most TRIES rounds.
        for _ in 0..TRIES {
            if dir.try_lock()? {
                return Ok(Self { dir });
            }
            pause(PAUSE);
        }
        Err(StoreError::Busy)
    }

    fn path(&self, host: &OsStr) -> PathBuf {
        let mut name = host.to_os_string();
        name.push(OsStr::from_bytes(SUFFIX));
        self.dir.path().join(name)
    }

    /// Puts a file with these records in the place of the one at `path`; without records there is none afterwards.
    fn write(&self, path: &Path, records: &[Record]) -> Result<(), StoreError> {
        if records.is_empty() {
            self.dir.unlink(path)?;
        } else {
            let new = self.dir.path().join(NEW);
            let replaced = self.write_new(&new, records).and_then(|()| {
                renameat(&self.dir, name(&new), &self.dir, name(path))
                    .map_err(|errno| Error::on("rename", path)(errno).into())
            });
            if let Err(error) = replaced {
                // If this fails, too, the next writer does it.
                let _ = self.dir.unlink(&new);
                return Err(error.into());
            }
        }
        fsync(&self.dir).map_err(Error::on("fsync", self.dir.path()))?;
        Ok(())
    }

    fn write_new(&self, path: &Path, records: &[Record]) -> Result<(), PathError> {
        self.dir.unlink(path)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        let opened = self.dir.open_file(path, flags, Rights::Exact)?;
        let mut file = opened.ok_or_else(|| Error::on("open", path)(Errno::ENOENT))?;
        let text = record::render(records).to_string();
        file.write_all(text.as_bytes())
            .map_err(Error::on("write", path))?;
        file.sync_all().map_err(Error::on("fsync", path))?;
        Ok(())
    }
}

/// The records of one file; none if it does not exist. Lines that are none go to `skipped`.
fn read_file(
    dir: &Dir,
    path: &Path,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Record>, StoreError> {
    let Some(file) = open(dir, path)? else {
        return Ok(Vec::new());
    };
    let bytes = read_bounded(&file, path)?;
    let mut records = Vec::new();
    for (number, line) in record::parse(&bytes) {
        match line {
            Ok(record) => records.push(record),
            Err(damage) => skipped.push(Skipped::Line {
                path: path.to_path_buf(),
                number,
                damage,
            }),
        }
    }
    Ok(records)
}

fn open(dir: &Dir, path: &Path) -> Result<Option<File>, StoreError> {
    // Ends: at most REOPENS rounds. A file that is replaced between opening and looking at it has no name any more.
    for _ in 0..REOPENS {
        if let Some(file) = dir.open_file(path, OFlag::O_RDONLY, Rights::Kept)? {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// The whole content of a file that is of a length that ours can have.
pub(super) fn read_bounded(file: &File, path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    // One byte more than is allowed.
    let limit = u64::try_from(LICENSE_FILE_MAX)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(Error::on("read", path))?;
    if bytes.len() > LICENSE_FILE_MAX {
        return Err(StoreError::TooLong(path.to_path_buf()));
    }
    Ok(bytes)
}

/// This host's name (gethostname(2)), if it can be a file's.
fn host_name() -> Result<OsString, StoreError> {
    let name = nix::unistd::gethostname().map_err(Error::of("gethostname"))?;
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.starts_with(b".") || bytes.contains(&b'/') {
        return Err(StoreError::HostName(name));
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
