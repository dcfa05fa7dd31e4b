//! Files with a mode of their own, and scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Gives a file this mode.
pub(crate) fn chmod(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A file's mode, set-uid, set-gid and sticky bits included; a symbolic link's own.
pub(crate) fn mode(path: impl AsRef<Path>) -> u32 {
    let metadata = fs::symlink_metadata(path).unwrap();
    metadata.permissions().mode() & 0o7777
}

/// Writes an executable script and puts it in the place of what is there. A process of its own writes it: a
/// descriptor of ours, open for writing, could be alive in a child that another test starts at the same time, and the
/// script could not be run (`ETXTBSY`).
pub(crate) fn script(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let status = Command::new("/bin/sh")
        .arg("-c")
        .arg("printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0.new\" && chmod 755 \"$0.new\" && mv \"$0.new\" \"$0\"")
        .args([path.as_os_str(), body.as_ref()])
        .status()
        .unwrap();
    assert!(status.success());
}
