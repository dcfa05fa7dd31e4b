//! What is known to be behind a failed check: one sentence or two, the likeliest first.
//!
//! Owns the hints. Pure.

use clp_isa_core::check::{Cause, CheckReport, Ending, Phase, Step};
use clp_isa_core::config::{Host, HttpVersion, Request};
use clp_isa_core::errno::Errno;
use clp_isa_core::event::Failure;
use clp_isa_core::protocol::Protocol;

/// What may be behind such an end.
pub(super) fn hint(report: &CheckReport<'_>) -> Option<&'static str> {
    let failure = match report.outcome.attempt.ending {
        Ending::Failed(failure) => failure,
        Ending::Void(error) => return void_hint(error.errno),
        Ending::Healthy => return None,
    };
    Some(match failure {
        Failure::Connect(_) if is_v6_localhost(report) => {
            "localhost is ::1 only in /etc/hosts of this node; does the server listen on 127.0.0.1 alone? Then \
             use -s 127.0.0.1"
        }
        Failure::Connect(Errno::ECONNREFUSED) => {
            "is the server running, are -s and -n right, or does a packet filter (fail2ban) reject this node?"
        }
        Failure::Connect(Errno::ETIMEDOUT) => {
            "is the address right, does a packet filter drop the connection, or is the server too busy to take it?"
        }
        Failure::Lookup(number) if number < 0 => {
            "is -s right? See /etc/hosts and the name server; an address needs neither"
        }
        _ => match report.outcome.attempt.phase {
            Phase::Lookup | Phase::Connect => return None,
            Phase::Dialogue(Step::Answer) => web_hint(report, failure)?,
            Phase::Dialogue(Step::Greeting) => mail_hint(report, failure, false)?,
            Phase::Dialogue(Step::Noop) => mail_hint(report, failure, true)?,
        },
    })
}

/// Of a service that only answers.
fn web_hint(report: &CheckReport<'_>, failure: Failure) -> Option<&'static str> {
    Some(match (failure, report.outcome.attempt.detail.cause) {
        (Failure::InvalidStatus(code), _) => status_hint(report, code)?,
        (Failure::Select(_), _) => {
            "it takes connections but does not answer in time: has it stalled, is -r too short, is it a TLS port?"
        }
        (Failure::InvalidResponse, Some(Cause::NoAnswer))
        | (Failure::Send(_) | Failure::Receive(Errno::ECONNRESET), _) => {
            "is the Host unknown there? Then use -s NAME. Else: a TLS port, PROXY protocol, or a crashed worker"
        }
        (_, Some(Cause::CutShort)) => "has a process of the server crashed? See its log",
        (_, Some(Cause::Http2)) => {
            "the port takes HTTP/2 alone: let the server offer HTTP/1.1 there, or use another -n"
        }
        (_, Some(Cause::Foreign)) => foreign_hint(report).or_else(|| {
            begins(report, b"SSH-").then_some("an SSH server answers there: is -n right?")
        })?,
        _ => return None,
    })
}

fn status_hint(report: &CheckReport<'_>, code: u16) -> Option<&'static str> {
    let is_1_0 = matches!(
        report.config.request,
        Request::Http {
            version: HttpVersion::V1_0,
            ..
        }
    );
    Some(match code {
        400 => {
            "is it a TLS port, or the Host unknown there (-s NAME)? Else: HEAD refused, or a proxy that wants -h \
             http://..."
        }
        401 => "a page behind user authentication cannot be watched: choose another -h, or none",
        403 => {
            "the server does not let this node see the page: see its access rules, or choose another -h"
        }
        404 => "is -h right? A server that does not implement HEAD may answer so, too",
        405 | 501 => "HEAD is not implemented for this page: choose another -h, or none",
        407 => "a proxy that wants a password answers there: is -n right? Else watch without -h",
        421 => "the server is not responsible for this Host: give -s the name of the site",
        426 | 505 if is_1_0 => "the server does not speak HTTP/1.0: use -v 1.1",
        426 => "the server wants another protocol on this port, perhaps TLS",
        429 => "too many requests from this node: raise -i, or exempt the node from the limit",
        505 => "the server does not speak HTTP/1.1: use -v 1.0",
        500..=599 => "the web server or what is behind it is in trouble: see its log",
        _ => return None,
    })
}

/// Of a service that greets.
fn mail_hint(report: &CheckReport<'_>, failure: Failure, is_greeted: bool) -> Option<&'static str> {
    Some(match failure {
        Failure::InvalidStatus(0) => foreign_hint(report).unwrap_or("is this a mail server?"),
        Failure::InvalidStatus(421) => {
            "is it overloaded, or does it limit the rate of this node? Else: shutting down, or PROXY protocol"
        }
        Failure::InvalidStatus(450 | 451 | 454) => {
            "a service behind it is in trouble (milter, policy, database, disk): see the mail log"
        }
        Failure::InvalidStatus(500 | 502) if is_greeted => {
            "the mail server does not know NOOP: it cannot be watched by it"
        }
        Failure::InvalidStatus(521 | 550 | 554) => {
            "the mail server refuses this node: see its access rules"
        }
        Failure::Select(_) if is_greeted => {
            "it greets but does not answer NOOP in time: has it stalled, or is -r too short? See its log"
        }
        Failure::Select(_) => {
            "does its name server answer? Else: overload, a delay longer than -r, PROXY protocol, or TLS (465)"
        }
        Failure::Receive(Errno::ECONNRESET) if is_greeted => {
            "has a process of it crashed, or does it limit the rate of this node? See its log"
        }
        Failure::Receive(Errno::ECONNRESET) => {
            "does it refuse this node, limit its rate, or want the PROXY protocol? Or has it crashed? See its log"
        }
        _ => return None,
    })
}

/// How the servers of a protocol begin, and what to do where one of them answers a monitor of another protocol.
const OTHERS: [(Protocol, &[u8], &str); 3] = [
    (
        Protocol::Http,
        b"HTTP/",
        "a web server answers there: clp_httpmon is for it",
    ),
    (
        Protocol::Smtp,
        b"220",
        "a mail server answers there: clp_smtpmon is for it",
    ),
    (
        Protocol::Smtp,
        b"554",
        "a mail server answers there: clp_smtpmon is for it",
    ),
];

/// Who else may have answered.
fn foreign_hint(report: &CheckReport<'_>) -> Option<&'static str> {
    // Alerts and handshakes (RFC 8446, 5.1).
    if begins(report, &[0x15, 0x03]) || begins(report, &[0x16, 0x03]) {
        return Some("the port speaks TLS, which is not spoken here");
    }
    let own = report.config.protocol();
    let mut others = OTHERS.iter().filter(|(protocol, ..)| *protocol != own);
    let (.., hint) = others.find(|(_, beginning, _)| begins(report, beginning))?;
    Some(hint)
}

/// Whether what the server said begins so.
fn begins(report: &CheckReport<'_>, with: &[u8]) -> bool {
    let said = report.outcome.attempt.detail.excerpt;
    said.as_bytes().starts_with(with)
}

fn is_v6_localhost(report: &CheckReport<'_>) -> bool {
    let is_localhost =
        matches!(&report.config.host, Host::Name(name) if name.as_str() == "localhost");
    is_localhost
        && !report.addresses.is_empty()
        && report.addresses.iter().all(|address| address.is_ipv6())
}

/// What the node may lack.
const fn void_hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EPERM | Errno::EACCES => {
            Some("a packet filter of this node, or its security policy, forbids the connection")
        }
        Errno::EMFILE | Errno::ENFILE => {
            Some("this node has too many open files: see ulimit -n and fs.file-max")
        }
        _ => None,
    }
}
