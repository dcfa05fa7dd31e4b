//! A running monitor leaves its standard descriptors alone.

use super::*;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

/// A socket as descriptors 0, 1 and 2: whatever is written to any of them comes out at the other end, which is given.
fn with_socket(command: &mut Command) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let end = || OwnedFd::from(theirs.try_clone().unwrap());
    command.stdin(end()).stdout(end()).stderr(end());
    ours
}

/// A whole life, with sinks that take nothing and children that are noisy; ends with `code`.
fn live(arguments: &[&str], life: impl Fn(&Root, &Monitor), code: i32) {
    let root = Root::new();
    let logs = root.log_dir();
    fs::create_dir_all(logs.parent().unwrap()).unwrap();
    fs::write(&logs, "in the folder's place").unwrap();
    script(
        &root.join("usr/sbin/clplogcmd"),
        "echo out; echo error >&2; echo in >&0; exit 1",
    );
    let mut command = root.command("clp_httpmon");
    command.args(arguments);
    let mut socket = with_socket(&mut command);
    let mut monitor = Monitor::spawn(&mut command);
    // Its copies of the monitor's end: the reading below ends with the last copy.
    drop(command);
    life(&root, &monitor);
    assert_eq!(monitor.code(), code);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = Vec::new();
    socket.read_to_end(&mut said).unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "", "{arguments:?}");
}

#[test]
fn nothing_is_written_to_them_in_a_whole_life() {
    thread::scope(|scope| {
        // Failing checks, to the end.
        scope.spawn(|| {
            let server = Server::replying("\x1b[31mgarbage\n");
            let arguments = ["web", "-n", &server.port(), "-i", "1", "-c", "2"];
            live(&arguments, |_, _| {}, 1);
        });
        // Names that cannot be looked up, by a child.
        scope.spawn(|| {
            let arguments = ["web", "-s", "name.invalid", "-i", "1", "-r", "1", "-c", "1"];
            live(&arguments, |_, _| {}, 1);
        });
        // Healthy checks and every command.
        scope.spawn(|| {
            let server = Server::healthy();
            let arguments = ["web", "-n", &server.port(), "-i", "1"];
            let life = |root: &Root, _: &Monitor| {
                server.wait_for_end();
                for verb in ["--pause", "--resume", "--stop"] {
                    tell(root, verb);
                }
            };
            live(&arguments, life, 0);
        });
    });
}
