//! What differs between the two monitoring commands, as data.
//!
//! Owns names, default port and the message texts that the guide prints differently for the two commands, and what each can
//! be told to ask; how that is asked is the business of `probe`. Everything else in the program is the same for both.

use crate::limits::URI_MAX;
use crate::listed::listed;
use arrayvec::ArrayString;

listed! {
    /// One of the two monitoring commands.
    pub enum Protocol {
        /// `clp_httpmon`.
        Http,
        /// `clp_smtpmon`.
        Smtp,
    }
}

/// HTTP version of the request (`-v`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// HTTP/1.0 (RFC 1945).
    V1_0,
    /// HTTP/1.1 (RFC 9112).
    #[default]
    V1_1,
}

/// What to ask the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// `HEAD` with this version and Request-URI (`-v`, `-h`; `/` without `-h`).
    Http {
        /// HTTP version of the request line.
        version: HttpVersion,
        /// Request-URI: begins with `/`, is `*`, or is an absolute `http://` URI with an authority; bytes 0x21 to 0x7E.
        uri: ArrayString<URI_MAX>,
    },
    /// `NOOP`.
    Smtp,
}

impl Request {
    /// What `protocol` asks, with nothing in it that its options set.
    pub fn blank(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http {
                version: HttpVersion::default(),
                uri: ArrayString::new(),
            },
            Protocol::Smtp => Self::Smtp,
        }
    }

    /// The protocol in which this is asked.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Http { .. } => Protocol::Http,
            Self::Smtp => Protocol::Smtp,
        }
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
