//! Programs that a test has the monitor run below, and whether they work here.

use super::Root;
use std::path::Path;
use std::process::Command;

/// Builds the launcher `name`, which runs a program below something that the kernel refuses, in `root`; nothing where there is no C compiler.
pub(crate) fn launcher(root: &Root, name: &str) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/e2e/launchers")
        .join(name)
        .with_extension("c");
    let launcher = root.join(name).to_str().unwrap().to_owned();
    works(&["cc", "-o", &launcher, source.to_str().unwrap()]).then_some(launcher)
}

/// Whether a trial of this command succeeds.
pub(crate) fn works(command: &[&str]) -> bool {
    let output = Command::new(command[0]).args(&command[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Whether strace works here.
pub(crate) fn can_trace() -> bool {
    works(&["strace", "-D", "-o", "/dev/null", "true"])
}

/// Whether a mount namespace can be made here: that takes root, too.
pub(crate) fn can_mount() -> bool {
    works(&["unshare", "-m", "true"])
}
