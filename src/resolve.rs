//! From a host to the addresses to try (docs/reference.md, "Names and addresses").
//!
//! Owns what is found without waiting: literals, the hosts file, `localhost`. Everything else is for the look-up
//! child (`child`), whose pipe the caller waits for: nothing here ever blocks on the network.

pub mod child;
pub mod hosts;

use crate::sys::error::HasErrno;
use clp_isa_core::config::{Addresses, Host};
use clp_isa_core::errno::Errno;
use clp_isa_core::wire::hosts::{add, zone_number};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use nix::net::if_::if_nametoindex;
use std::path::Path;

/// What looking at the node itself gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The one address that the host is.
    Literal(SocketAddr),
    /// These addresses of a name, at least one.
    Found(Addresses),
    /// Nothing: ask the look-up child.
    Ask,
    /// The zone of an IPv6 literal is no interface of this node: the errno of if_nametoindex(3).
    Failed(i32),
}

/// The addresses of `host` with `port`, as far as they are known without asking anyone: a literal's own, or those
/// of the file `hosts`, which is read anew at each call. `localhost` and the names below it are loopback where the
/// file has no entry for them (RFC 6761, 6.3). A trailing dot of a name, which keeps a resolver from appending its
/// search domains, is not part of it here.
pub fn in_process(host: &Host, port: u16, hosts: &Path) -> Lookup {
    match host {
        Host::V4(address) => Lookup::Literal(SocketAddrV4::new(*address, port).into()),
        Host::V6(address, zone) => {
            match zone
                .as_ref()
                .map_or(Ok(0), |zone| zone_index(zone.as_str()))
            {
                Ok(index) => Lookup::Literal(SocketAddrV6::new(*address, port, 0, index).into()),
                Err(errno) => Lookup::Failed(errno.0),
            }
        }
        Host::Name(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let mut addresses = hosts::lookup(name, port, hosts);
            if addresses.is_empty() && is_localhost(name) {
                for loopback in [
                    IpAddr::V4(Ipv4Addr::LOCALHOST),
                    IpAddr::V6(Ipv6Addr::LOCALHOST),
                ] {
                    add(&mut addresses, SocketAddr::new(loopback, port));
                }
            }
            if addresses.is_empty() {
                Lookup::Ask
            } else {
                Lookup::Found(addresses)
            }
        }
    }
}

/// The index of a zone that is given as a number or as an interface's name (RFC 4007, 11.2).
fn zone_index(zone: &str) -> Result<u32, Errno> {
    match zone_number(zone) {
        Some(index) => Ok(index),
        None => if_nametoindex(zone).map_err(|errno| errno.errno()),
    }
}

fn is_localhost(name: &str) -> bool {
    let mut labels = name.rsplit('.');
    labels
        .next()
        .is_some_and(|top| top.eq_ignore_ascii_case("localhost"))
        && labels.all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrayvec::ArrayString;

    fn lookup(host: &Host) -> Lookup {
        in_process(host, 80, Path::new("/nonexistent/hosts"))
    }

    fn addresses(texts: &[&str]) -> Lookup {
        Lookup::Found(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn literals_never_wait() {
        let v6 = |zone: Option<&str>| {
            let zone = zone.map(|zone| ArrayString::from(zone).unwrap());
            Host::V6("fe80::1".parse().unwrap(), zone)
        };
        let literal = |text: &str| Lookup::Literal(text.parse().unwrap());
        let v4 = Host::V4(Ipv4Addr::new(192, 0, 2, 1));
        assert_eq!(lookup(&v4), literal("192.0.2.1:80"));
        assert_eq!(lookup(&v6(None)), literal("[fe80::1]:80"));
        assert_eq!(lookup(&v6(Some("7"))), literal("[fe80::1%7]:80"));
        let loopback = if_nametoindex("lo").unwrap();
        assert_eq!(
            lookup(&v6(Some("lo"))),
            literal(&format!("[fe80::1%{loopback}]:80"))
        );
        for unknown in ["no-such-zone", "+1", "4294967296"] {
            assert_eq!(
                lookup(&v6(Some(unknown))),
                Lookup::Failed(nix::libc::ENODEV)
            );
        }
    }

    #[test]
    fn localhost_needs_no_file_and_other_names_are_asked_for() {
        for (name, is_loopback) in [
            ("localhost", true),
            ("LocalHost", true),
            ("localhost.", true),
            ("a.localhost", true),
            ("a.b.LOCALHOST.", true),
            ("localhost..", false),
            (".localhost", false),
            ("a..localhost", false),
            ("notlocalhost", false),
            ("localhost.example", false),
            (".", false),
            ("example.com", false),
        ] {
            let wanted = if is_loopback {
                addresses(&["127.0.0.1:80", "[::1]:80"])
            } else {
                Lookup::Ask
            };
            let host = Host::Name(ArrayString::from(name).unwrap());
            assert_eq!(lookup(&host), wanted, "{name}");
        }
    }
}
