//! The node's time zone.
//!
//! Owns finding and reading its file; what that says is `clp_isa_core::time_zone`'s. Read once: a change of it while a
//! monitor runs is seen by the next one. After that nothing here opens a file or uses the heap.

use super::dir::{open_to_read, read_whole};
use clp_isa_core::time_zone::{Change, TimeZone};
use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::OnceLock;

/// Where zone files lie that are named without their directory.
const DIRECTORIES: [&str; 3] = ["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo"];
/// Longest zone file that is read, in bytes; the largest of the public database has less than 4 KiB.
const FILE_MAX: usize = 8 * 1024;
/// 2026-01-01, in seconds since 1970. What offsets were before is of no use: no clock that is right tells of that time.
const SINCE: i64 = 1_767_225_600;

/// A zone whose changes lie on the heap.
pub(crate) type NodeZone = TimeZone<Vec<Change>>;

/// The node's: of the zone that `TZ` names, else that of `/etc/localtime`; UTC where neither can be read, and for an
/// empty `TZ` (tzset(3)). Read at the first call.
pub(crate) fn of_node() -> &'static NodeZone {
    static NODE: OnceLock<NodeZone> = OnceLock::new();
    NODE.get_or_init(|| {
        let name = env::var_os("TZ").map(OsStringExt::into_vec);
        load(name.as_deref())
    })
}

fn load(name: Option<&[u8]>) -> NodeZone {
    let zone = match name {
        None | Some(b"localtime") => read(Path::new("/etc/localtime")),
        Some([b':', file @ ..]) => named(file),
        Some(name) => named(name).or_else(|| TimeZone::from_rule(name.trim_ascii())),
    };
    zone.unwrap_or_else(TimeZone::utc)
}

/// The zone of the file with this name: in the first of the directories that has a file of that name, if it is no path.
fn named(name: &[u8]) -> Option<NodeZone> {
    let mut dirs = DIRECTORIES.iter().map(Path::new);
    dirs.find_map(|dir| read(&dir.join(OsStr::from_bytes(name))))
}

/// The zone of this file. What is not a regular file or too long to be one is refused, so that start-up cannot hang.
fn read(path: &Path) -> Option<NodeZone> {
    let file = open_to_read(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = [0; FILE_MAX];
    let length = read_whole(&file, &mut bytes).ok()?;
    // A file that fills the buffer is too long.
    let bytes = bytes.get(..length).filter(|_| length < FILE_MAX)?;
    TimeZone::from_file(bytes, SINCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_that_is_no_regular_file_is_refused() {
        assert!(read(Path::new("/dev/zero")).is_none());
        assert!(read(Path::new("/")).is_none());
    }

    #[test]
    fn names_as_the_environment_has_them() {
        let berlin = Path::new("/usr/share/zoneinfo/Europe/Berlin").exists();
        // (TZ, offset in July 2026)
        for (name, offset) in [
            ("", 0),
            ("no such zone", 0),
            (":", 0),
            (":CET-1CEST,M3.5.0,M10.5.0/3", 0),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 7200),
            (" CET-1 ", 3600),
            ("/dev/zero", 0),
            ("/dev/null", 0),
            ("Europe/Berlin", if berlin { 7200 } else { 0 }),
            (":Europe/Berlin", if berlin { 7200 } else { 0 }),
            (
                ":/usr/share/zoneinfo/Europe/Berlin",
                if berlin { 7200 } else { 0 },
            ),
        ] {
            let zone = load(Some(name.as_bytes()));
            assert_eq!(zone.offset_at(1_783_000_000), offset, "{name}");
        }
        let local = [None, Some(&b"localtime"[..])].map(|name| load(name).offset_at(SINCE));
        assert_eq!(local[0], local[1]);
    }
}
