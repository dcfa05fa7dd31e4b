//! `--once`: one check, told on standard output, and nothing else.

use super::say;
use crate::console;
use crate::driver::once;
use crate::exit::{self, Code};
use crate::view;
use clp_isa_core::cli::Form;
use clp_isa_core::config::Config;
use clp_isa_core::monitor::Verdict;
use clp_isa_core::protocol::Protocol;
use core::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

/// Makes one check of what `config` names.
pub(super) fn run(config: &Config, form: Form, hosts: &Path) -> ExitCode {
    let report = match once::run(config, hosts.into()) {
        Ok(report) => report,
        Err(error) => {
            explain(config.protocol(), form, &error);
            return exit::of_single_check(Verdict::Void, form);
        }
    };
    let line = view::once::line(&report, form);
    let verdict = match say(format_args!("{line}"), Code::Success) {
        Code::Success => view::once::verdict(&report),
        _ => Verdict::Void,
    };
    exit::of_single_check(verdict, form)
}

/// A command line that asks for no check that could be made.
pub(super) fn refuse(protocol: Protocol, form: Form, why: &dyn Display) -> ExitCode {
    explain(protocol, form, why);
    match form {
        Form::Line => Code::Usage.into(),
        Form::Plugin => exit::of_single_check(Verdict::Void, form),
    }
}

/// Why there was no check: on standard error, or where a plugin says it.
fn explain(protocol: Protocol, form: Form, why: &dyn Display) {
    match form {
        Form::Line => console::explain(protocol.info().command, why, &""),
        Form::Plugin => {
            let line = view::once::unknown(protocol, &why.to_string());
            // Its exit code says unknown, whether the line is read or not.
            say(format_args!("{line}"), Code::System);
        }
    }
}
