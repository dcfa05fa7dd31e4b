//! The two services of the demonstration, as data: everything in which they differ.

use crate::server::Step;
use clp_isa_core::protocol::Protocol;

/// A service that is watched.
pub(crate) struct Service {
    /// The monitor that watches it.
    pub(crate) protocol: Protocol,
    /// What its lines are marked with; also the monitor's identifier.
    pub(crate) name: &'static str,
    /// What its server says while all is well.
    pub(crate) healthy: &'static [Step],
    /// What it says once it has failed.
    pub(crate) broken: &'static [Step],
}

/// A web server. Broken, it stalls.
pub(crate) static WEB: Service = Service {
    protocol: Protocol::Http,
    name: "web",
    healthy: &[Step {
        hears: Some(END_OF_HEAD),
        says: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    }],
    broken: &[Step {
        hears: Some(END_OF_HEAD),
        says: "",
    }],
};

/// The empty line after a request's headers.
const END_OF_HEAD: &str = "";

/// A mail server. Broken, it turns everybody away.
pub(crate) static MAIL: Service = Service {
    protocol: Protocol::Smtp,
    name: "mail",
    healthy: &[
        Step {
            hears: None,
            says: "220 demo ESMTP\r\n",
        },
        Step {
            hears: Some("NOOP"),
            says: "250 OK\r\n",
        },
        Step {
            hears: Some("QUIT"),
            says: "221 Bye\r\n",
        },
    ],
    broken: &[Step {
        hears: None,
        says: "421 Too many connections\r\n",
    }],
};
