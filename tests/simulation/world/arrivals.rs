//! What reaches the node, and what the check makes of it.

use super::*;

impl World {
    /// Takes in what has arrived, and sends what is to be sent.
    pub(super) fn handle_arrivals(&mut self) {
        // Ends: every turn takes an arrival, and what is sent is answered later than now or not at all.
        while let Some(running) = self.running.as_mut() {
            let now = self.now;
            if running.answer.take_if(|at| *at <= now).is_some() {
                match running.plan.names {
                    Names::Slow(count) => self.give_addresses(count),
                    Names::Starves => self.check.handle_lookup_failed(libc::ENFILE, now),
                    _ => self.check.handle_lookup_failed(libc::EAI_AGAIN, now),
                }
            } else if let Some(arrival) = running
                .connection
                .as_mut()
                .and_then(|connection| connection.arrived(now))
            {
                self.handle_arrival(arrival);
            } else {
                return;
            }
            self.act();
        }
    }

    fn handle_arrival(&mut self, arrival: Arrival) {
        self.trace(format_args!("    {arrival:?}"));
        let now = self.now;
        match arrival {
            Arrival::Connected => self.check.handle_connected(),
            Arrival::Refused => {
                self.check
                    .handle_error(Call::Connect, Errno(libc::ECONNREFUSED), now)
            }
            Arrival::Bytes(bytes) => self.check.handle_received(&bytes, now),
            Arrival::Closed => self.check.handle_end(probe::End::Closed, now),
            Arrival::Reset => self
                .check
                .handle_error(Call::Receive, Errno::ECONNRESET, now),
            Arrival::Writable => {}
        }
        let Some(running) = &mut self.running else {
            return;
        };
        if let Some(connection) = &mut running.connection
            && !self.check.outgoing().is_empty()
        {
            if connection.service == Service::Unsendable {
                return self.check.handle_error(Call::Send, Errno(libc::EPIPE), now);
            }
            let count = connection.take(self.check.outgoing(), now, &mut self.random);
            self.check.handle_sent(count, now);
            if let Some((Frozen::AfterRequest, length)) = running.plan.freeze
                && connection.is_asked
                && running.frozen.is_none()
            {
                running.frozen = Some(now + length);
                self.not_run_until = running.frozen;
            }
        }
    }
}
