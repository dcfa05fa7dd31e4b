//! What the world has in store for one check, and what must come of it.

use crate::manner;
use crate::random::Random;
use clp_isa_core::check::Call;
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Failure;
use clp_isa_core::limits::LATE;
use clp_isa_core::protocol::Protocol;
use core::time::Duration;
use nix::libc;

/// What is found at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Answers as it should, in any pieces, within some 25 ms.
    Good,
    /// Refuses the connection.
    Refuses,
    /// Never answers the SYN.
    Unreachable,
    /// Takes the request and says nothing.
    Mute,
    /// Sends a byte now and then, for ever.
    Drips,
    /// Answers well, after the deadline.
    Late,
    /// Resets the connection after the request.
    Resets,
    /// Closes the connection after the request.
    Closes,
    /// The request cannot be sent.
    Unsendable,
    /// Says that it cannot serve.
    Busy,
    /// Speaks something else.
    Rubbish,
    /// Answers at greater length than is read.
    Floods,
    /// The node has no descriptor left.
    NoSocket,
    /// The node has no port left.
    NoPort,
    /// The node has no memory left for epoll.
    NoEpoll,
    /// The node lacks the address' family.
    NoFamily,
}

/// How the look-up goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// At once, with so many addresses.
    Known(usize),
    /// After a while, with so many addresses.
    Slow(usize),
    /// After a while, with an error.
    Fails,
    /// Never.
    Hang,
    /// The child cannot be started.
    NoChild,
    /// After a while, with a shortage of the node.
    Starves,
}

/// What a check must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    Good,
    Bad(Failure),
    Void,
}

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) names: Names,
    /// At each address of the last good look-up.
    pub(crate) services: Vec<Service>,
    /// When and for how long the process is not run.
    pub(crate) freeze: Option<(Frozen, Duration)>,
}

/// From when on the process is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frozen {
    /// The look-up child or the connection has just been started.
    AtStart,
    /// The request is out.
    AfterRequest,
}

/// How things go with the service for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    Well,
    Mixed,
    Dead,
    NodeInTrouble,
    /// The process is hardly run.
    Starved,
}

const MOODS: &[(u64, Mood)] = &[
    (5, Mood::Well),
    (4, Mood::Mixed),
    (4, Mood::Dead),
    (1, Mood::NodeInTrouble),
    (1, Mood::Starved),
];

impl Mood {
    pub(crate) fn any(random: &mut Random) -> Self {
        random.weighted(MOODS)
    }

    fn service(self, random: &mut Random) -> Service {
        use Service::*;
        let bad = [
            Refuses,
            Unreachable,
            Mute,
            Drips,
            Late,
            Resets,
            Closes,
            Unsendable,
            Busy,
            Rubbish,
            Floods,
        ];
        let bad = bad[random.index(bad.len())];
        let void = [NoSocket, NoPort, NoEpoll][random.index(3)];
        let (good, bad_weight, void_weight) = match self {
            Self::Well => (96, 3, 1),
            Self::Mixed => (40, 50, 10),
            Self::Dead | Self::Starved => (0, 97, 3),
            Self::NodeInTrouble => (20, 20, 60),
        };
        random.weighted(&[(good, Good), (bad_weight, bad), (void_weight, void)])
    }
}

impl Plan {
    /// A plan with the usual weights, for a check with this TIMEOUT. `known` is how many addresses the last good
    /// look-up gave.
    pub(crate) fn any(random: &mut Random, mood: Mood, known: usize, timeout: Duration) -> Self {
        let addresses = random.weighted(&[(6, 1), (2, 2), (1, 3), (1, 8)]);
        let names = random.weighted(&[
            (70, Names::Known(addresses)),
            (15, Names::Slow(addresses)),
            (7, Names::Fails),
            (6, Names::Hang),
            (1, Names::NoChild),
            (1, Names::Starves),
        ]);
        let count = match names {
            Names::Known(count) | Names::Slow(count) => count,
            _ => known,
        };
        let services = (0..count).map(|_| mood.service(random)).collect();
        let mut plan = Self {
            names,
            services,
            freeze: None,
        };
        if random.chance(if matches!(mood, Mood::Starved) { 95 } else { 8 }) {
            plan.freeze(random, mood, timeout);
        }
        plan
    }

    /// The node lacks the family of every second address.
    pub(crate) fn lack_a_family(&mut self) {
        let lacking = self.services.iter_mut().skip(1).step_by(2);
        lacking.for_each(|service| *service = Service::NoFamily);
    }

    /// Has the process not run for a while, where what must come of it is plain.
    fn freeze(&mut self, random: &mut Random, mood: Mood, timeout: Duration) {
        self.names = Names::Known(1);
        if random.chance(50) {
            let is_good = mood.service(random) == Service::Good;
            self.services = vec![if is_good {
                Service::Good
            } else {
                Service::Mute
            }];
            self.freeze = Some((Frozen::AfterRequest, random.millis(20_000)));
            return;
        }
        self.services = vec![Service::Good];
        match random.below(3) {
            0 => self.names = Names::Slow(1),
            1 => {
                self.names = Names::Known(2);
                self.services.insert(0, Service::Refuses);
            }
            _ => {}
        }
        // Time enough is left after it, or none at all.
        let length = if random.chance(50) {
            random.millis(u64::try_from(timeout.as_millis()).unwrap() - 200)
        } else {
            timeout + LATE + Duration::from_millis(1) + random.millis(20_000)
        };
        self.freeze = Some((Frozen::AtStart, length));
    }

    /// Whether all of TIMEOUT must have been spent on the last address that could be tried: it says nothing, and those
    /// after it, whose family the node lacks, get no share.
    pub(crate) fn takes_all(&self) -> bool {
        use Service::*;
        let mut tried = self.services.iter().rev();
        let last = tried.find(|service| **service != NoFamily);
        let is_silent = matches!(last, Some(Unreachable | Mute | Drips | Late));
        is_silent && !self.services.contains(&Good) && self.freeze.is_none()
    }

    /// What the check must find, whatever the order and the timing of its steps.
    pub(crate) fn truth(&self, protocol: Protocol, is_late: bool) -> Truth {
        if is_late && matches!(self.freeze, Some((Frozen::AtStart, _))) {
            // Nothing could be asked in time any more.
            return Truth::Bad(match self.names {
                Names::Slow(_) => Failure::Connect(Errno(libc::ETIMEDOUT)),
                Names::Known(2) => Failure::Connect(Errno(libc::ECONNREFUSED)),
                _ => Failure::Select(Errno(libc::ETIMEDOUT)),
            });
        }
        if self.services.is_empty() {
            return match self.names {
                Names::Fails => Truth::Bad(Failure::Lookup(libc::EAI_AGAIN)),
                Names::NoChild | Names::Starves => Truth::Void,
                _ => Truth::Bad(Failure::Lookup(libc::ETIMEDOUT)),
            };
        }
        let mut truths = self.services.iter().map(|service| service.truth(protocol));
        if truths.clone().any(|truth| truth == Truth::Good) {
            return Truth::Good;
        }
        truths
            .rfind(|truth| *truth != Truth::Void)
            .unwrap_or(Truth::Void)
    }
}

impl Service {
    pub(crate) fn truth(self, protocol: Protocol) -> Truth {
        let timed_out = Errno(libc::ETIMEDOUT);
        let manner = manner::of(protocol);
        Truth::Bad(match self {
            Self::Good => return Truth::Good,
            Self::NoSocket | Self::NoPort | Self::NoEpoll | Self::NoFamily => return Truth::Void,
            Self::Refuses => Failure::Connect(Errno(libc::ECONNREFUSED)),
            Self::Unreachable => Failure::Connect(timed_out),
            Self::Mute | Self::Drips | Self::Late => Failure::Select(timed_out),
            Self::Resets => Failure::Receive(Errno(libc::ECONNRESET)),
            Self::Closes => manner.close,
            Self::Unsendable => Failure::Send(Errno(libc::EPIPE)),
            Self::Busy => manner.busy.1,
            Self::Rubbish => manner.rubbish.1,
            Self::Floods => manner.flood.1,
        })
    }

    /// The call that fails when the connection is begun, and how.
    pub(crate) fn error(self) -> Option<(Call, Errno)> {
        match self {
            Self::NoSocket => Some((Call::Socket, Errno(libc::EMFILE))),
            Self::NoFamily => Some((Call::Socket, Errno(libc::EAFNOSUPPORT))),
            Self::NoPort => Some((Call::Connect, Errno(libc::EADDRNOTAVAIL))),
            Self::NoEpoll => Some((Call::EpollCtl, Errno(libc::ENOMEM))),
            _ => None,
        }
    }
}
