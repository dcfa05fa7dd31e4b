//! One monitor on the stage, in a process of its own.

use crate::service::Service;
use crate::tail::Tail;
use crate::trouble::{Outcome, Trouble, io};
use clp_isa_core::paths::LOGS;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// The product: this same file under one of its names.
pub(crate) fn program(name: &str, root: &Path) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0(name)
        .env("CLP_ISA_ROOT", root)
        .stdin(Stdio::null());
    command
}

/// A command line of the product for one service.
pub(crate) struct CommandLine {
    command: Command,
    pub(crate) shown: String,
}

impl CommandLine {
    pub(crate) fn new(
        service: &Service,
        root: &Path,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Self {
        let name = service.protocol.info().command;
        let mut command = program(name, root);
        command.arg(service.name).args(arguments);
        let shown = command.get_args().fold(name.to_owned(), |shown, word| {
            format!("{shown} {}", word.to_string_lossy())
        });
        Self { command, shown }
    }

    /// Starts the service's monitor.
    pub(crate) fn start(mut self, service: &'static Service, root: &Path) -> Outcome<Monitor> {
        Ok(Monitor {
            service,
            failures: Tail::new(root.join(LOGS).join(service.protocol.info().failure_log)),
            child: self.command.spawn().map_err(io("starting a monitor"))?,
            ended: None,
            checks: 0,
            may_end: false,
        })
    }

    /// Runs it to its end; what it has to complain of is the reader's to see.
    pub(crate) fn output(mut self) -> Outcome<Output> {
        let output = self.command.stderr(Stdio::inherit()).output();
        let output = output.map_err(io("the command"))?;
        if output.status.success() {
            Ok(output)
        } else {
            Err(Trouble::Command(self.shown))
        }
    }
}

/// A monitor, killed when dropped.
pub(crate) struct Monitor {
    pub(crate) service: &'static Service,
    pub(crate) failures: Tail,
    child: Child,
    pub(crate) ended: Option<ExitStatus>,
    /// Checks that its server told of.
    pub(crate) checks: u32,
    /// Its end is part of the story.
    pub(crate) may_end: bool,
}

impl Monitor {
    pub(crate) fn watches(&self, service: &Service) -> bool {
        self.service.protocol == service.protocol
    }

    /// Asks it to stop, as `--stop` does.
    pub(crate) fn interrupt(&self) {
        if let (None, Ok(pid)) = (self.ended, i32::try_from(self.child.id())) {
            // Our own child, not waited for yet: the pid is its.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }

    /// How it ended, if it has and that was not known.
    pub(crate) fn poll_end(&mut self) -> Outcome<Option<ExitStatus>> {
        if self.ended.is_some() {
            return Ok(None);
        }
        self.child.try_wait().map_err(io("a monitor"))
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Nothing is left to be done if these fail.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
