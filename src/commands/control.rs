//! A verb for a monitor that another process is.

use super::{report, say};
use crate::console;
use crate::control::client;
use crate::control::error::ControlError;
use crate::exit::Code;
use crate::paths::Paths;
use crate::sys::clock;
use clp_isa_core::cli::Verb;
use clp_isa_core::event::Event;
use clp_isa_core::identifier::Identifier;
use clp_isa_core::protocol::Protocol;

/// Carries `verb` out.
pub(super) fn run(paths: &Paths, protocol: Protocol, identifier: &Identifier, verb: Verb) -> Code {
    let error = match client::run(paths, protocol, identifier, verb, clock::now) {
        Ok(Some(pid)) => return say(format_args!("{pid}\n"), Code::Success),
        Ok(None) => return Code::Success,
        Err(error) => error,
    };
    let code = Code::from(&error);
    let why = error.of(identifier);
    if code == Code::NotEnded {
        report(paths, protocol, identifier.as_str(), Event::NotEnded, &why);
        return code;
    }
    console::explain(protocol.info().command, &why, &"");
    if let (ControlError::NotRunning(Some(pid)), Verb::Disp) = (&error, verb) {
        return say(format_args!("{pid}\n"), code);
    }
    code
}
