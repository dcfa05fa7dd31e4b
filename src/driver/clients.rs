//! The control socket's clients: accepted, heard, answered, dropped.
//!
//! Owns the connections, a fixed number at once; what a command does is the monitor's business.

use crate::control::server::may_command;
use clp_isa_core::config::Config;
use clp_isa_core::limits::{CONTROL_CLIENTS, CONTROL_LINE_MAX, CONTROL_TIME};
use clp_isa_core::monitor::Monitor;
use clp_isa_core::sink::Lost;
use clp_isa_core::time::{Instant, earlier};
use clp_isa_core::wire::control::{ControlVerb, Refusal, Reply};
use clp_isa_core::wire::conversation::Conversation;
use clp_isa_core::wire::status;
use core::time::Duration;
use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;

/// How long after a failed accept(2) the next one is tried.
const RETRY: Duration = Duration::from_secs(1);
/// How long a client that has not said its command keeps its slot from one who waits for it.
const PATIENCE: Duration = Duration::from_millis(250);

/// The listener and the connections of a monitor.
#[derive(Debug)]
pub(super) struct Clients {
    listener: Option<UnixListener>,
    /// Room for all on the heap from the start, and none of it touched before it is needed: they are large.
    slots: Vec<Option<Client>>,
    /// Somebody may be waiting in the listener's queue, and no new readiness will say so.
    has_backlog: bool,
    /// When to try again to accept what could not be accepted.
    retry: Option<Instant>,
    /// The earliest deadline of these all: asked for at each wake, and nearly always none.
    due: Option<Instant>,
}

#[derive(Debug)]
struct Client {
    stream: UnixStream,
    conversation: Conversation,
    accepted: Instant,
    /// Asked for the monitor's end: kept until then, its end tells the client that the process is gone.
    is_witness: bool,
}

/// The connections of those who asked for the monitor's end: they are told of it when this is dropped.
#[derive(Debug)]
pub struct Witnesses {
    _connections: Vec<Option<Client>>,
}

impl Clients {
    /// Nobody yet, and nowhere to come from.
    pub(super) fn new() -> Self {
        Self {
            listener: None,
            slots: Vec::with_capacity(CONTROL_CLIENTS),
            has_backlog: false,
            retry: None,
            due: None,
        }
    }

    /// Watches this listener instead of an earlier one. Whoever is connected stays. Errors: of epoll_ctl(2).
    pub(super) fn listen(
        &mut self,
        listener: std::os::unix::net::UnixListener,
        registry: &Registry,
        token: Token,
    ) -> io::Result<()> {
        let listener = self.listener.insert(UnixListener::from_std(listener));
        registry.register(listener, token, Interest::READABLE)
    }

    /// Hears nobody any more.
    pub(super) fn into_witnesses(self) -> Witnesses {
        Witnesses {
            _connections: self.slots,
        }
    }

    /// Whether to try `accept` again without a new readiness, now that there is room.
    pub(super) fn has_backlog(&self) -> bool {
        self.has_backlog && self.has_room()
    }

    fn has_room(&self) -> bool {
        self.slots.len() < CONTROL_CLIENTS || self.slots.iter().any(Option::is_none)
    }

    /// When the oldest of those that have not said their command must leave to somebody who waits.
    fn gives_way(&self) -> Option<Instant> {
        if !self.has_backlog || self.has_room() {
            return None;
        }
        let clients = self.slots.iter().flatten();
        let unheard = clients.filter(|client| client.conversation.is_unheard());
        Some(unheard.map(|client| client.accepted).min()? + PATIENCE)
    }

    /// Accepts whoever waits, as long as there is room. The client in slot N is watched under the token
    /// `first + N`.
    pub(super) fn accept(&mut self, registry: &Registry, first: usize, now: Instant) {
        self.take_waiting(registry, first, now);
        self.find_due();
    }

    fn take_waiting(&mut self, registry: &Registry, first: usize, now: Instant) {
        self.has_backlog = true;
        self.retry = None;
        let Some(listener) = &self.listener else {
            return;
        };
        for (index, number) in (0..CONTROL_CLIENTS).zip(first..) {
            if index == self.slots.len() {
                self.slots.push(None);
            }
            let Some(slot) = self.slots.get_mut(index) else {
                return;
            };
            // Ends: every turn takes one waiting client; those that cannot be watched are dropped.
            while slot.is_none() {
                match listener.accept() {
                    Ok((mut stream, _)) => {
                        if registry
                            .register(
                                &mut stream,
                                Token(number),
                                Interest::READABLE | Interest::WRITABLE,
                            )
                            .is_ok()
                        {
                            *slot = Some(Client::new(stream, now));
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        self.has_backlog = false;
                        return;
                    }
                    Err(error)
                        if matches!(
                            error.kind(),
                            ErrorKind::Interrupted | ErrorKind::ConnectionAborted
                        ) => {}
                    // No descriptor left, for one.
                    Err(_) => {
                        self.retry = Some(now + RETRY);
                        return;
                    }
                }
            }
        }
        let mut waited_for = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        self.has_backlog = poll(&mut waited_for, PollTimeout::ZERO) != Ok(0);
    }

    /// Hears and answers the client in this slot, whose command goes to `monitor`; `lost` is what the sinks lost.
    pub(super) fn serve(
        &mut self,
        slot: usize,
        config: &Config,
        monitor: &mut Monitor,
        lost: Lost,
        now: Instant,
    ) {
        if let Some(slot) = self.slots.get_mut(slot)
            && let Some(client) = slot
            && !client.serve(config, monitor, lost, now)
        {
            *slot = None;
        }
        self.find_due();
    }

    /// When the slowest client's time is over, or it is time to try to accept again.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// To be called after every change of what `due` is made of.
    fn find_due(&mut self) {
        self.due = earlier(self.retry, self.gives_way());
        for client in self.slots.iter().flatten() {
            if !client.is_witness {
                self.due = earlier(self.due, Some(client.accepted + CONTROL_TIME));
            }
        }
    }

    /// Drops the clients whose time is over, and the oldest that only keeps others out. Whoever could not be accepted has
    /// been tried again by now.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.retry = self.retry.filter(|retry| *retry > now);
        let mut oldest = self.gives_way().filter(|due| *due <= now);
        for slot in &mut self.slots {
            let Some(client) = slot else { continue };
            let is_over = !client.is_witness && client.accepted + CONTROL_TIME <= now;
            let is_oldest = client.conversation.is_unheard()
                && oldest.is_some_and(|due| client.accepted + PATIENCE == due);
            if is_over || is_oldest {
                *slot = None;
                // One is enough for one who waits.
                oldest = None;
            }
        }
        self.find_due();
    }
}

impl Client {
    fn new(stream: UnixStream, now: Instant) -> Self {
        let mut conversation = Conversation::new();
        if !may_command(&stream) {
            conversation.answer(Refusal::Permission.into());
        }
        Self {
            stream,
            conversation,
            accepted: now,
            is_witness: false,
        }
    }

    /// Moves what can be moved; says whether the connection is still wanted.
    // Not inlined: a status would lie on the stack for as long as the monitor runs.
    #[inline(never)]
    fn serve(&mut self, config: &Config, monitor: &mut Monitor, lost: Lost, now: Instant) -> bool {
        let mut buffer = [0; CONTROL_LINE_MAX];
        let mut has_ended = false;
        // A request fits one buffer; a second look finds the end. More is left where it is.
        for _ in 0..2 {
            match self.stream.read(&mut buffer) {
                Ok(0) => has_ended = true,
                Ok(count) => self
                    .conversation
                    .handle_received(buffer.get(..count).unwrap_or_default()),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
                {
                    break;
                }
                Err(_) => return false,
            }
        }
        match self
            .conversation
            .request(config.protocol(), &config.identifier)
        {
            None if has_ended => return false,
            None => {}
            Some(Err(refusal)) => self.conversation.answer(refusal.into()),
            Some(Ok(verb)) => {
                match verb {
                    ControlVerb::Status => {
                        let facts = status::render(config, monitor, lost, now);
                        self.conversation.answer(Reply::Status(facts.as_bytes()));
                    }
                    ControlVerb::Stop => {
                        self.is_witness = true;
                        monitor.handle_stop();
                    }
                    ControlVerb::Pause => monitor.handle_pause(),
                    ControlVerb::Resume => monitor.handle_resume(now),
                }
                self.conversation.answer(Reply::Done);
            }
        }
        // Ends: every turn sends at least one of a reply's few bytes, or returns.
        while !self.conversation.outgoing().is_empty() {
            match self.stream.write(self.conversation.outgoing()) {
                Ok(count) if count > 0 => self.conversation.handle_sent(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return false,
            }
        }
        self.is_witness || !self.conversation.is_finished()
    }
}
