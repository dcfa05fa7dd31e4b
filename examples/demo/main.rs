//! The main job in a few seconds: a web and a mail server are watched, fail one after the other, and are found failed.
//!
//! The monitors are the real ones, in processes of their own: this file starts itself again under the product's names,
//! which leads into the library's `main`. All their files lie in a private directory (`CLP_ISA_ROOT`), removed at the end.
//! Needs no root, and no network but loopback.
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "an example may read the clock, and its server runs in threads"
)]

#[expect(
    dead_code,
    reason = "the program's own, so that a failed call has one form; not all of it is used here"
)]
#[path = "../../src/sys/error.rs"]
mod error;
mod license;
mod monitor;
mod scene;
mod screen;
mod server;
mod service;
mod story;
mod tail;
mod trouble;

use nix::sys::signal::Signal;
use service::{MAIL, Service, WEB};
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use trouble::{Trouble, io};

const HELP: &str = "\
Shows the monitors at work: a web and a mail server are watched, fail, and are
found failed.

Usage:
  cargo run --release --example demo
  cargo run --release --example demo -- --server HOST [--port PORT] [--smtp]

Options:
  --server HOST  watch this web server instead, until it fails or Ctrl-C is pressed
  --port PORT    its port (default: 80, with --smtp 25)
  --smtp         it is a mail server
  --help         print this

Exit codes: 0 the demonstration went as told, 1 it did not, 2 wrong usage;
with --server the monitor's own.
";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = arguments.next().map(PathBuf::from).unwrap_or_default();
    if name
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(b"clp_"))
    {
        // Should the demonstration be killed, its monitors must not watch on: SIGTERM stops them in good order.
        let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGTERM);
        return clp_isa::main();
    }
    let outcome = match parse(arguments) {
        Ok(Wanted::Help) => io::stdout()
            .write_all(HELP.as_bytes())
            .map(|()| 0)
            .map_err(io("standard output")),
        Ok(Wanted::Story) => story::tell().map(|()| 0),
        Ok(Wanted::Watch {
            service,
            host,
            port,
        }) => story::watch(service, host, port),
        Err(wrong) => Err(Trouble::Usage(wrong)),
    };
    let code = outcome.unwrap_or_else(|trouble| {
        let (code, help) = if matches!(trouble, Trouble::Usage(_)) {
            (2, HELP)
        } else {
            (1, "")
        };
        let _ = write!(io::stderr(), "demo: {trouble}\n{help}");
        code
    });
    ExitCode::from(code)
}

enum Wanted {
    Help,
    Story,
    Watch {
        service: &'static Service,
        host: OsString,
        port: OsString,
    },
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Wanted, String> {
    let (mut server, mut port, mut smtp) = (None, None, None);
    while let Some(option) = arguments.next() {
        let (given, takes_value) = match option.to_str() {
            Some("--help") => return Ok(Wanted::Help),
            Some("--server") => (&mut server, true),
            Some("--port") => (&mut port, true),
            Some("--smtp") => (&mut smtp, false),
            _ => return Err(format!("unknown option {option:?}")),
        };
        let value = if takes_value {
            let value = arguments.next();
            value.ok_or_else(|| format!("{option:?}: the value is missing"))?
        } else {
            OsString::new()
        };
        if given.replace(value).is_some() {
            return Err(format!("{option:?} is given more than once"));
        }
    }
    let service = if smtp.is_some() { &MAIL } else { &WEB };
    match (server, port) {
        (None, None) if smtp.is_none() => Ok(Wanted::Story),
        (None, _) => Err("\"--port\" and \"--smtp\" need \"--server\"".into()),
        (Some(host), port) => Ok(Wanted::Watch {
            service,
            host,
            port: port.unwrap_or_else(|| service.protocol.info().port.to_string().into()),
        }),
    }
}
