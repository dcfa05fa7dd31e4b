//! What the kernel says of a monitor's memory and descriptors.

use crate::support::Monitor;
use std::fs;
use std::path::{Path, PathBuf};

/// KiB that `field` has in the mapping `name` of the monitor's memory map.
pub(crate) fn mapped(monitor: &Monitor, name: &str, field: &str) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/smaps", monitor.pid())).unwrap();
    let mut lines = maps.lines().skip_while(|line| !line.ends_with(name));
    figure(lines.find(|line| line.starts_with(field)).expect(name))
}

/// KiB that `field` has in the whole of the monitor's memory map.
pub(crate) fn share(monitor: &Monitor, field: &str) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/smaps_rollup", monitor.pid())).unwrap();
    figure(maps.lines().find(|line| line.starts_with(field)).unwrap())
}

/// How many descriptors the monitor has open, without those that it inherited from this process.
pub(crate) fn descriptors(monitor: &Monitor) -> usize {
    let entries = fs::read_dir(format!("/proc/{}/fd", monitor.pid())).unwrap();
    let is_own = |path: &PathBuf| {
        // One that is closed while they are listed is none.
        let Ok(theirs) = fs::read_link(path) else {
            return false;
        };
        let number = path.file_name().unwrap();
        let mine = fs::read_link(Path::new("/proc/self/fd").join(number));
        let is_standard = ["0", "1", "2"].contains(&number.to_str().unwrap());
        is_standard || !mine.is_ok_and(|mine| theirs == mine)
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(is_own).count()
}

fn figure(line: &str) -> u64 {
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
