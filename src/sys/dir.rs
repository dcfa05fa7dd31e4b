//! Directories and files, opened and made with care: with exact modes, never through a symbolic link where that could
//! be somebody else's, never waiting.
//!
//! Owns the way down to directories that are this user's alone, by directory descriptors, and the files in them. Refuses
//! what somebody else could have planted: a symbolic link, another user's directory or file. What is above those
//! directories is the system's, where `/var/run` itself usually is a symbolic link: that is followed.

use super::path_error::{PathError, UnsafePath};
use super::{Error, lock};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, lstat, mkdirat};
use nix::unistd::{UnlinkatFlags, geteuid, mkdir, unlinkat};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);
/// A FIFO in a file's place must not hang us, nor a terminal become ours.
const UNHURRIED: OFlag = OFlag::O_NONBLOCK.union(OFlag::O_NOCTTY);
/// The same for what is opened by its own name, and not by another that a symbolic link gives it.
pub(crate) const CAREFULLY: OFlag = UNHURRIED.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// Mode of a file that is its owner's alone.
pub(crate) const PRIVATE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// Device and inode: what names a file as long as anybody has it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl From<&FileStat> for FileId {
    fn from(status: &FileStat) -> Self {
        Self(status.st_dev, status.st_ino)
    }
}

impl From<&Metadata> for FileId {
    fn from(status: &Metadata) -> Self {
        Self(status.dev(), status.ino())
    }
}

/// Which rights a directory or file of ours has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Mode 0700, a file 0600, whoever made it.
    Exact,
    /// What was there before keeps the mode that its owner chose, and is refused if others may write to it. A directory
    /// that is made here has mode 0700.
    Kept,
}

impl Rights {
    /// Gives what is open exactly `mode`, whatever the umask was, or refuses the mode that it has.
    fn see_to(
        self,
        file: &impl AsFd,
        status: &FileStat,
        mode: Mode,
        path: &Path,
    ) -> Result<(), PathError> {
        match self {
            Self::Exact if status.st_mode & 0o7777 != mode.bits() => {
                Ok(fchmod(file, mode).map_err(Error::on("fchmod", path))?)
            }
            Self::Kept if is_shared(status) => Err(UnsafePath::Writable.at(path)),
            Self::Exact | Self::Kept => Ok(()),
        }
    }
}

/// An open directory, ours alone.
#[derive(Debug)]
pub(crate) struct Dir {
    descriptor: File,
    path: PathBuf,
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Dir {
    /// The directory at `path`, if it exists. The one around it is ours, too; what is above is the system's.
    pub(crate) fn open(path: &Path, rights: Rights) -> Result<Option<Self>, PathError> {
        Self::descend(path, rights, Missing::Accept)
    }

    /// The directory, created with all above it if it does not exist.
    pub(crate) fn create(path: &Path, rights: Rights) -> Result<Self, PathError> {
        let made = Self::descend(path, rights, Missing::Create)?;
        made.ok_or_else(|| Error::on("open", path)(Errno::ENOENT).into())
    }

    fn descend(path: &Path, rights: Rights, missing: Missing) -> Result<Option<Self>, PathError> {
        let around = path.parent().unwrap_or(path);
        let base_path = around.parent().unwrap_or(around);
        if missing == Missing::Create {
            create_parents(base_path).map_err(|(error, part)| error.with_path(part))?;
        }
        let base = match open(base_path, DIRECTORY, Mode::empty()) {
            Ok(base) => base,
            Err(Errno::ENOENT) if missing == Missing::Accept => return Ok(None),
            Err(errno) => return Err(Error::on("open", base_path)(errno).into()),
        };
        let Some(around) = enter(&base, around, rights, missing)? else {
            return Ok(None);
        };
        let descriptor = enter(&around, path, rights, missing)?;
        Ok(descriptor.map(|descriptor| Self {
            descriptor: descriptor.into(),
            path: path.to_path_buf(),
        }))
    }

    /// Shares the lock on the directory for as long as this value lives: systemd-tmpfiles leaves a directory with a lock on it
    /// alone when it cleans up, with all that is in it (tmpfiles.d(5)). Whoever is in the way of that does it no harm.
    pub(crate) fn keep(&self) {
        let _ = self.descriptor.try_lock_shared();
    }

    /// Takes the lock on the directory for as long as this value lives. `Ok(false)`: somebody else has it.
    pub(crate) fn try_lock(&self) -> Result<bool, Error> {
        lock::take(&self.descriptor).map_err(Error::on("flock", &self.path))
    }

    /// The directory's path name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the names in it are, in any order.
    pub(crate) fn names(&self) -> Result<Vec<OsString>, Error> {
        // Ends: one pass over a directory that its owner alone can add to.
        std::fs::read_dir(&self.path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
            .map_err(Error::on("readdir", &self.path))
    }

    /// Opens the file in it whose whole name is `path`, and makes sure that it is one, and ours; sees to its rights.
    /// Nothing: there is none, or it was removed meanwhile.
    pub(crate) fn open_file(
        &self,
        path: &Path,
        flags: OFlag,
        rights: Rights,
    ) -> Result<Option<File>, PathError> {
        let file = match openat(self, name(path), flags | CAREFULLY, PRIVATE) {
            Ok(file) => File::from(file),
            Err(Errno::ENOENT) => return Ok(None),
            Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => {
                return Err(UnsafePath::NotAFile.at(path));
            }
            Err(errno) => return Err(Error::on("open", path)(errno).into()),
        };
        let status = stat(&file, path)?;
        if !is_regular(&status) {
            return Err(UnsafePath::NotAFile.at(path));
        }
        if status.st_uid != geteuid().as_raw() {
            return Err(UnsafePath::Owner.at(path));
        }
        match status.st_nlink {
            0 => Ok(None),
            1 => {
                rights.see_to(&file, &status, PRIVATE, path)?;
                Ok(Some(file))
            }
            _ => Err(UnsafePath::Links.at(path)),
        }
    }

    /// Which file in it the whole name `path` means, links not followed; nothing if there is none.
    pub(crate) fn id_of(&self, path: &Path) -> Result<Option<FileId>, Error> {
        match fstatat(self, name(path), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(status) => Ok(Some(FileId::from(&status))),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(Error::on("fstatat", path)(errno)),
        }
    }

    /// Removes the file in it whose whole name is `path`, unless that means another file than `id` by now.
    pub(crate) fn unlink_own(&self, path: &Path, id: FileId) -> Result<(), Error> {
        if self.id_of(path)? == Some(id) {
            self.unlink(path)?;
        }
        Ok(())
    }

    /// Removes the file in it whose whole name is `path`, if there is one.
    pub(crate) fn unlink(&self, path: &Path) -> Result<(), Error> {
        match unlinkat(self, name(path), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(Error::on("unlink", path)(errno)),
        }
    }
}

/// The last part of a whole name.
pub(crate) fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

/// What a whole path name means, links not followed; nothing if there is no such thing. One system call, no heap.
///
/// Errors: it cannot be told just now, which says nothing of what lies there.
pub(crate) fn lies_at(path: &Path) -> Result<Option<FileStat>, Errno> {
    match lstat(path) {
        Ok(status) => Ok(Some(status)),
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EACCES) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Opens what is only to be read, whosever it is. Whether it is a regular file is left to the caller.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(UNHURRIED.bits())
        .open(path)
}

/// Reads `file` on to its end, or until `buffer` is full. Says how many bytes that were.
pub(crate) fn read_whole(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length: usize = 0;
    // Ends: every round but the last fills some of the buffer, or was interrupted.
    while let Some(left) = buffer.get_mut(length..).filter(|left| !left.is_empty()) {
        match file.read(left) {
            Ok(0) => break,
            Ok(count) => length = length.saturating_add(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// What to do about a directory that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Accept,
    Create,
}

/// Opens the directory at `path`, whose parent is open as `parent`, and sees to its rights.
fn enter(
    parent: &OwnedFd,
    path: &Path,
    rights: Rights,
    missing: Missing,
) -> Result<Option<OwnedFd>, PathError> {
    let mut is_new = false;
    if missing == Missing::Create {
        match mkdirat(parent, name(path), Mode::S_IRWXU) {
            Ok(()) => is_new = true,
            Err(Errno::EEXIST) => (),
            Err(errno) => return Err(Error::on("mkdir", path)(errno).into()),
        }
    }
    let flags = DIRECTORY | OFlag::O_NOFOLLOW;
    let dir = match openat(parent, name(path), flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(Errno::ENOENT) if missing == Missing::Accept => return Ok(None),
        Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(UnsafePath::NotADirectory.at(path)),
        Err(errno) => return Err(Error::on("open", path)(errno).into()),
    };
    let status = stat(&dir, path)?;
    if status.st_uid != geteuid().as_raw() {
        return Err(UnsafePath::Owner.at(path));
    }
    let rights = if is_new { Rights::Exact } else { rights };
    rights.see_to(&dir, &status, Mode::S_IRWXU, path)?;
    Ok(Some(dir))
}

/// What an open file is.
pub(crate) fn stat(file: &impl AsFd, path: &Path) -> Result<FileStat, Error> {
    fstat(file).map_err(Error::on("fstat", path))
}

pub(crate) fn is_regular(status: &FileStat) -> bool {
    status.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFREG.bits()
}

/// Whether others than its owner may write to it.
pub(crate) fn is_shared(status: &FileStat) -> bool {
    status.st_mode & 0o022 != 0
}

/// Creates the directory at `path` and those above it, mode 0755, where they are missing. An error comes with the part of
/// `path` that it is about: no heap is used.
pub(crate) fn create_parents(path: &Path) -> Result<(), (Error, &Path)> {
    let mode = Mode::S_IRWXU | Mode::S_IRGRP | Mode::S_IXGRP | Mode::S_IROTH | Mode::S_IXOTH;
    let created = match (mkdir(path, mode), path.parent()) {
        // Ends: every parent is shorter than its child, and the root exists.
        (Err(Errno::ENOENT), Some(parent)) => {
            create_parents(parent)?;
            mkdir(path, mode)
        }
        (created, _) => created,
    };
    let outcome = match created {
        Ok(()) => open(path, DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty())
            .map_err(Error::of("open"))
            .and_then(|dir| fchmod(&dir, mode).map_err(Error::of("fchmod"))),
        Err(Errno::EEXIST) => Ok(()),
        // An existing directory on a read-only or protected file system may be reported so instead of as existing.
        Err(_) if path.is_dir() => Ok(()),
        Err(errno) => Err(Error::of("mkdir")(errno)),
    };
    outcome.map_err(|error| (error, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::scratch::Scratch;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_cannot_be_made_is_told_of_the_part_that_is_in_the_way() {
        let scratch = Scratch::new();
        let link = scratch.root().join("link");
        symlink("none", &link).unwrap();
        let path = link.join("a/b");
        let (error, part) = create_parents(&path).unwrap_err();
        assert_eq!(error, Error::of("mkdir")(Errno::ENOENT));
        assert_eq!(part, link.join("a"));

        let error = Dir::create(&path.join("c/d"), Rights::Exact).unwrap_err();
        let wanted = Error::on("mkdir", &link.join("a"))(Errno::ENOENT);
        assert_eq!(error, wanted.into());
    }
}
