//! What differs between the two monitoring commands, as data.
//!
//! Owns names, default port and the message texts that the guide prints differently for the two commands;
//! everything else in the program is the same for both.

use crate::listed::listed;

listed! {
    /// One of the two monitoring commands.
    pub enum Protocol {
        /// `clp_httpmon`.
        Http,
        /// `clp_smtpmon`.
        Smtp,
    }
}

/// What a protocol's monitoring command is called and what its messages say where the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProtocolInfo {
    /// Command name, also the syslog tag.
    pub command: &'static str,
    /// Module name of the alert view and of the identifier record.
    pub name: &'static str,
    /// Protocol as the messages spell it.
    pub label: &'static str,
    /// Port without `-n`.
    pub port: u16,
    /// Name of the failure log in the log directory.
    pub failure_log: &'static str,
    /// Event 13, whole.
    pub no_identifier: &'static str,
    /// Event 52, up to the date.
    pub on_trial: &'static str,
    /// Event 81, up to the bracketed number.
    pub no_address: &'static str,
}

impl Protocol {
    /// This protocol's data.
    pub const fn info(self) -> &'static ProtocolInfo {
        match self {
            Self::Http => &HTTP,
            Self::Smtp => &SMTP,
        }
    }

    /// The protocol with this name (`httpmon`, `smtpmon`).
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.info().name.as_bytes() == name)
    }
}

const HTTP: ProtocolInfo = ProtocolInfo {
    command: "clp_httpmon",
    name: "httpmon",
    label: "HTTP",
    port: 80,
    failure_log: "httpmon.log",
    no_identifier: "An identifier is not specified in the clp_httpmon command.",
    on_trial: "clp_httpmon trial version is effective till",
    no_address: "Failed to obtain the IP address",
};

const SMTP: ProtocolInfo = ProtocolInfo {
    command: "clp_smtpmon",
    name: "smtpmon",
    label: "SMTP",
    port: 25,
    failure_log: "smtpmon.log",
    no_identifier: "The identifier is not specified in the clp_smtpmon command.",
    on_trial: "Trial version of clp_smtpmon is effective till",
    no_address: "Failed to obtain IP address",
};
