//! What holds without an option, and that the help tells every one.

use super::*;

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
            for entry in options::entries(protocol) {
                let item = format!("\n  {} {}", entry.name, entry.value);
                let default = format!("(default: {})", entry.default(protocol));
                let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(
                    text.contains(&item) && flat.contains(&default),
                    "{item} {default}\n{text}"
                );
                assert!(flat.contains(&format!("[{} {}]", entry.name, entry.value)));
            }
            for verb in &options::VERBS {
                assert!(
                    text.contains(&format!("\n  {}", verb.name)),
                    "{}",
                    verb.name
                );
            }
            assert_eq!(text.contains("-v 1.0|1.1"), protocol == Protocol::Http);
        }
    }
    assert_eq!(
        version(Topic::Protocol(Protocol::Smtp)).to_string(),
        format!("clp_smtpmon {}\n", env!("CARGO_PKG_VERSION"))
    );
}
