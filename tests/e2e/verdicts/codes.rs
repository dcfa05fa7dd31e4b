//! Every kind of status code, with every kind of Request-URI.

use super::Expected::Healthy;
use super::service::replies;
use super::*;

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let codes = [
        0, 200, 204, 301, 399, 400, 401, 404, 426, 499, 500, 503, 599, 600, 999,
    ];
    for code in codes {
        for uri in [None, Some("/"), Some("/x")] {
            let fails = uri == Some("/x") && (400..=599).contains(&code);
            let expected = if fails { status(code) } else { Healthy };
            let name = format!("{code:03} with -h {uri:?}");
            let row = row(
                name,
                replies(format!("HTTP/1.1 {code:03} X\r\n\r\n")),
                expected,
            );
            rows.push(match uri {
                Some(uri) => row.with(&["-h", uri]),
                None => row,
            });
        }
    }
    for uri in [
        "*",
        "http://a.example/",
        "http://a.example",
        "//",
        "/?",
        "/index.html?a=b",
    ] {
        let service = replies(NOT_FOUND);
        rows.push(row(format!("404 with -h {uri}"), service, status(404)).with(&["-h", uri]));
    }
    rows
}

#[test]
fn status_codes() {
    run(&rows());
}
