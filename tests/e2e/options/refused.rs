//! What is refused: values, words that belong to no option, identifiers.

use super::*;

/// What is no number from 1 to `maximum`: the argument, and how standard error shows it.
fn bad_numbers(maximum: u32) -> Vec<(Vec<u8>, String)> {
    let over = (maximum + 1).to_string();
    let shown_as_is = [
        "0",
        "00000",
        over.as_str(),
        // One more than what 16, 32 and 64 bits hold, and 1 in the lower bits: nothing may wrap.
        "65537",
        "4294967297",
        "18446744073709551617",
        "",
        "+1",
        " 1",
        "1 ",
        "1.5",
        "1,5",
        "1e3",
        "0x10",
        "10s",
        "1_0",
        "ten",
        "1 2",
    ];
    let escaped: [(&[u8], &str); 5] = [
        (b"1\n", r"1\x0a"),
        (b"1\t", r"1\x09"),
        (b"\xff", r"\xff"),
        ("１".as_bytes(), r"\xef\xbc\x91"),
        ("é".as_bytes(), r"\xc3\xa9"),
    ];
    let as_is = shown_as_is.map(|text| (text.as_bytes().to_vec(), format!("\"{text}\"")));
    let escaped = escaped.map(|(bytes, shown)| (bytes.to_vec(), format!("\"{shown}\"")));
    as_is.into_iter().chain(escaped).collect()
}

#[test]
fn a_number_outside_its_range_is_refused() {
    let mut rows = Vec::new();
    for names in BOTH {
        for (option, maximum) in [("-n", 65535), ("-i", 10000), ("-c", 10000), ("-r", 10000)] {
            let range = format!("1 to {maximum}");
            for (value, shown) in bad_numbers(maximum) {
                rows.push(Refused::event_11(
                    names,
                    &[b"web", option.as_bytes(), &value],
                    &[option, &shown, &range],
                ));
            }
        }
        for (value, shown) in bad_numbers(10000) {
            rows.push(Refused::event_11(
                names,
                &[b"web", b"--stop", &value],
                &["--stop", &shown, "1 to 10000"],
            ));
        }
    }
    rows::each(&rows, Refused::check);
}

/// These values of an option are refused, each in this spelling; standard error says what is allowed.
#[track_caller]
fn are_refused(commands: &[&'static Names], option: &str, values: &[(&[u8], &str)], allowed: &str) {
    let rows: Vec<Refused> = commands
        .iter()
        .flat_map(|&names| {
            values.iter().map(move |(value, shown)| {
                let arguments: [&[u8]; 3] = [b"web", option.as_bytes(), value];
                Refused::event_11(names, &arguments, &[option, shown, allowed])
            })
        })
        .collect();
    rows::each(&rows, Refused::check);
}

#[test]
fn a_server_of_no_known_form_is_refused() {
    let long = vec![b'a'; 256];
    let servers: [(&[u8], &str); 17] = [
        (b"", "\"\""),
        (&long, "aaaa"),
        (b"a b", "\"a b\""),
        (b" localhost", "\" localhost\""),
        (b"a/b", "\"a/b\""),
        (b"user@host", "\"user@host\""),
        (b"localhost:80", "\"localhost:80\""),
        (b"127.0.0.1:80", "\"127.0.0.1:80\""),
        (b"[::1]:80", "\"[::1]:80\""),
        (b"[::1", "\"[::1\""),
        (b"::1]", "\"::1]\""),
        (b"[127.0.0.1]", "\"[127.0.0.1]\""),
        (b"127.1", "\"127.1\""),
        (b"256.0.0.1", "\"256.0.0.1\""),
        ("é".as_bytes(), r#""\xc3\xa9""#),
        (b"a\xff", r#""a\xff""#),
        (b"a\r\nHost: b", r#""a\x0d\x0aHost: b""#),
    ];
    are_refused(&BOTH, "-s", &servers, "1 to 255");
}

#[test]
fn a_version_of_no_known_form_is_refused() {
    let versions: [(&[u8], &str); 10] = [
        (b"", "\"\""),
        (b"1", "\"1\""),
        (b"0.9", "\"0.9\""),
        (b"1.2", "\"1.2\""),
        (b"2", "\"2\""),
        (b"1.10", "\"1.10\""),
        (b"01.1", "\"01.1\""),
        (b" 1.1", "\" 1.1\""),
        (b"HTTP/1.1", "\"HTTP/1.1\""),
        (b"1.1\xff", r#""1.1\xff""#),
    ];
    are_refused(&[&HTTP], "-v", &versions, "1.0 or 1.1");
}

#[test]
fn a_uri_of_no_known_form_is_refused() {
    let long_uri = [&b"/"[..], &[b'a'; 255]].concat();
    let uris: [(&[u8], &str); 18] = [
        (b"", "\"\""),
        (b"index.html", "\"index.html\""),
        (b"?a", "\"?a\""),
        (b"**", "\"**\""),
        (b"*/", "\"*/\""),
        (&long_uri, "\"/aaaa"),
        (b"/a b", "\"/a b\""),
        (b" /", "\" /\""),
        (b"/\t", r#""/\x09""#),
        (b"/\x7f", r#""/\x7f""#),
        (b"/\x1b[31m", r#""/\x1b[31m""#),
        (b"/\r\nX-Evil: 1", r#""/\x0d\x0aX-Evil: 1""#),
        ("/é".as_bytes(), r#""/\xc3\xa9""#),
        (b"/\xff", r#""/\xff""#),
        (b"https://localhost/", "\"https://localhost/\""),
        (b"ftp://localhost/", "\"ftp://localhost/\""),
        (b"http://", "\"http://\""),
        (b"http:/x", "\"http:/x\""),
    ];
    are_refused(&[&HTTP], "-h", &uris, "at most 255");
}

#[test]
fn an_option_that_is_unknown_twice_or_without_its_value_is_refused() {
    let mut rows = Vec::new();
    for names in BOTH {
        let mut add = |arguments: &[&[u8]], named: &[&str]| {
            rows.push(Refused::event_11(names, arguments, named))
        };
        let is_http = names.module == HTTP.module;
        for option in ["-s", "-n", "-i", "-c", "-r", "-v", "-h"] {
            let word = option.as_bytes();
            let value: &[u8] = match option {
                "-v" => b"1.1",
                "-h" => b"/",
                _ => b"1a",
            };
            if !is_http && matches!(option, "-v" | "-h") {
                add(&[b"web", word, value], &["unknown", option]);
                continue;
            }
            let good: &[u8] = if value == b"1a" && option != "-s" {
                b"1"
            } else {
                value
            };
            add(&[b"web", word], &[option, "missing"]);
            add(&[b"web", word, b"-x"], &[option, "missing"]);
            add(&[b"web", word, b"-1"], &[option, "missing"]);
            add(&[b"web", word, word, good], &[option, "missing"]);
            add(
                &[b"web", word, good, word, good],
                &[option, "more than once"],
            );
            add(&[b"web", word, good, word, b"10001x"], &[option]);
            let glued = [word, good].concat();
            add(
                &[b"web", &glued],
                &[option, std::str::from_utf8(&glued).unwrap()],
            );
            let equals = [word, b"=", good].concat();
            add(
                &[b"web", &equals],
                &[option, std::str::from_utf8(&equals).unwrap()],
            );
            add(&[b"web", word, good, b"more"], &["\"more\""]);
            add(&[b"web", word, good, b""], &["\"\""]);
            add(&[b"web", b"--stop", word, good], &["--stop"]);
            add(&[b"web", word, good, b"--stop"], &["--stop"]);
        }
    }
    rows::each(&rows, Refused::check);
}

#[test]
fn an_unknown_word_is_refused() {
    let mut rows = Vec::new();
    for names in BOTH {
        let mut add = |arguments: &[&[u8]], named: &[&str]| {
            rows.push(Refused::event_11(names, arguments, named))
        };
        for unknown in [
            "-", "--", "-x", "-S", "-I", "---stop", "--STOP", "--start", "--stop=5", "--once=1",
        ] {
            add(&[b"web", unknown.as_bytes()], &["unknown", unknown]);
        }
        add(&[b"web", b"-\xff\n"], &["unknown", r"-\xff\x0a"]);
        add(&[b"web", b"\xe3\x82\xa6"], &[r"\xe3\x82\xa6"]);
        add(&[b"web", b"web"], &["\"web\""]);
        add(&[b"web", b""], &["\"\""]);
    }
    rows::each(&rows, Refused::check);
}

#[test]
fn a_verb_with_what_does_not_belong_to_it_is_refused() {
    let mut rows = Vec::new();
    for names in BOTH {
        let mut add = |arguments: &[&[u8]], named: &[&str]| {
            rows.push(Refused::event_11(names, arguments, named))
        };
        for verb in ["--stop", "--pause", "--resume", "--disp", "--del"] {
            let word = verb.as_bytes();
            add(&[b"web", word, word], &[verb]);
            add(&[b"web", word, b"--disp"], &[verb]);
            add(&[b"web", word, b"5", b"6"], &[verb]);
            add(&[b"web", word, b"-5"], &[verb]);
            add(&[b"web", word, b"5", b"-i", b"1"], &[verb]);
            if verb != "--stop" {
                add(&[b"web", word, b"5"], &[verb, "\"5\""]);
                add(&[b"web", word, b""], &[verb, "\"\""]);
            }
        }
    }
    rows::each(&rows, Refused::check);
}

#[test]
fn an_identifier_of_no_allowed_form_is_refused_and_shown_escaped() {
    let long = "a".repeat(256);
    let longest = long.strip_suffix('a').unwrap();
    let bytes = vec![0xff; 256];
    let mut cut = r"\xff".repeat(64);
    cut.truncate(255);
    let table: [(&[u8], &str); 12] = [
        (long.as_bytes(), longest),
        (&bytes, &cut),
        (b"a b", "a b"),
        (b"a-b", "a-b"),
        (b"a_b", "a_b"),
        (b"web.1", "web.1"),
        (b"../../web", "../../web"),
        (b"/web", "/web"),
        (b"web\n", r"web\x0a"),
        (b"\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("監視".as_bytes(), r"\xe7\x9b\xa3\xe8\xa6\x96"),
        (b"we\"b\\", r"we\x22b\x5c"),
    ];
    let mut rows = Vec::new();
    for names in BOTH {
        for (identifier, shown) in table {
            for rest in [&[][..], &[&b"--stop"[..]], &[&b"-i"[..], b"1"]] {
                let arguments = [&[identifier][..], rest].concat();
                rows.push(Refused {
                    shown: shown.into(),
                    ..Refused::event_11(
                        names,
                        &arguments,
                        &["identifier", shown.get(..3).unwrap(), "1 to 255"],
                    )
                });
            }
        }
    }
    rows::each(&rows, Refused::check);
}

#[test]
fn a_missing_identifier_is_event_13() {
    let table: [&[&[u8]]; 10] = [
        &[],
        &[b""],
        &[b"", b"-s", b"localhost"],
        &[b"", b"--stop"],
        &[b"-"],
        &[b"--"],
        &[b"-s", b"localhost"],
        &[b"-x", b"web"],
        &[b"--stop", b"web"],
        &[b"-\xff"],
    ];
    let mut rows = Vec::new();
    for names in BOTH {
        for arguments in table {
            rows.push(Refused {
                event: 13,
                ..Refused::event_11(names, arguments, &["identifier"])
            });
        }
    }
    rows::each(&rows, Refused::check);
}
