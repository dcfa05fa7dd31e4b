//! Asking every monitor of the node how it fares, all at once: those that do not answer cost one wait in all.
//!
//! Owns finding them, the questions under way and their one deadline. Takes no lock, changes nothing, prints nothing.

use super::client::PAUSE;
use super::question::{FOREIGN, Question, Unasked};
use crate::paths::Paths;
use crate::registry::{self, LockState};
use crate::sys::PathError;
use crate::sys::wait::wait_to_read;
use clp_isa_core::errno::Errno;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::SURVEY;
use clp_isa_core::text::Escaped;
use clp_isa_core::time::Instant;
use clp_isa_core::wire::control::{ControlVerb, Reply, Unclear};
use clp_isa_core::wire::record::Record;

/// What there is to one identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The identifier.
    pub identifier: Identifier,
    /// Its record, if that can be read.
    pub record: Option<Record>,
    /// How it is.
    pub condition: Condition,
}

/// How a monitor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is a record and no process.
    Dead,
    /// It runs, or something is in its place, and did not tell; why, printable.
    Silent(String),
    /// What it told.
    Told(Vec<u8>),
}

impl From<Result<Reply<'_>, Unclear>> for Condition {
    fn from(reply: Result<Reply<'_>, Unclear>) -> Self {
        Self::Silent(match reply {
            Ok(Reply::Status(facts)) => return Self::Told(facts.to_vec()),
            Ok(Reply::Refused(reason)) => format!("refused: {}", Escaped(reason)),
            Ok(Reply::Done) => Unclear::Malformed.text().into(),
            Err(unclear) => unclear.text().into(),
        })
    }
}

/// Asks the monitor `only`, or every monitor of the node, in any order. `now` reads the monotonic clock. Takes at most
/// [`SURVEY`] and what the files of the registry take.
///
/// # Errors
/// The registry cannot be read; what is wrong with a single record is told there.
pub fn run(
    paths: &Paths,
    only: Option<&Identifier>,
    now: fn() -> Instant,
) -> Result<Vec<Found>, PathError> {
    let is_wanted = |identifier: &Identifier| only.is_none_or(|only| only == identifier);
    let mut asked: Vec<Respondent> = registry::list(paths)?
        .into_iter()
        .filter(is_wanted)
        .map(Respondent::new)
        .collect();
    let deadline = now() + SURVEY;
    // Ends: every round but the last waits, and none begins after the deadline.
    loop {
        for respondent in &mut asked {
            respondent.go_on(paths);
        }
        asked.retain(|one| !matches!(one.progress, Progress::Gone));
        let left = deadline.since(now());
        let is_open = |one: &Respondent| !matches!(one.progress, Progress::Done(_));
        if left.is_zero() || !asked.iter().any(is_open) {
            return Ok(asked.into_iter().map(Respondent::finish).collect());
        }
        let questions: Vec<&Question> = asked.iter().filter_map(Respondent::question).collect();
        let is_asking_all = questions.len() == asked.iter().filter(|one| is_open(one)).count();
        let wait = if is_asking_all { left } else { left.min(PAUSE) };
        // How it ends shows in the reads that follow.
        let _ = wait_to_read(&questions, Some(wait));
    }
}

/// One monitor being asked.
struct Respondent {
    identifier: Identifier,
    record: Option<Record>,
    /// Whether the lock was last seen held.
    runs: bool,
    progress: Progress,
}

enum Progress {
    /// To be looked at, or to be reached again.
    Look,
    /// Asked; its answer has not come in full.
    Asked(Question),
    /// It ended meanwhile, or never was.
    Gone,
    Done(Condition),
}

impl Respondent {
    const fn new(identifier: Identifier) -> Self {
        Self {
            identifier,
            record: None,
            runs: false,
            progress: Progress::Look,
        }
    }

    const fn question(&self) -> Option<&Question> {
        match &self.progress {
            Progress::Asked(question) => Some(question),
            Progress::Look | Progress::Gone | Progress::Done(_) => None,
        }
    }

    /// Does what can be done without waiting.
    fn go_on(&mut self, paths: &Paths) {
        if matches!(self.progress, Progress::Look) {
            self.progress = self.look(paths);
        }
        if let Progress::Asked(question) = &mut self.progress
            && let Some(next) = read(question)
        {
            self.progress = next;
        }
    }

    fn look(&mut self, paths: &Paths) -> Progress {
        let (state, is_settled) = match registry::inspect(paths, &self.identifier) {
            Ok(seen) => seen,
            Err(error) => return Progress::Done(Condition::Silent(error.to_string())),
        };
        // A file without a lock and without a record was made just now, by a start that will take the lock; or long ago,
        // by one that was killed in between.
        let is_settled = is_settled && state != LockState::Dead(None);
        self.runs = matches!(state, LockState::Running(_));
        match state {
            LockState::Unknown => Progress::Gone,
            LockState::Dead(record) => {
                self.record = record;
                if is_settled {
                    Progress::Done(Condition::Dead)
                } else {
                    Progress::Look
                }
            }
            LockState::Running(None) => Progress::Look,
            LockState::Running(Some(record)) => {
                self.record = Some(record);
                ask(paths, &record, &self.identifier)
            }
        }
    }

    fn finish(self) -> Found {
        let condition = match self.progress {
            Progress::Done(condition) => condition,
            Progress::Look if !self.runs => Condition::Dead,
            Progress::Look if self.record.is_none() => {
                Condition::Silent("runs, but its record cannot be read".into())
            }
            Progress::Look | Progress::Asked(_) | Progress::Gone => {
                Condition::Silent("does not respond".into())
            }
        };
        Found {
            identifier: self.identifier,
            record: self.record,
            condition,
        }
    }
}

/// Asks the monitor of `record`, if it can be reached at once.
fn ask(paths: &Paths, record: &Record, identifier: &Identifier) -> Progress {
    let silent = |why: String| Progress::Done(Condition::Silent(why));
    match Question::ask(paths, record.protocol, identifier, ControlVerb::Status) {
        Ok(question) => Progress::Asked(question),
        Err(Unasked::NotNow) => Progress::Look,
        // No descriptor is free here until others have answered.
        Err(Unasked::Failed(error)) if [Errno::EMFILE, Errno::ENFILE].contains(&error.errno) => {
            Progress::Look
        }
        Err(Unasked::Failed(error)) => silent(format!("cannot be asked: {error}")),
        Err(Unasked::Foreign) => silent(FOREIGN.into()),
    }
}

/// Reads what has come of an answer; nothing if more is to come.
fn read(question: &mut Question) -> Option<Progress> {
    let is_open = question.receive();
    match question.reply() {
        Some(reply) => Some(Progress::Done(reply.into())),
        None if is_open => None,
        None => Some(Progress::Look),
    }
}
