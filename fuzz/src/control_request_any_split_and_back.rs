//! A client's request is understood alike in whatever pieces it comes, and rendered as it was read; a reply is one line.

use super::help::input::{Input, pieces};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::limits::CONTROL_LINE_MAX;
use clp_isa_core::protocol::Protocol;
use clp_isa_core::wire::control::{ControlRequest, Reply};
use clp_isa_core::wire::conversation::Conversation;

/// Bytes: four that say where to cut, what the client sends.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let seed = input.number();
    let sent = input.rest();
    let identifier = Identifier::parse(b"web").unwrap();
    let (mut whole, mut cut) = (Conversation::new(), Conversation::new());
    whole.handle_received(sent);
    pieces(sent, seed).for_each(|piece| cut.handle_received(piece));
    let wanted = whole.request(Protocol::Http, &identifier);
    assert_eq!(wanted, cut.request(Protocol::Http, &identifier));
    assert_eq!(
        wanted.is_some(),
        sent.contains(&b'\n') || sent.len() > CONTROL_LINE_MAX
    );

    let line = sent.split(|&byte| byte == b'\n').next().unwrap();
    if let Ok(request) = ControlRequest::parse(line) {
        assert_eq!(request.render().as_bytes(), [line, b"\n"].concat());
        let is_ours = (request.protocol, request.identifier) == (Protocol::Http, identifier);
        assert!(wanted.is_none_or(|wanted| wanted.is_ok() == is_ours));
    }
    whole.answer(Reply::Refused(line));
    let reply = whole.outgoing().strip_suffix(b"\n").expect("a line end");
    assert!(!reply.iter().any(u8::is_ascii_control) && Reply::parse(reply).is_some());
    whole.handle_sent(usize::MAX);
    assert!(whole.is_finished() && whole.request(Protocol::Http, &identifier).is_none());
}
