//! A mail server's replies are judged as the contract says, in whatever pieces they come.

use super::help::config::config;
use super::help::input::{Input, drawn_out};
use super::help::{plain, split};
use clp_isa_core::errno::Errno;
use clp_isa_core::probe::End;

/// Bytes: one of flags, four that say where to cut, the replies.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (flags, seed) = (input.byte(), input.number());
    let replies = drawn_out(input.rest(), flags >> 2 == 1);
    let end = if flags & 1 == 0 {
        End::Closed
    } else {
        End::Error(Errno(113))
    };

    let verdict = split::verdict_of(&config(None), &replies, seed, end);
    assert_eq!(verdict, plain::smtp(&replies, end));
}
