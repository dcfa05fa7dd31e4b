//! The running look-up child and those that were given up.
//!
//! Owns child processes and the pipe of the current one; what the answer means is the check's business.

use crate::resolve::child;
use crate::sys::error::HasErrno;
use arrayvec::ArrayVec;
use clp_isa_core::config::Addresses;
use clp_isa_core::errno::Errno;
use clp_isa_core::wire::lookup::LookupAnswer;
use mio::unix::pipe::Receiver;
use mio::{Interest, Registry, Token};
use nix::unistd::Pid;
use std::io::{self, ErrorKind, Read};
use std::process::Child;

/// Given-up children that may wait to be reaped; a killed one ends at once unless the kernel holds it.
const GIVEN_UP_MAX: usize = 4;

/// The look-ups of a monitor: at most one runs.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    running: Option<Running>,
    ended: ArrayVec<Child, GIVEN_UP_MAX>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    pipe: Receiver,
    answer: LookupAnswer,
}

impl Resolver {
    /// Starts a look-up of `name`. Errors: of starting the child or of watching its pipe.
    pub(super) fn start(
        &mut self,
        name: &str,
        registry: &Registry,
        token: Token,
    ) -> Result<(), Errno> {
        self.abandon();
        self.try_start(name, registry, token)
            .map_err(|error| error.errno())
    }

    fn try_start(&mut self, name: &str, registry: &Registry, token: Token) -> io::Result<()> {
        let mut process = child::spawn(name)?;
        let Some(stdout) = process.stdout.take() else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        let mut pipe = Receiver::from(stdout);
        let watched = pipe
            .set_nonblocking(true)
            .and_then(|()| registry.register(&mut pipe, token, Interest::READABLE));
        if let Err(error) = watched {
            self.give_up(process);
            return Err(error);
        }
        self.running = Some(Running {
            child: process,
            pipe,
            answer: LookupAnswer::new(),
        });
        Ok(())
    }

    /// Reads what the child said; once it has said all, its answer.
    /// `buffer` holds what one read brings.
    pub(super) fn poll(&mut self, port: u16, buffer: &mut [u8]) -> Option<Result<Addresses, i32>> {
        let running = self.running.as_mut()?;
        // Ends: the child writes a bounded answer, then its end of the pipe closes; a stuck one blocks the read.
        loop {
            match running.pipe.read(buffer) {
                Ok(0) => break,
                Ok(count) => running
                    .answer
                    .handle_received(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let Running { child, answer, .. } = self.running.take()?;
        self.keep(child);
        Some(answer.finish(port))
    }

    /// Ends the running look-up, if any, without an answer.
    pub(super) fn abandon(&mut self) {
        if let Some(running) = self.running.take() {
            self.give_up(running.child);
        }
    }

    /// A child ended: reaps those that are waited for.
    pub(super) fn reap(&mut self) {
        self.ended
            .retain(|child| matches!(child.try_wait(), Ok(None)));
    }

    /// Whether this is a child that is not reaped.
    pub(super) fn owns(&self, pid: Pid) -> bool {
        let running = self.running.iter().map(|running| &running.child);
        running
            .chain(&self.ended)
            .any(|child| Pid::from_raw(child.id().cast_signed()) == pid)
    }

    fn give_up(&mut self, mut child: Child) {
        // Fails only if the child has been reaped already.
        let _ = child.kill();
        self.keep(child);
    }

    fn keep(&mut self, child: Child) {
        self.reap();
        if self.ended.is_full() {
            // Held by the kernel past its kill: a stranger from now on.
            drop(self.ended.pop_at(0));
        }
        self.ended.push(child);
        self.reap();
    }
}
