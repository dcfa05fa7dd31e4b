//! Logs longer than 32 bits can say.

use super::*;
use std::fs::File;
use std::os::unix::fs::MetadataExt;

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
                    fs::metadata(&path).is_ok_and(|new| (1..1 << 20).contains(&new.size()));
                (is_old && is_new).then_some(())
            });
        }
    }
}
