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
mod tests {
    use super::*;
    use crate::alert::testing::{Dir, script};
    use clp_isa_core::event::Event;
    use clp_isa_core::protocol::Protocol;
    use core::time::Duration;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::fs::{self, File, Permissions};
    use std::io::{BufRead, BufReader, Read};
    use std::os::unix::fs::{PermissionsExt, symlink};

    const NOW: Instant = Instant::new(Duration::from_secs(100));

    fn notice(event: Event) -> Notice {
        Notice {
            id: event.id(),
            level: event.level(),
            message: event.message(Protocol::Http, "web"),
        }
    }

    fn command(dir: &Dir, body: &str) -> Clplogcmd {
        let path = dir.path().join("clplogcmd");
        script(&path, body);
        Clplogcmd::new(&path)
    }

    #[test]
    fn arguments_and_surroundings() {
        let dir = Dir::new();
        let out = dir.path().join("out");
        let body = format!(
            "for word; do printf '%s|' \"$word\"; done >>{0}; pwd >>{0}",
            out.display()
        );
        let mut command = command(&dir, &body);
        for event in [Event::Failed, Event::Watching] {
            command.send(notice(event), NOW).unwrap();
            command.await_children();
            assert_eq!(command.poll_ended(), Some(Ok(())));
            assert_eq!(command.poll_ended(), None);
        }
        assert_eq!(
            fs::read_to_string(out).unwrap(),
            "-m|clp_httpmon detected an error and will be terminated. [ID:web]|-l|ERR|-i|6|--alert|/\n\
             -m|clp_httpmon will start monitoring the HTTP daemon. [ID:web]|-l|INFO|-i|2|--alert|/\n"
        );
    }

    #[test]
    fn failures_are_told_apart() {
        let dir = Dir::new();
        for (body, error) in [
            ("exit 3", ClplogcmdError::Exit(3)),
            ("kill -9 $$", ClplogcmdError::Signal(9)),
        ] {
            let mut command = command(&dir, body);
            command.send(notice(Event::Failed), NOW).unwrap();
            command.await_children();
            assert_eq!(command.poll_ended(), Some(Err(error)));
        }
        let path = dir.path().join("plain");
        fs::write(&path, "not executable").unwrap();
        assert_eq!(
            Clplogcmd::new(&path).send(notice(Event::Failed), NOW),
            Err(ClplogcmdError::Start(sys::Error::of("spawn")(
                Failure::EACCES
            )))
        );
    }

    #[test]
    fn what_others_can_change_is_not_run() {
        let dir = Dir::new();
        let (there, linked) = (dir.path().join("there"), dir.path().join("linked"));
        let (program, link) = (there.join("clplogcmd"), linked.join("clplogcmd"));
        script(&program, "exit 0");
        fs::create_dir(&linked).unwrap();
        symlink(&program, &link).unwrap();
        let chmod = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        let send = |path| Clplogcmd::new(path).send(notice(Event::Failed), NOW);
        let others = Err(ClplogcmdError::Unsafe(UnsafePath::Writable));
        for path in [&program, &link] {
            assert_eq!(send(path), Ok(()));
            for part in [&there, &program] {
                // No sticky bit helps: whoever may write there may put a program there.
                for mode in [0o757, 0o1757, 0o777] {
                    chmod(part, mode).unwrap();
                    assert_eq!(send(path), others, "{part:?} {mode:o}");
                }
                chmod(part, 0o755).unwrap();
            }
        }
        chmod(&linked, 0o757).unwrap();
        assert_eq!(send(&link), others);
    }

    #[test]
    fn a_missing_command_is_no_loss_and_may_appear_later() {
        let dir = Dir::new();
        for missing in ["none", "none/clplogcmd"] {
            let path = dir.path().join(missing);
            let mut command = Clplogcmd::new(&path);
            assert_eq!(command.send(notice(Event::Failed), NOW), Ok(()));
            assert!(command.running.is_empty() && command.waiting.is_empty());
        }
        let path = dir.path().join("later");
        let mut command = Clplogcmd::new(&path);
        command.send(notice(Event::Failed), NOW).unwrap();
        script(&path, "exit 0");
        command.send(notice(Event::Failed), NOW).unwrap();
        command.await_children();
        assert_eq!(command.poll_ended(), Some(Ok(())));
    }

    #[test]
    fn a_hanging_command_is_killed_with_its_descendants() {
        let dir = Dir::new();
        let fifo = dir.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let mut command = command(
            &dir,
            &format!(
                "exec >{}; (sleep 20; echo late) & echo ready; wait",
                fifo.display()
            ),
        );
        command.send(notice(Event::Failed), NOW).unwrap();
        let mut output = BufReader::new(File::open(&fifo).unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");

        let deadline = NOW + CLPLOGCMD_TIME;
        assert_eq!(command.poll_timeout(), Some(deadline));
        let just_before = Instant::new(deadline.since_zero() - Duration::from_nanos(1));
        assert_eq!(command.poll_overdue(just_before), None);
        assert_eq!(
            command.poll_overdue(deadline),
            Some(ClplogcmdError::TimedOut)
        );
        assert_eq!(command.poll_overdue(deadline), None);
        assert_eq!(command.poll_timeout(), None);

        // The end of the file comes when the last of the group is gone.
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        command.await_children();
        assert_eq!(command.poll_ended(), None, "counted twice");
        assert!(command.running.is_empty());
    }

    #[test]
    fn four_run_eight_wait_the_rest_is_lost() {
        let dir = Dir::new();
        let gate = dir.path().join("gate");
        mkfifo(&gate, Mode::S_IRWXU).unwrap();
        // Each child ends when the gate has a writer.
        let mut command = command(&dir, &format!("read line <{}; exit 0", gate.display()));
        for _ in 0..CLPLOGCMD_RUNNING + CLPLOGCMD_WAITING {
            command.send(notice(Event::Failed), NOW).unwrap();
        }
        assert_eq!(
            command.send(notice(Event::Failed), NOW),
            Err(ClplogcmdError::Crowded)
        );
        assert_eq!(command.running.len(), CLPLOGCMD_RUNNING);
        assert_eq!(command.poll_start(NOW), None);
        // Read and write: opening it waits for nobody, and every reader finds a line.
        let mut writer = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&gate)
            .unwrap();
        io::Write::write_all(&mut writer, "\n".repeat(100).as_bytes()).unwrap();
        let mut delivered = 0;
        while !command.running.is_empty() {
            command.await_children();
            while let Some(outcome) = command.poll_ended() {
                assert_eq!(outcome, Ok(()));
                delivered += 1;
            }
            while let Some(started) = command.poll_start(NOW) {
                assert_eq!(started, Ok(()));
            }
        }
        assert_eq!(delivered, CLPLOGCMD_RUNNING + CLPLOGCMD_WAITING);
    }
}
