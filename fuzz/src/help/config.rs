//! Configurations of monitors.

use arrayvec::ArrayString;
use clp_isa::config::{Config, Host, HttpVersion, Request, Timing};
use clp_isa::identifier::Identifier;
use core::time::Duration;

/// A monitor of a web server or of a mail server, with everything but that the same.
pub fn config(is_http: bool) -> Config {
    let text = "/x";
    let http = Request::Http {
        version: HttpVersion::V1_1,
        uri: ArrayString::from(text).unwrap(),
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
        request: if is_http { http } else { Request::Smtp },
    }
}
