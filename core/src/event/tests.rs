//! The contract's table of events.

use super::*;
use crate::limits::IDENTIFIER_MAX;

/// The contract's table, byte for byte: event, id, level, HTTP text, SMTP text (none: HTTP only).
fn table() -> Vec<(Event, u8, Level, &'static str, Option<&'static str>)> {
    use Level::{Error, Info};
    let errno = Errno(110);
    let last = Date::parse(b"2026-12-31").unwrap();
    vec![
        (
            Event::Started,
            1,
            Info,
            "clp_httpmon started monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon started monitoring the SMTP daemon. [ID:xx]"),
        ),
        (
            Event::Watching,
            2,
            Info,
            "clp_httpmon will start monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon will start monitoring the SMTP daemon. [ID:xx]"),
        ),
        (
            Event::Stopping,
            3,
            Info,
            "clp_httpmon will stop monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon will stop monitoring the SMTP daemon. [ID:xx]"),
        ),
        (
            Event::Failed,
            6,
            Error,
            "clp_httpmon detected an error and will be terminated. [ID:xx]",
            Some("clp_smtpmon detected an error and will be terminated. [ID:xx]"),
        ),
        (
            Event::Paused,
            7,
            Info,
            "clp_httpmon will stop monitoring. [ID:xx]",
            Some("clp_smtpmon will stop monitoring. [ID:xx]"),
        ),
        (
            Event::Resumed,
            8,
            Info,
            "clp_httpmon will start monitoring. [ID:xx]",
            Some("clp_smtpmon will start monitoring. [ID:xx]"),
        ),
        (
            Event::InvalidParameter,
            11,
            Error,
            "The parameter value of clp_httpmon is invalid. [ID:xx]",
            Some("The parameter value of clp_smtpmon is invalid. [ID:xx]"),
        ),
        (
            Event::NoIdentifier,
            13,
            Error,
            "An identifier is not specified in the clp_httpmon command.",
            Some("The identifier is not specified in the clp_smtpmon command."),
        ),
        (
            Event::InUse,
            14,
            Error,
            "The specified identifier is already used. [ID:xx]",
            Some("The specified identifier is already used. [ID:xx]"),
        ),
        (
            Event::NotEnded,
            15,
            Error,
            "clp_httpmon could not perform the end processing. [ID:xx]",
            Some("clp_smtpmon could not perform the end processing. [ID:xx]"),
        ),
        (
            Event::System {
                call: "mkdir",
                errno: Errno(13),
            },
            42,
            Error,
            "clp_httpmon has detected system error (mkdir 13). [ID:xx]",
            Some("clp_smtpmon has detected system error (mkdir 13). [ID:xx]"),
        ),
        (
            Event::Unlicensed,
            51,
            Error,
            "The license of clp_httpmon is not registered.",
            Some("The license of clp_smtpmon is not registered."),
        ),
        (
            Event::OnTrial { last },
            52,
            Info,
            "clp_httpmon trial version is effective till 12/31/2026 (mm/dd/yyyy).",
            Some("Trial version of clp_smtpmon is effective till 12/31/2026 (mm/dd/yyyy)."),
        ),
        (
            Event::TrialEnded { last },
            53,
            Error,
            "The trial version license has expired in 12/31/2026 (mm/dd/yyyy).",
            Some("The trial version license has expired in 12/31/2026 (mm/dd/yyyy)."),
        ),
        (
            Event::LicenseUnchecked,
            54,
            Error,
            "Failed to check the license information of clp_httpmon.",
            Some("Failed to check the license information of clp_smtpmon."),
        ),
        (
            Event::TrialNotBegun { first: last },
            55,
            Error,
            "The trial version license is effective from 12/31/2026 (mm/dd/yyyy).",
            Some("The trial version license is effective from 12/31/2026 (mm/dd/yyyy)."),
        ),
        (
            Event::LicenseOverlaps,
            56,
            Error,
            "The registration license overlaps.",
            Some("The registration license overlaps."),
        ),
        (
            Failure::Socket(errno).into(),
            71,
            Error,
            "clp_httpmon has detected network error (socket error[110]). [ID:xx]",
            Some("clp_smtpmon has detected network error (socket error[110]). [ID:xx]"),
        ),
        (
            Failure::Connect(errno).into(),
            72,
            Error,
            "clp_httpmon has detected network error (connect error[110]). [ID:xx]",
            Some("clp_smtpmon has detected network error (connect error[110]). [ID:xx]"),
        ),
        (
            Failure::Send(errno).into(),
            73,
            Error,
            "clp_httpmon has detected network error (send error[110]). [ID:xx]",
            Some("clp_smtpmon has detected network error (send error[110]). [ID:xx]"),
        ),
        (
            Failure::Select(errno).into(),
            74,
            Error,
            "clp_httpmon has detected network error (select error[110]). [ID:xx]",
            Some("clp_smtpmon has detected network error (select error[110]). [ID:xx]"),
        ),
        (
            Failure::Receive(errno).into(),
            75,
            Error,
            "clp_httpmon has detected network error (recv error[110]). [ID:xx]",
            Some("clp_smtpmon has detected network error (recv error[110]). [ID:xx]"),
        ),
        (
            Failure::Lookup(-2).into(),
            81,
            Error,
            "Failed to obtain the IP address (error[-2]). [ID:xx]",
            Some("Failed to obtain IP address (error[-2]). [ID:xx]"),
        ),
        (
            Failure::InvalidResponse.into(),
            82,
            Error,
            "clp_httpmon has detected an error in HTTP (invalid response). [ID:xx]",
            None,
        ),
        (
            Failure::InvalidStatus(503).into(),
            83,
            Error,
            "clp_httpmon has detected an error in HTTP (invalid status code[503]). [ID:xx]",
            Some("clp_smtpmon has detected an error in SMTP (invalid status code[503]). [ID:xx]"),
        ),
    ]
}

#[test]
fn texts_ids_and_levels_are_the_contracts() {
    for (event, id, level, http, smtp) in table() {
        assert_eq!((event.id(), event.level()), (id, level), "{event:?}");
        assert_eq!(event.message(Protocol::Http, "xx").as_str(), http);
        if let Some(smtp) = smtp {
            assert_eq!(event.message(Protocol::Smtp, "xx").as_str(), smtp);
        }
    }
}

#[test]
fn no_message_is_cut_at_the_longest_identifier() {
    let identifier = "x".repeat(IDENTIFIER_MAX);
    for (event, ..) in table() {
        let text = event.message(Protocol::Http, &identifier);
        assert!(!event.names_identifier() || text.ends_with("]"), "{text}");
    }
}
