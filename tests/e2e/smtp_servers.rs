//! Real mail servers from Debian's packages, each in a throw-away overlay of the file system (`tests/mta/mta`): what the
//! monitor says of them healthy, stopped, frozen and overloaded, and what a healthy monitor leaves in their logs.
//!
//! They download packages, so they run only when asked for, as root: with `CLP_ISA_TEST_MTA=1`, or with
//! `CLP_ISA_TEST_STRICT`, which makes a skip a failure.

mod mta;

use crate::support::{Monitor, Root, is_root, skip, wait_for};
use mta::{Kind, Server};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// How many healthy checks a server's log is judged over.
const CHECKS: usize = 100;

const REFUSED: (u8, &str) = (
    72,
    "clp_smtpmon has detected network error (connect error[111]).",
);
const SILENT: (u8, &str) = (
    74,
    "clp_smtpmon has detected network error (select error[110]).",
);
const TOO_MANY: (u8, &str) = (
    83,
    "clp_smtpmon has detected an error in SMTP (invalid status code[421]).",
);

#[test]
fn postfix() {
    let kind = Kind {
        name: "postfix",
        package: "postfix",
        port: 25021,
        monitors: 10,
        clean: "] noop=1 quit=1 commands=2",
        expected: &[": connect from ", ": statistics: "],
    };
    run(kind, |server| {
        // Its processes are taken by clients that were greeted and say nothing.
        let take = |server: &mut Server| server.greeted(20);
        server.outage("overloaded", SILENT, take, |_, held| drop(held));
    });
}

#[test]
fn exim() {
    let kind = Kind {
        name: "exim",
        package: "exim4-daemon-light",
        port: 25022,
        monitors: 10,
        clean: " closed by QUIT",
        // `no MAIL …` with the commands is asked for in the test's configuration, as is the line for each connection.
        expected: &["SMTP connection from ", "no MAIL in SMTP connection from "],
    };
    run(kind, |server| {
        // smtp_accept_max, 20 unless configured.
        let take = |server: &mut Server| server.greeted(20);
        server.outage("overloaded", TOO_MANY, take, |server, held| {
            server.wait_for_line("refused: too many connections");
            drop(held);
        });
    });
}

#[test]
fn sendmail() {
    let kind = Kind {
        name: "sendmail",
        package: "sendmail-bin",
        port: 25023,
        // It defers what is over 15 in a second, and a loaded machine may bring it two seconds' worth in one.
        monitors: 6,
        // Its answer to every session that sends no mail; the README says what an administrator can do about it.
        clean: " did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
        expected: &[],
    };
    run(kind, |server| {
        // RefuseLA, 12 as packaged. It looks every few seconds.
        let load = |server: &mut Server| {
            server.command("load 50");
            server.wait_for_line("rejecting connections on daemon MTA: load average: 50");
            // It closes its socket after that line: who comes in between is reset.
            let is_closed = || server.queued().is_none().then_some(());
            wait_for("its socket to be closed", is_closed);
        };
        server.outage("overloaded", REFUSED, load, |server, ()| {
            server.command("load 0.10");
            // It sleeps 15 seconds before it looks again.
            server.wait_for_listening();
        });
    });
}

#[test]
fn opensmtpd() {
    let kind = Kind {
        name: "opensmtpd",
        package: "opensmtpd",
        port: 25024,
        monitors: 10,
        clean: " smtp disconnected reason=quit",
        expected: &[" smtp connected "],
    };
    run(kind, |server| {
        // It takes sessions for about half its descriptors, 128 here. Whether it took one shows in its queue: that
        // holds but six, and the monitors' connections must find room in it.
        let take = |server: &mut Server| {
            let mut held = Vec::new();
            while !server.has_line("Disabling incoming SMTP connections: Client limit reached") {
                assert!(held.len() < 64);
                held.push(server.connected());
                wait_for("the server to take it, or not", || {
                    (server.queued() == Some(0)
                        || server.has_line("Disabling incoming SMTP connections"))
                    .then_some(())
                });
            }
            held
        };
        server.outage("overloaded", SILENT, take, |_, held| drop(held));
    });
}

/// One server's story; `overload` brings it into its own kind of overload, shows what a monitor says, and lifts it.
///
/// It is one life, and so one test for each server: the steady monitor has to see the service well again after every
/// outage, and each outage begins with what the one before left of the server.
fn run(kind: Kind, overload: impl FnOnce(&mut Server)) {
    if !["CLP_ISA_TEST_MTA", "CLP_ISA_TEST_STRICT"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        return skip("real mail servers are downloaded only with CLP_ISA_TEST_MTA=1, as root");
    }
    if !is_root() {
        return skip("real mail servers need root");
    }
    let root = Root::new();
    let package = kind.package;
    let installed = is_installed(package);
    let mut server = match Server::install(kind, &root) {
        Ok(server) => server,
        Err(reason) => return skip(&reason),
    };

    server.command("start");
    server.wait_for_listening();
    let mut steady = server.watch("steady", &["-i", "3", "-c", "10000", "-r", "2"]);
    let mut many = server.leaves_a_clean_log();
    server.outage(
        "stopped",
        REFUSED,
        |server| {
            server.command("stop");
            server.end_with(&mut many);
        },
        |server, ()| server.command("start"),
    );
    server.outage(
        "frozen",
        SILENT,
        |server| server.command("freeze"),
        |server, ()| server.command("thaw"),
    );
    overload(&mut server);
    assert!(steady.is_running());
    drop(steady);

    let namespace = server.end();
    nothing_is_left(&root, &namespace);
    assert_eq!(is_installed(package), installed);
}

/// What monitors make of it.
impl Server<'_> {
    /// Starts a monitor of the server with these further options.
    fn watch(&self, identifier: &str, options: &[&str]) -> Monitor {
        let mut command = self.root.command("clp_smtpmon");
        command
            .args([identifier, "-s", &self.address.to_string()])
            .args(["-n", &self.kind.port.to_string()])
            .args(options);
        Monitor::spawn(command.stdout(Stdio::null()))
    }

    /// How often the failure log has this of a monitor.
    fn written(&self, identifier: &str, what: &str) -> usize {
        let log = fs::read_to_string(self.root.log_dir().join("smtpmon.log")).unwrap_or_default();
        let part = format!(" {identifier}: {what}");
        log.lines().filter(|line| line.contains(&part)).count()
    }

    /// `cause` takes the service away: a new monitor says `event` of it, twice, and ends; the steady one sees it too, and
    /// sees the service healthy again after the `cure`.
    fn outage<T>(
        &mut self,
        name: &str,
        event: (u8, &str),
        cause: impl FnOnce(&mut Self) -> T,
        cure: impl FnOnce(&mut Self, T),
    ) {
        let failed = self.written("steady", "check failed");
        let healthy = self.written("steady", "check healthy again");
        let taken = cause(self);
        self.took("cause");

        let mut monitor = self.watch(name, &["-i", "1", "-c", "1", "-r", "2"]);
        assert_eq!(monitor.code(), 1, "{name}");
        let alerts = self.root.alerts_of(name);
        let ids: Vec<u8> = alerts.iter().map(|alert| alert.id).collect();
        assert_eq!(ids, [1, 2, event.0, event.0, 6], "{name}: {alerts:?}");
        let text = format!("{} [ID:{name}]", event.1);
        assert_eq!(alerts[2].text, text);
        assert_eq!(alerts[3].text, text);
        self.took(name);

        wait_for("the steady monitor to see it", || {
            (self.written("steady", "check failed") > failed).then_some(())
        });
        cure(self, taken);
        wait_for("the steady monitor to see the cure", || {
            (self.written("steady", "check healthy again") > healthy).then_some(())
        });
        self.took("cured");
    }

    /// A hundred healthy checks, nearly all by monitors of one check a second, and the server's log about them.
    fn leaves_a_clean_log(&mut self) -> Vec<(String, Monitor)> {
        let mut monitors: Vec<(String, Monitor)> = (0..self.kind.monitors)
            .map(|number| {
                let identifier = format!("many{number}");
                // Two retries: the server's end may take one check amid a session, and the next while it is ending.
                let monitor = self.watch(&identifier, &["-i", "1", "-c", "2"]);
                (identifier, monitor)
            })
            .collect();
        // Not in one go: the fewest monitors need 16 seconds.
        for checks in [CHECKS / 2, CHECKS] {
            wait_for("a hundred healthy checks", || {
                (self.count_clean() > checks).then_some(())
            });
        }
        let mut log = self.lines();
        for (identifier, monitor) in &mut monitors {
            let alerts = self.root.alerts_of(identifier);
            let ids: Vec<u8> = alerts.iter().map(|alert| alert.id).collect();
            assert_eq!(ids, [1, 2], "{identifier}: {alerts:?}");
            assert_eq!(self.written(identifier, "check "), 0, "{identifier}");
            assert!(monitor.is_running(), "{identifier}");
        }
        // Up to the end of the first check the server also tells of its own start.
        let first = log.iter().position(|line| line.contains(self.kind.clean));
        log.drain(..=first.unwrap());
        let complaints: Vec<&String> = log
            .iter()
            .filter(|line| !line.contains(self.kind.clean))
            .filter(|line| !self.kind.expected.iter().any(|part| line.contains(part)))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.took("a hundred checks");
        monitors
    }

    /// The monitors end with the server.
    fn end_with(&mut self, monitors: &mut [(String, Monitor)]) {
        for (identifier, monitor) in monitors {
            assert_eq!(monitor.code(), 1, "{identifier}");
            let alerts = self.root.alerts_of(identifier);
            let [.., last, end] = alerts.as_slice() else {
                panic!("{identifier}: {alerts:?}");
            };
            assert_eq!(end.id, 6, "{identifier}: {alerts:?}");
            assert_eq!(last.text, format!("{} [ID:{identifier}]", REFUSED.1));
        }
    }
}

/// Whether the machine itself has the server's package.
fn is_installed(package: &str) -> bool {
    Path::new("/var/lib/dpkg/info")
        .join(format!("{package}.list"))
        .exists()
}

/// No mount and no process of the server has stayed on the machine.
fn nothing_is_left(root: &Root, namespace: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(root.path().to_str().unwrap()), "{mounts}");
    let left: Vec<PathBuf> = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fs::read_link(path.join("ns/pid")).is_ok_and(|link| link == namespace))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
