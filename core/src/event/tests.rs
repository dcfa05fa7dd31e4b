//! The contract's table of events.

mod every;

use super::*;
use crate::limits::IDENTIFIER_MAX;
use every::every;

/// The contract's table, byte for byte: id, level, HTTP text, SMTP text (none: HTTP only). Here and in [`every`] the compiler
/// asks for each event.
fn contract(event: Event) -> (u8, Level, &'static str, Option<&'static str>) {
    use Level::{Error, Info};
    match event {
        Event::Started => (
            1,
            Info,
            "clp_httpmon started monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon started monitoring the SMTP daemon. [ID:xx]"),
        ),
        Event::Watching => (
            2,
            Info,
            "clp_httpmon will start monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon will start monitoring the SMTP daemon. [ID:xx]"),
        ),
        Event::Stopping => (
            3,
            Info,
            "clp_httpmon will stop monitoring the HTTP daemon. [ID:xx]",
            Some("clp_smtpmon will stop monitoring the SMTP daemon. [ID:xx]"),
        ),
        Event::Failed => (
            6,
            Error,
            "clp_httpmon detected an error and will be terminated. [ID:xx]",
            Some("clp_smtpmon detected an error and will be terminated. [ID:xx]"),
        ),
        Event::Paused => (
            7,
            Info,
            "clp_httpmon will stop monitoring. [ID:xx]",
            Some("clp_smtpmon will stop monitoring. [ID:xx]"),
        ),
        Event::Resumed => (
            8,
            Info,
            "clp_httpmon will start monitoring. [ID:xx]",
            Some("clp_smtpmon will start monitoring. [ID:xx]"),
        ),
        Event::InvalidParameter => (
            11,
            Error,
            "The parameter value of clp_httpmon is invalid. [ID:xx]",
            Some("The parameter value of clp_smtpmon is invalid. [ID:xx]"),
        ),
        Event::NoIdentifier => (
            13,
            Error,
            "An identifier is not specified in the clp_httpmon command.",
            Some("The identifier is not specified in the clp_smtpmon command."),
        ),
        Event::InUse => (
            14,
            Error,
            "The specified identifier is already used. [ID:xx]",
            Some("The specified identifier is already used. [ID:xx]"),
        ),
        Event::NotEnded => (
            15,
            Error,
            "clp_httpmon could not perform the end processing. [ID:xx]",
            Some("clp_smtpmon could not perform the end processing. [ID:xx]"),
        ),
        Event::System { .. } => (
            42,
            Error,
            "clp_httpmon has detected system error (xxx 99). [ID:xx]",
            Some("clp_smtpmon has detected system error (xxx 99). [ID:xx]"),
        ),
        Event::Unlicensed => (
            51,
            Error,
            "The license of clp_httpmon is not registered.",
            Some("The license of clp_smtpmon is not registered."),
        ),
        Event::OnTrial { .. } => (
            52,
            Info,
            "clp_httpmon trial version is effective till 01/01/2026 (mm/dd/yyyy).",
            Some("Trial version of clp_smtpmon is effective till 01/01/2026 (mm/dd/yyyy)."),
        ),
        Event::TrialEnded { .. } => (
            53,
            Error,
            "The trial version license has expired in 01/01/2026 (mm/dd/yyyy).",
            Some("The trial version license has expired in 01/01/2026 (mm/dd/yyyy)."),
        ),
        Event::LicenseUnchecked => (
            54,
            Error,
            "Failed to check the license information of clp_httpmon.",
            Some("Failed to check the license information of clp_smtpmon."),
        ),
        Event::TrialNotBegun { .. } => (
            55,
            Error,
            "The trial version license is effective from 01/01/2026 (mm/dd/yyyy).",
            Some("The trial version license is effective from 01/01/2026 (mm/dd/yyyy)."),
        ),
        Event::LicenseOverlaps => (
            56,
            Error,
            "The registration license overlaps.",
            Some("The registration license overlaps."),
        ),
        Event::Failure(Failure::Socket(_)) => (
            71,
            Error,
            "clp_httpmon has detected network error (socket error[99]). [ID:xx]",
            Some("clp_smtpmon has detected network error (socket error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::Connect(_)) => (
            72,
            Error,
            "clp_httpmon has detected network error (connect error[99]). [ID:xx]",
            Some("clp_smtpmon has detected network error (connect error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::Send(_)) => (
            73,
            Error,
            "clp_httpmon has detected network error (send error[99]). [ID:xx]",
            Some("clp_smtpmon has detected network error (send error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::Select(_)) => (
            74,
            Error,
            "clp_httpmon has detected network error (select error[99]). [ID:xx]",
            Some("clp_smtpmon has detected network error (select error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::Receive(_)) => (
            75,
            Error,
            "clp_httpmon has detected network error (recv error[99]). [ID:xx]",
            Some("clp_smtpmon has detected network error (recv error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::Lookup(_)) => (
            81,
            Error,
            "Failed to obtain the IP address (error[99]). [ID:xx]",
            Some("Failed to obtain IP address (error[99]). [ID:xx]"),
        ),
        Event::Failure(Failure::InvalidResponse) => (
            82,
            Error,
            "clp_httpmon has detected an error in HTTP (invalid response). [ID:xx]",
            None,
        ),
        Event::Failure(Failure::InvalidStatus(_)) => (
            83,
            Error,
            "clp_httpmon has detected an error in HTTP (invalid status code[99]). [ID:xx]",
            Some("clp_smtpmon has detected an error in SMTP (invalid status code[99]). [ID:xx]"),
        ),
    }
}

#[test]
fn texts_ids_and_levels_are_the_contracts() {
    for event in every() {
        let (id, level, http, smtp) = contract(event);
        assert_eq!((event.id(), event.level()), (id, level), "{event:?}");
        let told = |protocol| event.message(protocol, "xx");
        assert_eq!(told(Protocol::Http).as_str(), http, "{event:?}");
        if let Some(smtp) = smtp {
            assert_eq!(told(Protocol::Smtp).as_str(), smtp, "{event:?}");
        }
    }
}

#[test]
fn every_text_is_filled_for_every_protocol() {
    for protocol in Protocol::ALL {
        for event in every() {
            let text = event.message(protocol, "xx");
            assert!(!text.contains(['{', '}']), "{event:?}: {text}");
        }
    }
}

#[test]
fn no_two_events_share_an_id() {
    let mut ids: Vec<u8> = every().into_iter().map(Event::id).collect();
    ids.sort_unstable();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[test]
fn a_failure_is_made_from_its_parts_again() {
    for event in every() {
        let Event::Failure(failure) = event else {
            assert_eq!(Failure::from_parts(event.id(), 0), None, "{event:?}");
            continue;
        };
        let again = Failure::from_parts(failure.id(), failure.number());
        assert_eq!(again, Some(failure));
    }
    assert_eq!(Failure::from_parts(83, 65_536), None);
}

#[test]
fn no_message_is_cut_at_the_longest_identifier() {
    let identifier = "x".repeat(IDENTIFIER_MAX);
    for event in every() {
        let text = event.message(Protocol::Http, &identifier);
        assert!(!event.row().is_named || text.ends_with("]"), "{text}");
    }
}
