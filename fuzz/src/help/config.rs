//! Configurations of monitors.

use arrayvec::ArrayString;
use clp_isa_core::config::{Config, Host, HttpVersion, Request, Timing};
use clp_isa_core::identifier::Identifier;
use core::time::Duration;

/// A monitor of a web server, with this Request-URI, or of a mail server.
pub fn config(uri: Option<&str>) -> Config {
    let http = |uri: &str| Request::Http {
        version: HttpVersion::V1_1,
        uri: ArrayString::from(uri).unwrap(),
    };
    Config {
        identifier: Identifier::parse(b"web").unwrap(),
        host: Host::Name(ArrayString::from("web").unwrap()),
        port: 80,
        timing: Timing {
            interval: Duration::from_secs(2),
            retries: 2,
            timeout: Duration::from_secs(5),
        },
        request: uri.map_or(Request::Smtp, http),
    }
}
