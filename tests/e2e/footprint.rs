//! What a monitor takes of its node: space on disk, memory in steady state. And logs longer than 32 bits can say.

use crate::support::server::Server;
use crate::support::{Monitor, Root, binary, is_static, wait_for};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

const KIB: u64 = 1024;
/// What the guide allows a command, of memory: 5 MB.
const GUIDE: u64 = 5 * 1024;
/// What the static binary may take, on disk and of memory, in KiB: figures of the README.
const ON_DISK: u64 = 420;
const RESIDENT: u64 = 540;
/// Checks after which the memory is looked at.
const CHECKS: usize = 3;

/// The static binary is measured against its own ceilings, any other one against the guide's.
#[test]
fn a_monitor_keeps_within_its_ceilings() {
    let size = fs::metadata(binary()).unwrap().len().div_ceil(KIB);
    let server = Server::replying("HTTP/1.1 200 OK\r\n\r\n");
    let root = Root::new();
    let monitor: Monitor = root.start(&[
        "footprint",
        "-s",
        "127.0.0.1",
        "-n",
        &server.port(),
        "-i",
        "1",
    ]);
    for _ in 0..CHECKS {
        server.wait_for_end();
    }
    let resident = monitor.status_figure("VmHWM");
    // Past the test's captured output: figures to be read.
    let _ = writeln!(
        io::stderr(),
        "{}: {size} KiB on disk, {resident} KiB resident at most (VmHWM) after {CHECKS} checks",
        binary().display()
    );
    assert!(resident <= if is_static() { RESIDENT } else { GUIDE });
    assert!(!is_static() || size <= ON_DISK);
}

/// 32 bits would end at 2 or 4 GiB: such logs are rotated and written as any other.
#[test]
fn logs_beyond_four_gibibytes_are_rotated() {
    for length in [2 << 30, (4 << 30) + 5] {
        let root = Root::new();
        fs::create_dir_all(root.log_dir()).unwrap();
        for name in ["httpmon.log", "isa_alert.log"] {
            // Takes no space: one hole.
            let file = File::create(root.log_dir().join(name)).unwrap();
            file.set_len(length).unwrap();
        }
        let server = Server::replying("nonsense\r\n");
        let _monitor = root.spawn(&["large", "-s", "127.0.0.1", "-n", &server.port(), "-i", "1"]);
        for name in ["httpmon.log", "isa_alert.log"] {
            let path = root.log_dir().join(name);
            let old = root.log_dir().join(format!("{name}.1"));
            wait_for("the log's rotation", || {
                let is_old = fs::metadata(&old).is_ok_and(|old| old.size() == length);
                let is_new =
                    fs::metadata(&path).is_ok_and(|new| (1..KIB * KIB).contains(&new.size()));
                (is_old && is_new).then_some(())
            });
        }
    }
}
