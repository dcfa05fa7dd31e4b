//! The node on which monitors run: its zone, and sinks that take everything.

use crate::support::files::script;
use crate::support::{Root, skip};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

/// Zones of a node: without summer time, and with it.
const ZONES: [&str; 3] = ["UTC", "Europe/Berlin", "America/New_York"];

/// The zones in which this machine can run a command, each with what runs it there: as a node does it, by the file
/// `/etc/localtime`, in a mount namespace. Without that, the machine's own zone.
pub(crate) fn zones() -> Vec<(&'static str, Vec<String>)> {
    let zone = |name| {
        let put = format!("mount --bind /usr/share/zoneinfo/{name} /etc/localtime && exec \"$@\"");
        let prefix = ["unshare", "--mount", "sh", "-c", &put, "sh"];
        (name, prefix.map(String::from).to_vec())
    };
    let zones = ZONES.map(zone).to_vec();
    let works = zones.iter().all(|(_, prefix)| {
        let trial = Command::new(&prefix[0])
            .args(&prefix[1..])
            .arg("true")
            .output();
        trial.is_ok_and(|trial| trial.status.success())
    });
    if works {
        return zones;
    }
    skip("no root, or no zone database: in this machine's zone only");
    vec![("this machine's zone", Vec::new())]
}

/// Every sink, taking what it is given: a syslog daemon and the cluster's command. The logs are always there.
pub(crate) fn open_sinks(root: &Root) {
    let folder = root.join("dev");
    fs::create_dir_all(&folder).unwrap();
    let daemon = UnixDatagram::bind(folder.join("log")).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while daemon.recv(&mut buffer).is_ok() {}
    });
    let command = root.join("usr/sbin/clplogcmd");
    script(&command, "exit 0");
}
