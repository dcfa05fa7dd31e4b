//! Where everything lies, under the prefix `CLP_ISA_ROOT` (docs/reference.md, "Files" and "CLP_ISA_ROOT").
//!
//! Owns the path names, and the question whether the prefix may be trusted. Without a prefix the system's own directories
//! are used, whose rights are the system's business.

use crate::sys::PathError;
use crate::sys::dir::create_parents;
use crate::sys::trust::{real_path, vet_process, vet_way};
use clp_isa_core::identifier::Identifier;
use clp_isa_core::paths::{ALERT_LOG, CLPLOGCMD, CONFIG, LICENSES, LOGS, RUN, SYSLOG};
use clp_isa_core::protocol::Protocol;
use hmac_sha256::Hash;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Longest name of a control socket, in bytes: a dash and 64 bits in hexadecimal. A socket's path has at most 107
/// (unix(7)), which leaves 69 to the prefix of all paths.
const SOCKET_NAME_MAX: usize = 17;

/// The prefix of all run-time paths, and the paths under it.
#[derive(Debug, Clone)]
pub struct Paths {
    root: PathBuf,
}

impl Paths {
    /// Paths under `root`: the value of `CLP_ISA_ROOT`, `None` or empty for the system's own directories. A relative one
    /// is taken from the current directory once and for all: a monitor changes to `/`. So are symbolic links: what is
    /// looked at is what is used, wherever they lead later.
    pub fn new(root: Option<OsString>) -> Self {
        let root = root.filter(|root| !root.is_empty());
        let root = root.map_or_else(|| PathBuf::from("/"), PathBuf::from);
        // Fails only where the current directory is gone: then nothing can be reached from it anyway.
        let root = std::path::absolute(&root).unwrap_or(root);
        // Of what is not there yet the part that is.
        let resolved = root.ancestors().find_map(|there| {
            let missing = root.strip_prefix(there).ok()?;
            Some(real_path(there).ok()?.iter().chain(missing).collect())
        });
        Self {
            root: resolved.unwrap_or(root),
        }
    }

    /// Whether there is a prefix: without one the paths are the system's own.
    pub fn is_prefixed(&self) -> bool {
        self.root != Path::new("/")
    }

    /// Refuses a prefix in which somebody else could have put what this process opens or runs. What is missing will be made
    /// by this process.
    ///
    /// # Errors
    /// The directory, and what is wrong with it.
    pub fn vet(&self) -> Result<(), PathError> {
        if !self.is_prefixed() {
            return Ok(());
        }
        vet_process(&self.root)?;
        for path in [
            self.run_dir(),
            self.config_dir(),
            self.alert_log(),
            self.syslog(),
            self.clplogcmd(),
        ] {
            vet_way(path.parent().unwrap_or(&self.root))?;
        }
        Ok(())
    }

    /// The same for a command that writes: makes the prefix if it is missing, so that nobody else does before it is used.
    ///
    /// # Errors
    /// As [`Paths::vet`]. A prefix that cannot be made is told by what wants to use it.
    pub fn vet_or_make(&self) -> Result<(), PathError> {
        self.vet()?;
        if self.is_prefixed() && create_parents(&self.root).is_ok() {
            self.vet()?;
        }
        Ok(())
    }

    /// Directory of all run-time state, mode 0700.
    pub fn run_dir(&self) -> PathBuf {
        self.root.join(RUN)
    }

    /// Directory of the identifier records, mode 0700.
    pub fn id_dir(&self) -> PathBuf {
        self.run_dir().join("id")
    }

    /// Lock and record of one identifier, mode 0600.
    pub fn record(&self, identifier: &Identifier) -> PathBuf {
        self.id_dir().join(identifier.as_str())
    }

    /// Directory of the control sockets, mode 0700.
    pub fn ctl_dir(&self) -> PathBuf {
        self.run_dir().join("ctl")
    }

    /// Control socket of one identifier, mode 0600. It has the identifier's own name, or one made from it where that
    /// would not fit a socket's path: the process id would not do, since two processes may have the same one in pid
    /// namespaces of their own.
    pub fn control(&self, identifier: &Identifier) -> PathBuf {
        let name = identifier.as_str();
        if name.len() <= SOCKET_NAME_MAX {
            return self.ctl_dir().join(name);
        }
        let hash = Hash::hash(name.as_bytes());
        let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        // No identifier has a dash.
        self.ctl_dir().join(format!("-{hash:016x}"))
    }

    /// Directory of all settings, mode 0700 if it is made here.
    pub fn config_dir(&self) -> PathBuf {
        self.root.join(CONFIG)
    }

    /// Directory of the licenses, mode 0700.
    pub fn license_dir(&self) -> PathBuf {
        self.root.join(LICENSES)
    }

    /// Directory of the logs, shared with the cluster server.
    pub fn log_dir(&self) -> PathBuf {
        self.root.join(LOGS)
    }

    /// Failure log of `protocol`, mode 0640.
    pub fn failure_log(&self, protocol: Protocol) -> PathBuf {
        self.log_dir().join(protocol.info().failure_log)
    }

    /// Alert log, mode 0640.
    pub fn alert_log(&self) -> PathBuf {
        self.root.join(ALERT_LOG)
    }

    /// Socket of the syslog daemon.
    pub fn syslog(&self) -> PathBuf {
        self.root.join(SYSLOG)
    }

    /// The cluster's command that writes to its alert view.
    pub fn clplogcmd(&self) -> PathBuf {
        self.root.join(CLPLOGCMD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_has_a_socket_of_its_own_whose_path_fits() {
        let paths = Paths::new(Some("/".repeat(2).into()));
        let socket = |length: usize, last: u8| {
            let mut name = vec![b'x'; length];
            *name.last_mut().unwrap() = last;
            paths.control(&Identifier::parse(&name).unwrap())
        };
        let mut seen = std::collections::BTreeSet::new();
        for length in 1..=255 {
            for last in [b'a', b'A', b'1'] {
                let path = socket(length, last);
                let name = path.file_name().unwrap().len();
                assert_eq!(name, length.min(SOCKET_NAME_MAX), "{length}");
                assert!(seen.insert(path), "{length}");
            }
        }
        // printf %0255d 0 | tr 0 x | sha256sum
        assert!(socket(255, b'x').ends_with("-d22609da3ae3956c"));
    }

    #[test]
    fn without_prefix_the_contracts_paths() {
        for root in [None, Some(OsString::new())] {
            let paths = Paths::new(root);
            let identifier = Identifier::parse(b"httpwatch").unwrap();
            assert_eq!(
                paths.record(&identifier),
                Path::new("/var/run/clp_isa/id/httpwatch")
            );
            assert_eq!(
                paths.control(&identifier),
                Path::new("/var/run/clp_isa/ctl/httpwatch")
            );
            assert_eq!(
                paths.failure_log(Protocol::Http),
                Path::new("/opt/nec/clusterpro/log/httpmon.log")
            );
            assert_eq!(
                paths.alert_log(),
                Path::new("/opt/nec/clusterpro/log/isa_alert.log")
            );
            assert_eq!(paths.syslog(), Path::new("/dev/log"));
            assert_eq!(paths.clplogcmd(), Path::new("/usr/sbin/clplogcmd"));
        }
        assert!(Paths::new(Some("x".into())).root.is_absolute());
        assert_eq!(
            Paths::new(Some("/nonexistent/x".into())).clplogcmd(),
            Path::new("/nonexistent/x/usr/sbin/clplogcmd")
        );
    }
}
