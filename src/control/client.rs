//! The client's end: what `--stop`, `--pause`, `--resume`, `--disp` and `--del` do (docs/reference.md, "Control commands").
//!
//! Owns finding the monitor, asking it, and waiting for its end. Prints nothing, reads no clock and signals nobody:
//! the lock says whether a monitor runs, its socket is the only way to it.

use super::error::ControlError;
use super::question::{FOREIGN, Question, Unasked};
use super::server::{self, SocketError};
use crate::paths::Paths;
use crate::registry::{self, LockState, Seizure};
use crate::sys::wait::{pause, wait_to_read};
use clp_isa_core::cli::Verb;
use clp_isa_core::errno::Errno;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::CONTROL_ANSWER;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::text::Escaped;
use clp_isa_core::time::Instant;
use clp_isa_core::wire::control::{ControlVerb, Reply, Unclear};
use clp_isa_core::wire::record::Record;
use core::time::Duration;

/// Pause before a monitor that could not be reached is tried again, or looked for.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Carries out `verb` on the `protocol` monitor `identifier`. Gives what `--disp` asks for: the process id of the running
/// monitor, to be printed. `now` reads the monotonic clock.
///
/// # Errors
/// See [`ControlError`].
pub fn run(
    paths: &Paths,
    protocol: Protocol,
    identifier: &Identifier,
    verb: Verb,
    now: fn() -> Instant,
) -> Result<Option<u32>, ControlError> {
    let client = Client {
        paths,
        protocol,
        identifier,
        now,
    };
    match verb {
        Verb::Stop { wait } => client.stop(Duration::from_secs(wait.into()))?,
        Verb::Pause => client.command(ControlVerb::Pause, CONTROL_ANSWER)?,
        Verb::Resume => client.command(ControlVerb::Resume, CONTROL_ANSWER)?,
        Verb::Disp => return client.disp().map(Some),
        Verb::Del => client.del()?,
    }
    Ok(None)
}

/// Whom a command is for, and what time it is.
pub(super) struct Client<'a> {
    pub(super) paths: &'a Paths,
    pub(super) protocol: Protocol,
    pub(super) identifier: &'a Identifier,
    pub(super) now: fn() -> Instant,
}

/// What a reply to a command means to who gave it.
///
/// # Errors
/// [`ControlError::Refused`], also where the reply says nothing.
pub fn obeyed(reply: Result<Reply<'_>, Unclear>) -> Result<(), ControlError> {
    let reason = match reply {
        Ok(Reply::Done) => return Ok(()),
        Ok(Reply::Refused(reason)) => Escaped(reason).to_string(),
        Ok(Reply::Status(_)) => Unclear::Malformed.text().into(),
        Err(unclear) => unclear.text().into(),
    };
    Err(ControlError::Refused(reason.into()))
}

impl Client<'_> {
    /// What there is to the identifier, unless it is the other command's.
    fn look(&self) -> Result<LockState, ControlError> {
        let state = registry::look(self.paths, self.identifier)?;
        match state {
            LockState::Dead(Some(Record { protocol, .. }))
            | LockState::Running(Some(Record { protocol, .. }))
                if protocol != self.protocol =>
            {
                Err(ControlError::OtherProtocol(protocol))
            }
            LockState::Unknown | LockState::Dead(_) | LockState::Running(_) => Ok(state),
        }
    }

    fn disp(&self) -> Result<u32, ControlError> {
        match self.look()? {
            LockState::Running(Some(record)) => Ok(record.pid),
            LockState::Running(None) => Err(ControlError::NoRecord),
            LockState::Dead(record) => {
                Err(ControlError::NotRunning(record.map(|record| record.pid)))
            }
            LockState::Unknown => Err(ControlError::NotRunning(None)),
        }
    }

    fn del(&self) -> Result<(), ControlError> {
        // So that a running monitor of the other command is called that.
        self.look()?;
        match registry::seize_dead(self.paths, self.identifier, self.protocol)? {
            Seizure::Taken(claim) => {
                let swept = server::sweep(self.paths, self.identifier);
                claim.release()?;
                Ok(swept?)
            }
            Seizure::Held(_) | Seizure::Changing => Err(ControlError::Running),
            Seizure::OtherProtocol(protocol) => Err(ControlError::OtherProtocol(protocol)),
            Seizure::Missing => Err(ControlError::NotRunning(None)),
        }
    }

    /// Asks the monitor for `verb` and waits at most `patience` for its answer.
    pub(super) fn command(
        &self,
        verb: ControlVerb,
        patience: Duration,
    ) -> Result<(), ControlError> {
        let deadline = self.deadline(patience);
        // Ends: every round but the last takes a pause, and none begins after the deadline.
        loop {
            match self.look()? {
                LockState::Unknown | LockState::Dead(_) => {
                    return Err(ControlError::NotRunning(None));
                }
                LockState::Running(None) => (),
                LockState::Running(Some(_)) => {
                    if self.ask(verb, deadline)?.is_some() {
                        return Ok(());
                    }
                }
            }
            if self.left(deadline).is_zero() {
                return Err(ControlError::DoesNotRespond);
            }
            self.pause(deadline);
        }
    }

    /// Asks the monitor to stop and waits at most `patience` for its end: of the connection, and of the lock.
    pub(super) fn stop(&self, patience: Duration) -> Result<(), ControlError> {
        let deadline = self.deadline(patience);
        let (mut target, mut asked) = (None, false);
        // Ends: as in `command`.
        loop {
            match self.look() {
                // Gone, if it was ever there.
                Ok(LockState::Unknown | LockState::Dead(_)) if target.is_some() => {
                    return Ok(());
                }
                Ok(LockState::Unknown | LockState::Dead(_)) => {
                    return Err(ControlError::NotRunning(None));
                }
                Ok(LockState::Running(None)) => (),
                Ok(LockState::Running(Some(record))) => {
                    // Another one by now: what we were asked to stop is gone, and this one is not ours to stop.
                    if *target.get_or_insert(record) != record {
                        return Ok(());
                    }
                    if !asked && let Some(question) = self.ask(ControlVerb::Stop, deadline)? {
                        asked = true;
                        self.wait_for_end(question, deadline);
                        continue;
                    }
                }
                Err(ControlError::OtherProtocol(_)) if target.is_some() => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            if self.left(deadline).is_zero() {
                return Err(ControlError::NotEnded);
            }
            self.pause(deadline);
        }
    }

    /// One try to ask the monitor. Gives the connection, still open, if it did what it was asked; nothing if it could not
    /// be reached, ended before it answered, or did not answer in time.
    fn ask(&self, verb: ControlVerb, deadline: Instant) -> Result<Option<Question>, ControlError> {
        match Question::ask(self.paths, self.protocol, self.identifier, verb) {
            Ok(question) => self.wait_for_reply(question, deadline),
            Err(Unasked::NotNow) => Ok(None),
            Err(Unasked::Foreign) => Err(ControlError::Refused(FOREIGN.into())),
            Err(Unasked::Failed(error)) if error.errno == Errno::ENAMETOOLONG => {
                let path = self.paths.control(self.identifier);
                Err(SocketError::TooLong(path).into())
            }
            Err(Unasked::Failed(error)) => Err(error.into()),
        }
    }

    fn wait_for_reply(
        &self,
        mut question: Question,
        deadline: Instant,
    ) -> Result<Option<Question>, ControlError> {
        // Ends: every round but the last waits, and none waits after the deadline.
        loop {
            let is_open = question.receive();
            if let Some(reply) = question.reply() {
                return obeyed(reply).map(|()| Some(question));
            }
            if !is_open || self.left(deadline).is_zero() {
                return Ok(None);
            }
            self.wait(&question, deadline);
        }
    }

    /// Waits until the connection ends or the deadline has passed.
    fn wait_for_end(&self, mut question: Question, deadline: Instant) {
        // Ends: every round waits, and none begins after the deadline.
        while !self.left(deadline).is_zero() && question.receive() {
            self.wait(&question, deadline);
        }
    }

    fn deadline(&self, patience: Duration) -> Instant {
        Instant::new((self.now)().since_zero().saturating_add(patience))
    }

    fn left(&self, deadline: Instant) -> Duration {
        deadline.since((self.now)())
    }

    /// Waits for something to read, at most until the deadline. How it ends shows in the read that follows.
    fn wait(&self, question: &Question, deadline: Instant) {
        let _ = wait_to_read(&[question], Some(self.left(deadline)));
    }

    fn pause(&self, deadline: Instant) {
        pause(self.left(deadline).min(PAUSE));
    }
}
