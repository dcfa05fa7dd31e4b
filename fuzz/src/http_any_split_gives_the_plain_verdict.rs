//! A web server's reply is judged as the contract says, in whatever pieces it comes.

use super::help::input::{Input, drawn_out};
use super::help::{plain, split};
use arrayvec::ArrayString;
use clp_isa::config::{Host, HttpVersion};
use clp_isa::probe::End;
use clp_isa::probe::http::Http;
use clp_isa::units::Errno;

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

    let host = Host::Name(ArrayString::from("web").unwrap());
    let uri = if any_code { "/" } else { "/x" };
    let new = || Http::new(&host, 80, HttpVersion::V1_1, uri);
    let verdict = split::verdict_of(new, &reply, seed, end);
    assert_eq!(verdict, plain::http(&reply, any_code, end));
}
