//! The tables: what holds without an option, and that the help tells every row.

use super::*;

fn name(option: OptionInfo) -> &'static str {
    option.usage.split(' ').next().unwrap()
}

#[test]
fn defaults() {
    let http = start("clp_httpmon web");
    assert_eq!(http.identifier.as_str(), "web");
    assert_eq!(
        http.host,
        Host::Name(ArrayString::from("localhost").unwrap())
    );
    assert_eq!(http.port, 80);
    assert_eq!(http.timing.interval, Duration::from_secs(60));
    assert_eq!(http.timing.retries, 3);
    assert_eq!(http.timing.timeout, Duration::from_secs(10));
    let Request::Http { version, uri } = http.request else {
        panic!("{http:?}");
    };
    assert_eq!((version, uri.as_str()), (HttpVersion::V1_1, "/"));
    let smtp = start("clp_smtpmon mail");
    assert_eq!((smtp.port, smtp.request), (25, Request::Smtp));
}

#[test]
fn help_names_everything_in_80_columns() {
    for topic in [
        Topic::Program,
        Topic::Protocol(Protocol::Http),
        Topic::Protocol(Protocol::Smtp),
    ] {
        let text = help(topic).to_string();
        for line in text.lines() {
            assert!(
                line.len() <= 80 && line.is_ascii() && line.trim_end() == line,
                "{line:?}"
            );
        }
        assert!(text.contains(&usage(topic).to_string()) && text.ends_with('\n'));
        if let Topic::Protocol(protocol) = topic {
            for option in options(topic) {
                let item = format!("\n  {}", option.usage);
                let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(
                    text.contains(&item) && flat.contains(&option.to_string()),
                    "{item} {option}\n{text}"
                );
                let is_flag = option.allowed.is_none();
                assert!(is_flag || flat.contains(&format!("[{}]", option.usage)));
                assert_eq!(is_flag, option.default.is_none(), "{item}");
            }
            for verb in verbs() {
                let item = format!("\n  {}", verb.usage);
                assert!(text.contains(&item), "{item}");
            }
            assert_eq!(text.contains("-v 1.0|1.1"), protocol == Protocol::Http);
        }
    }
    assert_eq!(
        version(Topic::Protocol(Protocol::Smtp)).to_string(),
        format!("clp_smtpmon {}\n", env!("CARGO_PKG_VERSION"))
    );
}

/// Each option with the default that is told for it.
#[test]
fn what_is_told_as_default_is_what_holds() {
    let mut count = 0;
    for (topic, words) in [
        (Topic::Protocol(Protocol::Http), "clp_httpmon web"),
        (Topic::Protocol(Protocol::Smtp), "clp_smtpmon mail"),
        (Topic::Show(Show::Status), "clp_isa status"),
        (Topic::Show(Show::Alerts), "clp_isa alerts"),
        (Topic::Show(Show::Metrics), "clp_isa metrics"),
    ] {
        for option in options(topic) {
            let Some(default) = option.default else {
                continue;
            };
            let given = format!("{words} {} {default}", name(option));
            assert_eq!(line(&given), line(words), "{given}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
    assert_eq!(
        line("clp_httpmon web --stop 10"),
        line("clp_httpmon web --stop")
    );
}

/// A name with nothing after it is that of an option that takes nothing, and no two rows are the same to the parser.
#[test]
fn rows_are_told_apart() {
    let shows = Show::ALL.map(Topic::Show);
    let protocols = Protocol::ALL.map(Topic::Protocol);
    for topic in [&shows[..], &protocols, &[Topic::License]].concat() {
        let mut rows: Vec<_> = options(topic)
            .map(|option| (name(option), option.allowed.is_some()))
            .collect();
        let count = rows.len();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), count, "{topic:?}: {rows:?}");
        for option in options(topic).chain(verbs()) {
            let usage = option.usage;
            assert!(usage.starts_with('-') && !usage.ends_with(' '), "{usage}");
            assert_eq!(usage.contains(' '), option.allowed.is_some(), "{usage}");
        }
    }
}
