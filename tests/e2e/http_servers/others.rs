//! Servers with habits of their own: Node, that sends interim replies, and nghttpd, that speaks HTTP/2 alone.

use super::httpd::{Httpd, Kind};
use crate::support::run::Ran;
use crate::support::{Root, skip, wait_for};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// A child that is killed at the end.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program of this command; skipped where it is not installed.
fn start(command: &mut Command) -> Option<Program> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    if child.is_err() {
        skip(&format!("{name} is not installed"));
    }
    child.ok().map(Program)
}

fn once(port: &str, further: &[&str]) -> Ran {
    let arguments = [&["x", "-s", "127.0.0.1", "-n", port, "--once"], further].concat();
    Root::new().run_as("clp_httpmon", &arguments)
}

/// Sends as many interim replies as its URI says, then a final one.
const NODE: &str = "
    const server = require('http').createServer((request, response) => {
        for (let left = Number(request.url.slice(1)); left > 0; left--) response.writeProcessing();
        response.end();
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));";

#[test]
fn interim_replies_of_node() {
    let Some(mut node) = start(Command::new("node").args(["-e", NODE])) else {
        return;
    };
    let mut port = String::new();
    let output = node.0.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut port).unwrap();
    for (uri, code) in [("/10", 0), ("/100", 0), ("/101", 1)] {
        let ran = once(port.trim(), &["-h", uri]);
        assert_eq!(ran.code, code, "{uri}: {ran:?}");
        let told = ran.stdout.contains("more than 100 interim replies");
        assert_eq!(told, code != 0, "{uri}: {ran:?}");
    }
}

#[test]
fn nothing_but_http_2() {
    // A port may be taken between its choice and the start; hardly five times.
    for _ in 0..5 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        drop(listener);
        let mut command = Command::new("nghttpd");
        command.args(["--no-tls", "-a", "127.0.0.1", &port]);
        let Some(mut server) = start(&mut command) else {
            return;
        };
        let listens = wait_for("nghttpd", || {
            if server.0.try_wait().unwrap().is_some() {
                return Some(false);
            }
            TcpStream::connect(format!("127.0.0.1:{port}"))
                .is_ok()
                .then_some(true)
        });
        if listens {
            let ran = once(&port, &[]);
            assert_eq!(ran.code, 1, "{ran:?}");
            let told = ": HTTP/2 without HTTP/1, the answer began with \"\\x00\\x00";
            assert!(ran.stdout.contains(told), "{ran:?}");
            return;
        }
    }
    panic!("nghttpd found no port");
}

/// nginx's own code 444 closes without a word.
#[test]
fn nginx_closes_without_an_answer() {
    let root = Root::new();
    let Some(httpd) = Httpd::start(Kind::Nginx, &root) else {
        return;
    };
    let mut monitor = httpd.watch(&root, "web", &["-h", "/closed", "-i", "1", "-c", "1"]);
    assert_eq!(monitor.code(), 1);
    assert_eq!(root.ids(), [1, 2, 82, 82, 6]);
    let log = root.failure_log();
    let told = "event 82, the server closed without an answer\n";
    assert_eq!(log.matches(told).count(), 2, "{log}");
}
