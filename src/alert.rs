//! Where events go: syslog, the alert log, the cluster's alert view; and the failure log beside them.
//!
//! Owns rendering and delivery, and the count of what could not be delivered; decides nothing about what is worth an
//! alert. Never blocks, never fails, and never says anything but an event's own text to the three alert sinks: losses
//! are told to the failure log when the sink works again.

mod clplogcmd;
mod logfile;
pub mod panic_hook;
mod syslog;
#[cfg(test)]
mod testing;

use crate::paths::Paths;
use clp_isa_core::event::Event;
use clp_isa_core::limits::{HOST_NAME_MAX, IDENTIFIER_MAX};
use clp_isa_core::protocol::Protocol;
use clp_isa_core::text::{Clean, append};
use clp_isa_core::time::{Instant, UnixTime, earlier};
use clp_isa_core::time_zone::LocalTime;

use crate::sys::time_zone::{self, NodeZone};
use arrayvec::ArrayString;
use clp_isa_core::sink::{Lost, PerSink, Sink};
use clp_isa_core::wire::alert::{Entry, alert_log_line, failure_log_line, syslog_message};
use clplogcmd::{Clplogcmd, Notice};
use core::fmt;
use logfile::{LogError, LogFile};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use syslog::Syslog;

/// Delivers a process's events. In the order of use:
///
/// 1. `raise` an event, `record` what only the failure log wants to know.
/// 2. When children may have ended (`SIGCHLD`): `handle_children`. Nobody else may reap the children made here.
/// 3. When `poll_timeout` has come: `handle_timeout`; the next one is later.
/// 4. Before the process ends: `close`.
#[derive(Debug)]
pub struct Alert {
    protocol: Protocol,
    shown: ArrayString<IDENTIFIER_MAX>,
    pid: u32,
    host: ArrayString<HOST_NAME_MAX>,
    zone: &'static NodeZone,
    syslog: Syslog,
    alert_log: LogFile,
    clplogcmd: Clplogcmd,
    failure_log: LogFile,
    drops: PerSink<DropCounter>,
    places: Rc<PerSink<PathBuf>>,
}

/// Why a sink did not take a message.
trait Refused {
    /// The reason in words; `path` is the sink's.
    fn tell(&self, path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// What was lost on the way to one sink.
#[derive(Debug, Clone, Copy, Default)]
struct DropCounter {
    /// Since it last worked, and not told yet.
    unreported: u32,
    /// Since the start.
    total: u32,
}

impl Alert {
    /// Opens what can be opened; what cannot is tried again with each message. So is the log directory: it is made if it
    /// is missing and can be made.
    ///
    /// `shown` is the identifier as messages show it, escaped already if it came unchecked from a command line; it
    /// may be empty, for event 13. `pid` is this process's.
    pub fn open(paths: &Paths, protocol: Protocol, shown: &str, pid: u32) -> Self {
        let places = PerSink::new(|sink| match sink {
            Sink::Syslog => paths.syslog(),
            Sink::AlertLog => paths.alert_log(),
            Sink::Clplogcmd => paths.clplogcmd(),
            Sink::FailureLog => paths.failure_log(protocol),
        });
        let mut alert = Self {
            protocol,
            shown: ArrayString::new(),
            pid,
            host: ArrayString::new(),
            zone: time_zone::of_node(),
            syslog: Syslog::open(places.of(Sink::Syslog)),
            alert_log: LogFile::open(places.of(Sink::AlertLog)),
            clplogcmd: Clplogcmd::new(places.of(Sink::Clplogcmd)),
            failure_log: LogFile::open(places.of(Sink::FailureLog)),
            drops: PerSink::default(),
            places: Rc::new(places),
        };
        let host = nix::unistd::gethostname().unwrap_or_default();
        append(&mut alert.shown, format_args!("{}", Clean(shown)));
        append(&mut alert.host, format_args!("{}", Clean(host.display())));
        alert
    }

    /// Delivers an event to syslog, to the alert log and, where the cluster's command is there, to the alert view.
    pub fn raise(&mut self, event: Event, wall: UnixTime, now: Instant) {
        let message = event.message(self.protocol, &self.shown);
        let entry = Entry {
            protocol: self.protocol,
            pid: self.pid,
            level: event.level(),
            id: event.id(),
            message: &message,
        };
        let time = self.zone.local(wall);
        for sink in Sink::ALL {
            self.deliver(sink, entry, time, wall, now);
        }
    }

    /// `time` is that of `wall`.
    fn deliver(
        &mut self,
        sink: Sink,
        entry: Entry<'_>,
        time: LocalTime,
        wall: UnixTime,
        now: Instant,
    ) {
        match sink {
            Sink::Syslog => {
                if let Some(outcome) = self.syslog.send(&syslog_message(time, entry)) {
                    self.record_delivery(sink, outcome, wall);
                }
                self.handle_kept(wall, now);
            }
            Sink::AlertLog => {
                let line = alert_log_line(time, &self.host, entry);
                let outcome = self.alert_log.write(&line);
                self.record_delivery(sink, outcome, wall);
            }
            Sink::Clplogcmd => {
                // Children that have ended make room first.
                self.handle_children(wall, now);
                let notice = Notice {
                    id: entry.id,
                    level: entry.level,
                    message: *entry.message,
                };
                if let Err(error) = self.clplogcmd.send(notice, now) {
                    self.count(sink, &error, wall);
                }
            }
            // Hears of what the others lost, and of no event.
            Sink::FailureLog => {}
        }
    }

    /// Writes one line to the failure log. Bytes from outside must come escaped; control characters are replaced.
    pub fn record(&mut self, wall: UnixTime, text: fmt::Arguments<'_>) {
        if self.write_record(wall, text).is_err() {
            self.drops.of_mut(Sink::FailureLog).add(1);
        }
    }

    /// Children may have ended: reaps those that have and starts what waits for room.
    pub fn handle_children(&mut self, wall: UnixTime, now: Instant) {
        // Ends: each turn takes a child away, and none is started meanwhile.
        while let Some(outcome) = self.clplogcmd.poll_ended() {
            self.record_delivery(Sink::Clplogcmd, outcome, wall);
        }
        // Ends: each turn takes away a waiting notice.
        while let Some(started) = self.clplogcmd.poll_start(now) {
            if let Err(error) = started {
                self.count(Sink::Clplogcmd, &error, wall);
            }
        }
    }

    /// Tries again what syslog had no room for.
    fn handle_kept(&mut self, wall: UnixTime, now: Instant) {
        // Ends: each turn takes away a message that was kept.
        while let Some(outcome) = self.syslog.poll_outcome() {
            self.record_delivery(Sink::Syslog, outcome, wall);
        }
        self.syslog.plan(now);
    }

    /// Whether this is a child made here that is not reaped.
    pub fn owns(&self, pid: Pid) -> bool {
        self.clplogcmd.owns(pid)
    }

    /// Kills the children that have had their time (what ended by itself until now is not late), and tries again what
    /// syslog had no room for.
    pub fn handle_timeout(&mut self, wall: UnixTime, now: Instant) {
        self.handle_kept(wall, now);
        self.handle_children(wall, now);
        // Ends: no child is killed twice.
        while let Some(error) = self.clplogcmd.poll_overdue(now) {
            self.count(Sink::Clplogcmd, &error, wall);
        }
    }

    /// When `handle_timeout` is due; `None` without children, and with nothing kept for syslog.
    pub fn poll_timeout(&self) -> Option<Instant> {
        earlier(self.clplogcmd.poll_timeout(), self.syslog.poll_timeout())
    }

    /// The process is about to end: what is kept for syslog is tried for a little while, and what could not be delivered
    /// goes to the failure log as a count. Running children are left to finish.
    pub fn close(&mut self, wall: UnixTime) {
        for sink in Sink::ALL {
            self.finish(sink, wall);
        }
        // The failure log tells of itself last.
        for sink in Sink::ALL
            .into_iter()
            .filter(|&sink| sink != Sink::FailureLog)
        {
            let unreported = self.drops.of_mut(sink).unreported;
            if unreported > 0
                && self
                    .write_record(wall, format_args!("{sink}: {}", Messages(unreported)))
                    .is_ok()
            {
                self.drops.of_mut(sink).unreported = 0;
            }
        }
        // Nothing is left to be told if this fails too.
        let _ = self.report_lost(wall);
    }

    /// Tries what `sink` has kept for the last time.
    fn finish(&mut self, sink: Sink, wall: UnixTime) {
        match sink {
            Sink::Syslog => {
                // Ends: each turn takes away a message that was kept.
                while let Some(outcome) = self.syslog.poll_last() {
                    self.record_delivery(sink, outcome, wall);
                }
            }
            Sink::Clplogcmd => {
                // Nobody will be there to end what is started now: the time it starts at does not matter.
                self.handle_children(wall, Instant::default());
                let waiting = self.clplogcmd.abandon();
                let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
                self.drops.of_mut(sink).add(waiting);
            }
            // Keep nothing.
            Sink::AlertLog | Sink::FailureLog => {}
        }
    }

    /// What could not be delivered since the start.
    pub fn lost(&self) -> Lost {
        PerSink::new(|sink| self.drops.of(sink).total)
    }

    /// Takes note of how a delivery went. The failure log hears of an outage's begin and end, not of each loss.
    fn record_delivery<E: Refused>(&mut self, sink: Sink, outcome: Result<(), E>, wall: UnixTime) {
        if let Err(error) = outcome {
            return self.count(sink, &error, wall);
        }
        let unreported = self.drops.of_mut(sink).unreported;
        let text = format_args!("{sink}: delivery works again, {}", Messages(unreported));
        // A count that the failure log does not take is told after the next delivery.
        if unreported > 0 && self.write_record(wall, text).is_ok() {
            self.drops.of_mut(sink).unreported = 0;
        }
    }

    fn count(&mut self, sink: Sink, error: &impl Refused, wall: UnixTime) {
        let counter = self.drops.of_mut(sink);
        counter.add(1);
        if counter.unreported == 1 {
            // Shared: what is recorded needs all of self.
            let places = Rc::clone(&self.places);
            let path = places.of(sink);
            let why = fmt::from_fn(|f| error.tell(path, f));
            self.record(wall, format_args!("{sink}: not delivered: {why}"));
        }
    }

    fn write_record(&mut self, wall: UnixTime, text: fmt::Arguments<'_>) -> Result<(), LogError> {
        self.report_lost(wall)?;
        self.write_line(wall, text)
    }

    /// Tells of the failure log's own losses, in front of its next line.
    fn report_lost(&mut self, wall: UnixTime) -> Result<(), LogError> {
        let unreported = self.drops.of_mut(Sink::FailureLog).unreported;
        if unreported > 0 {
            let (sink, missed) = (Sink::FailureLog, Messages(unreported));
            self.write_line(wall, format_args!("{sink}: delivery works again, {missed}"))?;
            self.drops.of_mut(Sink::FailureLog).unreported = 0;
        }
        Ok(())
    }

    fn write_line(&mut self, wall: UnixTime, text: fmt::Arguments<'_>) -> Result<(), LogError> {
        let time = self.zone.local(wall);
        let line = failure_log_line(time, self.pid, &self.shown, text);
        self.failure_log.write(&line)
    }
}

impl DropCounter {
    const fn add(&mut self, count: u32) {
        self.unreported = self.unreported.saturating_add(count);
        self.total = self.total.saturating_add(count);
    }
}

/// A count of lost messages, in words.
struct Messages(u32);

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 message was lost"),
            count => write!(f, "{count} messages were lost"),
        }
    }
}

#[cfg(test)]
mod tests;
