//! The dialogue with a service whose bytes come in pieces.

use super::input::pieces;
use clp_isa_core::config::Config;
use clp_isa_core::limits::{EXCERPT_MAX, REQUEST_MAX};
use clp_isa_core::probe::{Cause, Dialogue, End, Probe, Verdict};

/// Sends what is outgoing, at most `count` bytes. Says how many.
fn send(probe: &mut impl Probe, count: usize) -> usize {
    let sent = probe.outgoing().len().min(count);
    probe.handle_sent(sent);
    sent
}

/// Holds the dialogue to what `Probe` promises, for `reply` cut by `seed`, and gives its verdict with
/// the cause: the same as for the bytes in one piece; never taken back; there at the latest when the connection ends; no more said than ever fits; the
/// same again once set back.
pub fn verdict_of(config: &Config, reply: &[u8], seed: u32, end: End) -> (Verdict, Option<Cause>) {
    let (mut whole, mut cut) = (Dialogue::new(config), Dialogue::new(config));
    whole.handle_received(reply);
    let mut sent = send(&mut cut, (seed % 7) as usize);
    for piece in pieces(reply, seed) {
        let before = cut.verdict();
        cut.handle_received(piece);
        sent += send(&mut cut, piece.len());
        assert!(before.is_none() || before == cut.verdict(), "taken back");
        assert!(
            cut.verdict().is_some() || !cut.is_finished(),
            "over without a verdict"
        );
    }
    sent += send(&mut cut, usize::MAX);
    send(&mut whole, usize::MAX);
    assert!(sent <= REQUEST_MAX && cut.outgoing().is_empty());
    assert_eq!(whole.verdict(), cut.verdict());
    assert_eq!(whole.detail(), cut.detail());
    assert_eq!(whole.step(), cut.step());
    assert_eq!(whole.is_finished(), cut.is_finished());

    cut.handle_end(end);
    let verdict = cut.verdict().expect("no verdict at the end");
    assert!(whole.verdict().is_none_or(|before| before == verdict));
    assert!(cut.is_finished() && cut.outgoing().is_empty() && cut.excerpt().len() <= EXCERPT_MAX);
    let cause = cut.cause();
    cut.handle_received(reply);
    assert_eq!(cut.verdict(), Some(verdict), "taken back after the end");

    // Set back, it begins anew.
    let excerpt = whole.excerpt().to_vec();
    cut.restart();
    assert_eq!(cut.outgoing(), Dialogue::new(config).outgoing());
    cut.handle_received(reply);
    assert_eq!(cut.excerpt(), excerpt);
    cut.handle_end(end);
    assert_eq!(cut.verdict(), Some(verdict), "not set back");
    assert_eq!(cut.cause(), cause);
    (verdict, cause)
}
