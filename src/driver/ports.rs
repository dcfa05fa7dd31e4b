//! Source ports: those that connect(2) gives out by itself, and others that a connection can be made from.
//!
//! Owns the choice; makes no connection.

use core::ops::RangeInclusive;
use std::fs::File;
use std::io::Read;

/// Its first and its last port (ip(7)). Every network namespace has its own.
const FILE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Longer than two numbers of five digits, a tab and a line end.
const TEXT_MAX: usize = 32;
/// Ports that need CAP_NET_BIND_SERVICE: no ordinary user can use them up. Those of rresvport(3).
const PRIVILEGED: RangeInclusive<u16> = 600..=1023;
const FIRST_UNPRIVILEGED: u16 = 1024;
/// From one turn to the next. Far and prime: a monitor does not meet the ports that one beside it has just used.
const STRIDE: u16 = 40_507;

/// The ordinary range of source ports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// All ports that could be in the range.
    pub(super) const ANY: Self = Self {
        first: FIRST_UNPRIVILEGED,
        last: u16::MAX,
    };

    /// The range as it is now; [`Self::ANY`] if it cannot be read. Takes no heap.
    pub(super) fn read() -> Self {
        let mut text = [0; TEXT_MAX];
        let count = File::open(FILE).and_then(|mut file| file.read(&mut text));
        let text = text.get(..count.unwrap_or_default());
        text.and_then(|text| Self::parse(str::from_utf8(text).ok()?))
            .unwrap_or(Self::ANY)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_ascii_whitespace().map(str::parse);
        let (first, last) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        (first <= last).then_some(Self { first, last })
    }

    /// Whether connect(2) may make `port` the connection's own.
    pub(super) fn holds(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// A port outside of the range, another one at each turn; none if the range leaves none.
    pub(super) fn spare(self, is_privileged: bool, turn: u16) -> Option<u16> {
        let place = turn.wrapping_mul(STRIDE);
        if is_privileged {
            let count = PRIVILEGED
                .end()
                .saturating_sub(*PRIVILEGED.start())
                .saturating_add(1);
            return PRIVILEGED.end().checked_sub(place.checked_rem(count)?);
        }
        let below = self.first.saturating_sub(FIRST_UNPRIVILEGED);
        let above = u16::MAX.saturating_sub(self.last);
        let place = place.checked_rem(below.saturating_add(above))?;
        Some(match place.checked_sub(below) {
            None => FIRST_UNPRIVILEGED.saturating_add(place),
            Some(place) => self.last.saturating_add(1).saturating_add(place),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn spare_ports_are_outside_of_the_range_and_differ_from_turn_to_turn() {
        let range = |text| Ports::parse(text).unwrap();
        // All privileged ports, whatever the range.
        let ports: BTreeSet<u16> = (0..2_000)
            .map(|turn| range("1024\t65535\n").spare(true, turn).unwrap())
            .collect();
        assert!(ports.into_iter().eq(600..=1023));
        for (text, first, last) in [
            ("32768\t60999\n", 32768, 60999),
            ("1024 1024", 1024, 1024),
            ("2000 65535", 2000, 65535),
            ("40000 40009", 40000, 40009),
        ] {
            let ports: Vec<u16> = (0..500)
                .map(|turn| range(text).spare(false, turn).unwrap())
                .collect();
            assert!(range(text).holds(first) && range(text).holds(last));
            assert!(!ports.iter().any(|&port| range(text).holds(port)));
            let is_spare = |port: &u16| *port >= 1024 && !(first..=last).contains(port);
            assert!(ports.iter().all(is_spare), "{text}");
            let distinct: BTreeSet<u16> = ports.iter().copied().collect();
            assert_eq!(distinct.len(), 500, "{text}");
        }
        assert_eq!(range("1024 65535").spare(false, 7), None);
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in ["", "1", "x 9", "9 8", "1 65536", "-1 5"] {
            assert!(Ports::parse(text).is_none(), "{text:?}");
        }
    }
}
