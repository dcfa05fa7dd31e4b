//! A web server's reply is judged as the contract says, in whatever pieces it comes.

use super::help::config::config;
use super::help::input::{Input, drawn_out};
use super::help::{plain, split};
use clp_isa_core::errno::Errno;
use clp_isa_core::probe::End;

/// Bytes: one of flags, four that say where to cut, the reply.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (flags, seed) = (input.byte(), input.number());
    let reply = drawn_out(input.rest(), flags >> 2 == 1);
    let any_code = flags & 1 == 0;
    let end = if flags & 2 == 0 {
        End::Closed
    } else {
        End::Error(Errno(113))
    };

    let config = config(Some(if any_code { "/" } else { "/x" }));
    let verdict = split::verdict_of(&config, &reply, seed, end);
    assert_eq!(verdict, plain::http(&reply, any_code, end));
}
