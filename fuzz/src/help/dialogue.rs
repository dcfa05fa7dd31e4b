//! `clplcnsc`'s dialogue with somebody who types.

use clp_isa_core::license::dialogue::{Refusal, Typed, ask};
use clp_isa_core::license::record::Record;

/// Holds the dialogue with one whose answers come in these pieces: the license, or why there is none. Asks three questions
/// at most.
pub fn hold<'a>(mut pieces: impl Iterator<Item = &'a [u8]>) -> Result<Record, String> {
    let (mut typed, mut asked) = (Typed::default(), 0);
    let record: Result<Record, Refusal> = ask(|_| {
        asked += 1;
        loop {
            if let Some(answer) = typed.poll_answer() {
                return answer;
            }
            match pieces.next() {
                Some(piece) => typed.handle_received(piece),
                None => typed.handle_end(),
            }
        }
    });
    assert!(asked <= 3);
    record.map_err(|failure| failure.to_string())
}
