//! What an option's value may be.

use super::*;

fn option<'a>(option: &'a str, value: &'a [u8]) -> Reason<'a> {
    reason(&[b"clp_httpmon", b"web", option.as_bytes(), value])
}

#[test]
fn numbers() {
    let nine = "9".repeat(300);
    for name in ["-n", "-i", "-c", "-r"] {
        let to = if name == "-n" { u16::MAX } else { 10_000 };
        for good in [
            "1",
            "0001",
            &to.to_string(),
            &format!("{}{to}", "0".repeat(300)),
        ] {
            start(&format!("clp_smtpmon mail {name} {good}"));
        }
        let above = (u32::from(to) + 1).to_string();
        for bad in [
            "0",
            "000",
            "",
            " ",
            " 1",
            "1 ",
            "+1",
            "1.0",
            "1e3",
            "0x10",
            "1s",
            "\u{661}",
            "65536",
            "65537",
            "131073",
            "4294967297",
            &above,
            &nine,
        ] {
            let expected = Reason::Value {
                option: name,
                value: bad.as_bytes(),
                allowed: Allowed::Number(to),
            };
            let given = reason(&[b"clp_httpmon", b"web", name.as_bytes(), bad.as_bytes()]);
            assert_eq!(format!("{given:?}"), format!("{expected:?}"));
        }
    }
}

#[test]
fn request_uris() {
    let longest = format!("/{}", "x".repeat(254));
    for good in [
        "/",
        "/a%20b?c=d&e",
        "*",
        "http://a",
        "HTTP://A:80/",
        "http://[::1]:80/x",
        "http://a?b",
        "/a@b",
        "http://a/b@c",
        &longest,
    ] {
        start(&format!("clp_httpmon web -h {good}"));
    }
    let longer = format!("{longest}x");
    for bad in [
        "",
        "a",
        "a/",
        "*a",
        "http:/a",
        "http://",
        "http:///a",
        "http://?a",
        "http://:80/",
        "http://u@a/",
        "https://a/",
        "ftp://a",
        "/#a",
        "/a#",
        "/a b",
        "/a\r\nX: y",
        "/\t",
        "/\x7f",
        "/\u{e9}",
        &longer,
    ] {
        let given = option("-h", bad.as_bytes());
        assert!(
            matches!(given, Reason::Value { option: "-h", .. }),
            "{bad}: {given:?}"
        );
    }
    assert!(matches!(option("-h", b"/\xff"), Reason::Value { .. }));
    assert!(matches!(option("-h", b"/\0"), Reason::Value { .. }));
}

#[test]
fn other_values() {
    for bad in ["1", "1.2", "2.0", "1.10", "01.1", "1.1 ", "HTTP/1.1", ""] {
        let given = option("-v", bad.as_bytes());
        assert!(
            matches!(given, Reason::Value { option: "-v", .. }),
            "{bad}: {given:?}"
        );
    }
    for bad in ["", "127.1", "a b", "[::1", "a/b"] {
        let given = option("-s", bad.as_bytes());
        assert!(
            matches!(given, Reason::Value { option: "-s", .. }),
            "{bad}: {given:?}"
        );
    }
}

#[test]
fn what_was_given_is_shown_cut_and_escaped() {
    let long = option("-s", &[b'.'; 300]).to_string();
    assert!(
        long.starts_with(&format!("-s \"{}...\": must be", ".".repeat(64))),
        "{long}"
    );
    let raw = option("-n", b"\xff\n").to_string();
    assert!(raw.starts_with("-n \"\\xff\\x0a\": must be"), "{raw}");
}
