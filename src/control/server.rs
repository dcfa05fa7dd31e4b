//! The monitor's end of the control socket: its name in the file system, who may use it, and one client's dialogue.
//!
//! Owns the socket's name and the bytes of a conversation; the loop that accepts, reads and writes is the driver's.
//! Refuses peers of other users, and requests meant for another monitor.

use super::command::{ControlRequest, ControlVerb, Refusal, Reply, ReplyLine};
use crate::identifier::Identifier;
use crate::limits::CONTROL_LINE_MAX;
use crate::paths::Paths;
use crate::protocol::Protocol;
use crate::registry;
use crate::registry::dir::{Dir, StateDir, lies_at};
use crate::text::Escaped;
use core::fmt;
use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Longest path name of a socket, in bytes: `sun_path` less its final zero (unix(7)).
const PATH_MAX: usize = 107;

/// Why there is no control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketError {
    /// The path name does not fit a socket address: `CLP_ISA_ROOT` is too long.
    TooLong(PathBuf),
    /// The directory cannot be used, or a system call failed.
    Dir(registry::Error),
}

impl From<registry::Error> for SocketError {
    fn from(error: registry::Error) -> Self {
        Self::Dir(error)
    }
}

impl SocketError {
    /// The call and errno that event 42 reports.
    pub fn call(&self) -> Option<(&'static str, crate::errno::Errno)> {
        match self {
            Self::TooLong(_) => Some(("bind", Errno::ENAMETOOLONG.into())),
            Self::Dir(error) => error.call(),
        }
    }
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(path) => {
                let path = Escaped(path.as_os_str().as_bytes());
                write!(
                    f,
                    "{path} is longer than the {PATH_MAX} bytes of a socket's path name"
                )
            }
            Self::Dir(error) => error.fmt(f),
        }
    }
}

/// The control socket's name in the file system.
#[derive(Debug)]
pub struct Socket {
    dir: Dir,
    path: PathBuf,
    /// Device and inode: the name is removed only while it means this.
    file: (u64, u64),
}

/// Makes the control socket of `identifier`, in the place of whatever has its name: whoever holds the identifier's lock
/// owns it. The listener does not block.
///
/// # Errors
/// What is wrong with the directory, or which call failed.
pub fn listen(
    paths: &Paths,
    identifier: &Identifier,
) -> Result<(UnixListener, Socket), SocketError> {
    let path = paths.control(identifier);
    if path.as_os_str().len() > PATH_MAX {
        return Err(SocketError::TooLong(path));
    }
    let dir = Dir::create(paths, StateDir::Ctl)?;
    dir.keep();
    remove(&dir, &path)?;
    let io =
        |call, error: &std::io::Error| SocketError::Dir(registry::Error::io(call, error, &path));
    let listener = UnixListener::bind(&path).map_err(|error| io("bind", &error))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| io("ioctl", &error))?;
    // Nobody else can reach into the directory, so the name still means what was just made.
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    fchmodat(&dir, name(&path), mode, FchmodatFlags::FollowSymlink)
        .map_err(|errno| system("chmod", errno, &path))?;
    let status = fstatat(&dir, name(&path), AtFlags::AT_SYMLINK_NOFOLLOW)
        .map_err(|errno| system("fstatat", errno, &path))?;
    let file = (status.st_dev, status.st_ino);
    let socket = Socket { dir, path, file };
    Ok((listener, socket))
}

/// Removes the control socket that a killed monitor left. To be called by whoever holds the identifier's lock.
///
/// # Errors
/// What is wrong with the directory, or which call failed.
pub fn sweep(paths: &Paths, identifier: &Identifier) -> Result<(), SocketError> {
    match Dir::open(paths, StateDir::Ctl)? {
        Some(dir) => remove(&dir, &paths.control(identifier)),
        None => Ok(()),
    }
}

fn remove(dir: &Dir, path: &Path) -> Result<(), SocketError> {
    match unlinkat(dir, name(path), UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(system("unlink", errno, path)),
    }
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

impl Socket {
    /// Whether the whole path still means this socket, or cannot be asked just now. One system call, no heap.
    pub fn is_there(&self) -> bool {
        match lies_at(&self.path) {
            Ok(found) => found.is_some_and(|found| (found.st_dev, found.st_ino) == self.file),
            Err(_) => true,
        }
    }

    /// Removes the name, unless it means another socket by now.
    ///
    /// # Errors
    /// Which call failed.
    pub fn remove(self) -> Result<(), SocketError> {
        match fstatat(&self.dir, name(&self.path), AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(status) if (status.st_dev, status.st_ino) == self.file => {
                remove(&self.dir, &self.path)
            }
            Ok(_) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(system("fstatat", errno, &self.path)),
        }
    }
}

fn system(call: &'static str, errno: Errno, path: &Path) -> SocketError {
    SocketError::Dir(registry::Error::system(call, errno, path))
}

/// Whether the peer of `stream` may command this monitor: its user is ours, or root.
pub fn may_command(stream: &impl AsFd) -> bool {
    super::is_trusted(stream)
}

/// One client's dialogue: a request in, a reply out. In the order of use:
///
/// 1. [`handle_received`](Self::handle_received) takes what arrived, in any split, until
///    [`request`](Self::request) gives the request or its refusal.
/// 2. [`answer`](Self::answer) sets the reply; [`outgoing`](Self::outgoing) gives the bytes to send and
///    [`handle_sent`](Self::handle_sent) says how many went.
/// 3. Once [`is_finished`](Self::is_finished), close; but after a stop keep the connection open until the process
///    ends: its end tells the client that the monitor is gone.
///
/// A client that closes early, or takes longer than `limits::CONTROL_TIME`, is the driver's to drop.
#[derive(Debug, Default)]
pub struct Conversation {
    received: arrayvec::ArrayVec<u8, CONTROL_LINE_MAX>,
    /// Whether more arrived than a request can have.
    overflowed: bool,
    reply: Option<ReplyLine>,
    sent: usize,
}

impl Conversation {
    /// A dialogue in which nothing was said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These bytes arrived. What follows a request's line is ignored.
    pub fn handle_received(&mut self, bytes: &[u8]) {
        // Ends: one pass over the bytes.
        for &byte in bytes {
            if self.received.last() == Some(&b'\n') {
                return;
            }
            if self.received.try_push(byte).is_err() {
                self.overflowed = true;
                return;
            }
        }
    }

    /// What the client asks of this monitor, once it has asked. Given again until answered, then no more.
    ///
    /// # Errors
    /// Why the request must be refused: it has a wrong form, or is meant for another monitor.
    pub fn request(
        &self,
        protocol: Protocol,
        identifier: &Identifier,
    ) -> Option<Result<ControlVerb, Refusal>> {
        if self.reply.is_some() {
            return None;
        }
        if self.overflowed {
            return Some(Err(Refusal::Malformed));
        }
        let line = self.received.strip_suffix(b"\n")?;
        Some(ControlRequest::parse(line).and_then(|request| {
            if request.protocol == protocol && request.identifier == *identifier {
                Ok(request.verb)
            } else {
                Err(Refusal::Addressee)
            }
        }))
    }

    /// Whether nothing was said yet that could be answered.
    pub fn is_unheard(&self) -> bool {
        self.reply.is_none()
    }

    /// Sets the reply. The first one stands.
    pub fn answer(&mut self, reply: Reply<'_>) {
        self.reply.get_or_insert_with(|| reply.render());
    }

    /// Bytes to be sent now.
    pub fn outgoing(&self) -> &[u8] {
        self.reply
            .as_ref()
            .and_then(|line| line.as_bytes().get(self.sent..))
            .unwrap_or_default()
    }

    /// `count` of the outgoing bytes were taken by the socket.
    pub fn handle_sent(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count.min(self.outgoing().len()));
    }

    /// Whether the reply was sent to its end.
    pub fn is_finished(&self) -> bool {
        self.reply.is_some() && self.outgoing().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(conversation: &Conversation) -> Option<Result<ControlVerb, Refusal>> {
        let identifier = Identifier::parse(b"web").unwrap();
        conversation.request(Protocol::Http, &identifier)
    }

    #[test]
    fn a_request_split_at_every_byte_is_the_same_request() {
        let line = b"1 pause httpmon web\nnoise";
        let end = line.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in 0..=line.len() {
            let mut conversation = Conversation::new();
            conversation.handle_received(&line[..cut]);
            assert_eq!(asked(&conversation).is_some(), cut >= end, "{cut}");
            conversation.handle_received(&line[cut..]);
            assert_eq!(asked(&conversation), Some(Ok(ControlVerb::Pause)), "{cut}");
        }
    }

    #[test]
    fn a_reply_goes_out_in_pieces_and_once() {
        let mut conversation = Conversation::new();
        conversation.handle_received(b"1 stop httpmon web\n");
        assert!(conversation.outgoing().is_empty() && !conversation.is_finished());
        conversation.answer(Reply::Done);
        conversation.answer(Refusal::ControlVerb.into());
        assert_eq!(asked(&conversation), None);
        for rest in [&b"ok\n"[..], b"k\n", b"\n"] {
            assert_eq!(conversation.outgoing(), rest);
            assert!(!conversation.is_finished());
            conversation.handle_sent(1);
        }
        assert!(conversation.outgoing().is_empty() && conversation.is_finished());
        conversation.handle_sent(1);
        assert!(conversation.is_finished());
    }

    #[test]
    fn what_is_not_for_this_monitor_is_refused() {
        let long = "x".repeat(CONTROL_LINE_MAX);
        for (line, refusal) in [
            ("1 stop smtpmon web\n", Refusal::Addressee),
            ("1 stop httpmon WEB\n", Refusal::Addressee),
            ("1 fly httpmon web\n", Refusal::ControlVerb),
            ("\n", Refusal::Version),
            (&format!("{long}\n"), Refusal::Malformed),
        ] {
            let mut conversation = Conversation::new();
            conversation.handle_received(line.as_bytes());
            assert_eq!(asked(&conversation), Some(Err(refusal)), "{line}");
        }
        let mut conversation = Conversation::new();
        conversation.handle_received(long.as_bytes());
        assert_eq!(asked(&conversation), None);
    }
}
