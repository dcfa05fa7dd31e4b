//! The cluster's alert view, reached by running the cluster's own command beside the loop.
//!
//! Owns the children: how many, how long, what waits for one. Starting a child takes heap and is set apart from the
//! rest for it. Nobody else may reap these children: that is what makes it safe to signal their process groups.

use super::Refused;
use crate::sys::path_error::UnsafePath;
use crate::sys::trust::vet_program;
use crate::sys::{self, PathError};
use arrayvec::ArrayVec;
use clp_isa_core::event::{Level, Message};
use clp_isa_core::limits::{CLPLOGCMD_RUNNING, CLPLOGCMD_TIME, CLPLOGCMD_WAITING};
use clp_isa_core::time::Instant;
use core::fmt::{self, Display};
use core::ops::Add;
use nix::errno::Errno as Failure;
use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::stat;
use nix::unistd::Pid;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{self, Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Why an alert did not reach the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClplogcmdError {
    /// Others than root and this user could have put the command there, or could change it.
    Unsafe(UnsafePath),
    /// The command could not be started.
    Start(sys::Error),
    /// It ended with this status, other than 0.
    Exit(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// It took longer than [`CLPLOGCMD_TIME`] and was killed.
    TimedOut,
    /// [`CLPLOGCMD_WAITING`] alerts were waiting already.
    Crowded,
}

impl Refused for ClplogcmdError {
    fn tell(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsafe(unsafe_path) => write!(f, "not run: it or its folder {unsafe_path}"),
            Self::Start(error) => error.at(path).fmt(f),
            Self::Exit(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::TimedOut => f.write_str("killed after its time"),
            Self::Crowded => f.write_str("too many were waiting"),
        }
    }
}

/// One alert for the view.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    pub(super) id: u8,
    pub(super) level: Level,
    pub(super) message: Message,
}

#[derive(Debug)]
struct Running {
    child: Child,
    started: Instant,
    /// Killed and counted; only to be reaped.
    killed: bool,
}

/// The command and its children.
#[derive(Debug)]
pub(super) struct Clplogcmd {
    program: PathBuf,
    /// The same, for looking whether it is there without heap.
    path: CString,
    running: ArrayVec<Running, CLPLOGCMD_RUNNING>,
    /// Never more than [`CLPLOGCMD_WAITING`], for which there is room from the start; none of it is touched before it is
    /// needed.
    waiting: Vec<Notice>,
}

impl Clplogcmd {
    /// The command at `path`, whether it is there or not.
    pub(super) fn new(path: &Path) -> Self {
        // Children run in `/`: a relative prefix must not move with them.
        let program = path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            path: CString::new(program.as_os_str().as_bytes()).unwrap_or_default(),
            program,
            running: ArrayVec::new(),
            waiting: Vec::with_capacity(CLPLOGCMD_WAITING),
        }
    }

    /// Starts a child for `notice`, or has it wait for one. A missing command is not a loss: the node has no view.
    ///
    /// # Errors
    /// The notice is lost. Without an error it is not yet delivered: see [`Self::poll_ended`].
    pub(super) fn send(&mut self, notice: Notice, now: Instant) -> Result<(), ClplogcmdError> {
        if matches!(
            stat(self.path.as_c_str()),
            Err(Failure::ENOENT | Failure::ENOTDIR)
        ) {
            return Ok(());
        }
        if self.running.is_full() || !self.waiting.is_empty() {
            if self.waiting.len() >= CLPLOGCMD_WAITING {
                return Err(ClplogcmdError::Crowded);
            }
            self.waiting.push(notice);
            return Ok(());
        }
        self.start(&notice, now)
    }

    /// How a child that has ended delivered its notice; `None` when none has ended since. To be called until then:
    /// each call but the last takes a child away.
    pub(super) fn poll_ended(&mut self) -> Option<Result<(), ClplogcmdError>> {
        let mut index = 0;
        // Ends: each turn is one child further or takes one away.
        while let Some(running) = self.running.get_mut(index) {
            let outcome = match running.child.try_wait() {
                Ok(None) => {
                    index = index.saturating_add(1);
                    continue;
                }
                Ok(Some(status)) => Some(judge(status)),
                // It has ended, and how is known to nobody: where the parent has left SIGCHLD ignored, the kernel reaps
                // (wait(2)). What is not known to be lost is not counted.
                Err(_) => None,
            };
            let is_counted = running.killed;
            self.running.swap_pop(index);
            if !is_counted && outcome.is_some() {
                return outcome;
            }
        }
        None
    }

    /// Starts a child for the notice that has waited longest, if there is room; says how starting went. To be called
    /// until `None`: each call but the last takes a notice away.
    pub(super) fn poll_start(&mut self, now: Instant) -> Option<Result<(), ClplogcmdError>> {
        if self.running.is_full() {
            return None;
        }
        if self.waiting.is_empty() {
            return None;
        }
        let notice = self.waiting.remove(0);
        Some(self.start(&notice, now))
    }

    /// Kills one child that has had its time; its notice is lost. To be called until `None`: no child is killed twice.
    pub(super) fn poll_overdue(&mut self, now: Instant) -> Option<ClplogcmdError> {
        let overdue = self
            .running
            .iter_mut()
            .find(|running| !running.killed && running.deadline() <= now)?;
        overdue.killed = true;
        if let Ok(group) = i32::try_from(overdue.child.id()) {
            // Not reaped yet, so neither its number nor its group's can belong to anyone else.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        Some(ClplogcmdError::TimedOut)
    }

    /// Whether this is a child that is not reaped.
    pub(super) fn owns(&self, pid: Pid) -> bool {
        let mut running = self.running.iter();
        running.any(|running| Pid::from_raw(running.child.id().cast_signed()) == pid)
    }

    /// When the next child will have had its time.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        // Asked at each wake, and nearly always so.
        if self.running.is_empty() {
            None
        } else {
            self.first_deadline()
        }
    }

    // Apart: without children a wake does not pay for it.
    #[inline(never)]
    fn first_deadline(&self) -> Option<Instant> {
        self.running
            .iter()
            .filter(|running| !running.killed)
            .map(Running::deadline)
            .min()
    }

    /// Forgets what waits, and says how much it was.
    pub(super) fn abandon(&mut self) -> usize {
        self.waiting.drain(..).count()
    }

    /// Only to be called with room for a child.
    fn start(&mut self, notice: &Notice, now: Instant) -> Result<(), ClplogcmdError> {
        if let Err(PathError::Unsafe { unsafe_path, .. }) = vet_program(&self.program) {
            return Err(ClplogcmdError::Unsafe(unsafe_path));
        }
        let child = self
            .spawn(notice)
            .map_err(|error| ClplogcmdError::Start(sys::Error::of("spawn")(error)))?;
        // There is room: callers have looked.
        let _ = self.running.try_push(Running {
            child,
            started: now,
            killed: false,
        });
        Ok(())
    }

    fn spawn(&self, notice: &Notice) -> io::Result<Child> {
        let level = match notice.level {
            Level::Info => "INFO",
            Level::Error => "ERR",
        };
        Command::new(&self.program)
            .args(["-m", &notice.message, "-l", level, "-i"])
            .arg(notice.id.to_string())
            .arg("--alert")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
    }
}

impl Running {
    fn deadline(&self) -> Instant {
        self.started.add(CLPLOGCMD_TIME)
    }
}

fn judge(status: ExitStatus) -> Result<(), ClplogcmdError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(ClplogcmdError::Exit(code)),
        (None, signal) => Err(ClplogcmdError::Signal(signal.unwrap_or_default())),
    }
}

#[cfg(test)]
impl Clplogcmd {
    /// Waits, without reaping, until every child has ended.
    pub(super) fn await_children(&self) {
        use nix::sys::wait::{Id, WaitPidFlag, waitid};
        for running in &self.running {
            let pid = Pid::from_raw(i32::try_from(running.child.id()).unwrap());
            waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).unwrap();
        }
    }
}

#[cfg(test)]
mod tests;
