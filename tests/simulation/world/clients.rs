//! Clients on the control socket.

use super::*;

impl World {
    pub(super) fn schedule_client(&mut self) {
        let interval = u64::try_from(self.config.timing.interval.as_millis()).unwrap();
        self.next_client = self.now + self.random.millis(40 * interval);
    }

    /// Somebody pauses, resumes or stops the monitor, in the words of the control protocol and in any pieces.
    pub(super) fn handle_client(&mut self) {
        let verb = self.random.weighted(&[
            (8, ControlVerb::Pause),
            (10, ControlVerb::Resume),
            (1, ControlVerb::Stop),
            (8, ControlVerb::Status),
        ]);
        let (protocol, identifier) = (self.config.protocol(), self.config.identifier);
        let line = ControlRequest {
            verb,
            protocol,
            identifier,
        }
        .render();
        let mut conversation = Conversation::new();
        let (first, second) = line.as_bytes().split_at(self.random.index(line.len()));
        conversation.handle_received(first);
        assert_eq!(conversation.request(protocol, &identifier), None);
        conversation.handle_received(second);
        self.trace(format_args!("{verb:?}"));
        match conversation
            .request(protocol, &identifier)
            .unwrap()
            .unwrap()
        {
            ControlVerb::Pause => {
                if matches!(self.monitor.state(), State::Waiting | State::Checking) {
                    self.judge.pause();
                }
                self.monitor.handle_pause();
            }
            ControlVerb::Resume => {
                if self.monitor.state() == State::Paused {
                    self.judge.resume();
                    self.grid = self.now;
                }
                self.monitor.handle_resume(self.now);
            }
            ControlVerb::Stop => {
                self.judge.stop();
                self.monitor.handle_stop();
            }
            ControlVerb::Status => {
                let facts = status::render(&self.config, &self.monitor, Lost::default(), self.now);
                let told = status::parse(facts.as_bytes()).unwrap();
                assert_eq!(told.state, self.monitor.state());
                assert_eq!(told.failing, self.monitor.failed());
                conversation.answer(Reply::Status(facts.as_bytes()));
                assert!(conversation.outgoing().starts_with(b"ok server="));
                return self.act();
            }
        }
        conversation.answer(Reply::Done);
        assert_eq!(conversation.outgoing(), b"ok\n");
        self.act();
    }
}
