//! The names of the product's files and directories, below the prefix of all paths.
//!
//! Owns the names; whoever opens files puts the prefix in front.

/// Directory of all run-time state, mode 0700.
pub const RUN: &str = "var/run/clp_isa";
/// Directory of all settings, mode 0700 if it is made here.
pub const CONFIG: &str = "opt/nec/clusterpro/etc/isa";
/// Directory of the licenses, mode 0700.
pub const LICENSES: &str = "opt/nec/clusterpro/etc/isa/license";
/// Directory of the logs, shared with the cluster server.
pub const LOGS: &str = "opt/nec/clusterpro/log";
/// Alert log, mode 0640.
pub const ALERT_LOG: &str = "opt/nec/clusterpro/log/isa_alert.log";
/// Socket of the syslog daemon.
pub const SYSLOG: &str = "dev/log";
/// The cluster's command that writes to its alert view.
pub const CLPLOGCMD: &str = "usr/sbin/clplogcmd";
