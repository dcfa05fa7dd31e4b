//! The request of an HTTP check, as bytes.
//!
//! Owns its wording (docs/reference.md, "HTTP"); checks nothing: the configuration is valid by its type.

use crate::config::{Host, HttpVersion};
use crate::limits::REQUEST_MAX;
use crate::text::append;
use arrayvec::ArrayString;
use core::fmt;

/// A whole request. `limits` has room for the longest one that valid options give.
pub(super) type Request = ArrayString<REQUEST_MAX>;

/// The port that a `Host` field leaves out (RFC 9110, 4.2.1).
const DEFAULT_PORT: u16 = 80;

/// The request for `uri` to the server `host` at `port`.
pub(super) fn build(host: &Host, port: u16, version: HttpVersion, uri: &str) -> Request {
    let version = match version {
        HttpVersion::V1_0 => "1.0",
        HttpVersion::V1_1 => "1.1",
    };
    let target = Target { host, port, uri };
    let mut request = Request::new();
    append(
        &mut request,
        format_args!(
            "HEAD {uri} HTTP/{version}\r\n\
             Host: {target}\r\n\
             User-Agent: clp_httpmon/{}\r\n\
             Accept: */*\r\n\
             Connection: close\r\n\
             \r\n",
            env!("CARGO_PKG_VERSION"),
        ),
    );
    request
}

/// What the `Host` field says.
struct Target<'a> {
    host: &'a Host,
    port: u16,
    uri: &'a str,
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(authority) = authority(self.uri) {
            return f.write_str(authority);
        }
        write!(f, "{}", self.host)?;
        if self.port != DEFAULT_PORT {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// The authority of an absolute URI as it stands there (RFC 9112, 3.2.2), without user information, which no
/// message may carry in this field (RFC 9110, 4.2.4). Nothing for the other forms of a Request-URI.
fn authority(uri: &str) -> Option<&str> {
    if uri.starts_with('/') {
        return None;
    }
    let (_scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;

    fn name(text: &str) -> Host {
        Host::Name(ArrayString::from(text).unwrap())
    }

    #[test]
    fn whole_requests() {
        let end = concat!(
            "\r\nUser-Agent: clp_httpmon/",
            env!("CARGO_PKG_VERSION"),
            "\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        );
        let v6 = |zone: Option<&str>| {
            let zone = zone.map(|zone| ArrayString::from(zone).unwrap());
            Host::V6("fe80::1".parse().unwrap(), zone)
        };
        let v4 = Host::V4(Ipv4Addr::new(192, 0, 2, 7));
        let table = [
            (name("localhost"), 80, "/", "localhost"),
            (name("WWW.Example.com."), 80, "/a?b=c", "WWW.Example.com."),
            (name("localhost"), 8080, "*", "localhost:8080"),
            (name("localhost"), 443, "/", "localhost:443"),
            (v4, 80, "/", "192.0.2.7"),
            (v4, 65535, "/", "192.0.2.7:65535"),
            (v6(None), 80, "/", "[fe80::1]"),
            (v6(Some("eth0")), 80, "/", "[fe80::1]"),
            (v6(Some("eth0")), 81, "/", "[fe80::1]:81"),
            (v4, 81, "http://a.example/x", "a.example"),
            (v4, 81, "HTTP://a.example", "a.example"),
            (v4, 80, "http://a.example:8080/", "a.example:8080"),
            (v4, 81, "http://[::1]:80?q=u@h", "[::1]:80"),
            (v4, 81, "http://user:p@ss@a.example:81/u@h", "a.example:81"),
            (v4, 81, "/see?u=http://a.example/", "192.0.2.7:81"),
        ];
        for (host, port, uri, wanted) in table {
            for (version, digits) in [(HttpVersion::V1_0, "1.0"), (HttpVersion::V1_1, "1.1")] {
                assert_eq!(
                    build(&host, port, version, uri).as_str(),
                    format!("HEAD {uri} HTTP/{digits}\r\nHost: {wanted}{end}")
                );
            }
        }
    }

    #[test]
    fn the_longest_request_is_whole() {
        let host = name(&"n".repeat(crate::limits::SERVER_MAX));
        let authority = format!("http://{}", "a".repeat(crate::limits::URI_MAX - 7));
        let path = format!("/{}", "p".repeat(crate::limits::URI_MAX - 1));
        for uri in [authority, path] {
            let request = build(&host, 65535, HttpVersion::V1_1, &uri);
            assert!(request.ends_with("Connection: close\r\n\r\n"));
        }
    }
}
