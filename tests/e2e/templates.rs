//! The exec script templates of `packaging/script`, run as a cluster runs them; `packaging/check/templates` compares every
//! word they print.

use crate::support::files::script;
use crate::support::run::{Ran, finish};
use crate::support::{Monitor, Root, binary};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/script");

/// What a cluster says to a script: `CLP_EVENT` and `CLP_DISK`, unset where empty.
pub(crate) type Environment = (&'static str, &'static str);

pub(crate) const FINE: Environment = ("START", "SUCCESS");
/// Under these a stop script has to stop all the same.
const BAD: [Environment; 6] = [
    ("", ""),
    ("", "SUCCESS"),
    ("RECOVER", "SUCCESS"),
    ("START", "FAILURE"),
    ("START", ""),
    ("FAILOVER", "FAILURE"),
];
/// Checks that never come: the service need not exist.
const OPTIONS: &str = "-s 127.0.0.1 -n 1 -i 1000";

/// A node with the templates, the commands, and a service manager that notes what it is asked for.
pub(crate) struct Node(pub(crate) Root);

impl Node {
    pub(crate) fn new() -> Self {
        let root = Root::new();
        fs::create_dir(root.join("bin")).unwrap();
        for name in ["clp_httpmon", "clp_smtpmon"] {
            symlink(binary(), root.join("bin").join(name)).unwrap();
        }
        let manager = root.join("bin/systemctl");
        let noting = format!("echo \"$*\" >>{}", root.join("asked").display());
        script(&manager, &noting);
        let made = Command::new(format!("{SOURCES}/make-templates"))
            .arg(root.join("templates"))
            .status();
        assert!(made.unwrap().success());
        Self(root)
    }

    fn script(&self, name: &str) -> PathBuf {
        self.0.join("templates").join(name)
    }

    /// Edits a monitor's start script: its options behind the identifier.
    pub(crate) fn edit(&self, script: &str) {
        let path = self.script(script);
        let text = fs::read_to_string(&path).unwrap();
        let is_start = |line: &&str| line.trim_start_matches("exec ").trim().starts_with("clp_");
        let mut edited = String::new();
        for line in text.lines() {
            edited.push_str(line.split(" # -s").next().unwrap());
            if is_start(&line) {
                edited = format!("{edited} {OPTIONS}");
            }
            edited.push('\n');
        }
        fs::write(&path, edited).unwrap();
    }

    /// A script as the cluster runs it, not begun yet.
    pub(crate) fn command(&self, script: &str, (event, disk): Environment) -> Command {
        let path = format!("{}:/usr/bin:/bin", self.0.join("bin").display());
        let mut command = Command::new(self.script(script));
        command
            .env_clear()
            .env("PATH", path)
            .env("CLP_ISA_ROOT", self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in [("CLP_EVENT", event), ("CLP_DISK", disk)] {
            if !value.is_empty() {
                command.env(name, value);
            }
        }
        command
    }

    fn spawn(&self, script: &str, environment: Environment) -> Monitor {
        Monitor::spawn(&mut self.command(script, environment))
    }

    #[track_caller]
    fn run(&self, script: &str, environment: Environment) -> Ran {
        finish(&mut self.spawn(script, environment))
    }
}

#[test]
fn stop_scripts_stop_whatever_the_environment_says() {
    let node = Node::new();
    let mut starts = 0;
    for (folder, command) in [("http-mon", "clp_httpmon"), ("smtp-mon", "clp_smtpmon")] {
        let (start, stop) = (
            format!("modern/{folder}/start.sh"),
            format!("modern/{folder}/stop.sh"),
        );
        node.edit(&start);
        for environment in BAD {
            let mut monitor = node.spawn(&start, FINE);
            starts += 1;
            node.0.wait_for_alert(2, starts);
            let ran = node.run(&stop, environment);
            assert!(
                ran.code == 0 && ran.stdout.contains(&format!("\n{command} stop\n")),
                "{stop} under {environment:?}: {ran:?}"
            );
            assert_eq!(monitor.code(), 0, "{stop} under {environment:?}");
            // And again: what was stopped before is stopped.
            assert_eq!(node.run(&stop, environment).code, 0);
        }
    }
    for unit in ["http", "smtp"] {
        for environment in BAD {
            let _ = fs::remove_file(node.0.join("asked"));
            let ran = node.run(&format!("modern/{unit}/stop.sh"), environment);
            assert_eq!(ran.code, 0, "{ran:?}");
            let asked = fs::read_to_string(node.0.join("asked")).unwrap();
            assert!(asked.starts_with("stop "), "{environment:?}: {asked}");
        }
    }
}

#[test]
fn start_scripts_do_not_start_without_disk_and_event() {
    let node = Node::new();
    for service in ["http", "http-mon", "smtp", "smtp-mon"] {
        for environment in BAD {
            let ran = node.run(&format!("modern/{service}/start.sh"), environment);
            assert_eq!(ran.code, 1, "{service} {environment:?}: {ran:?}");
        }
    }
    assert!(!node.0.join("asked").exists());
    assert!(node.0.alerts().is_empty(), "{:?}", node.0.alerts());
}

#[test]
fn a_stop_that_fails_returns_1() {
    let node = Node::new();
    fs::remove_file(node.0.join("bin/clp_httpmon")).unwrap();
    script(&node.0.join("bin/systemctl"), "exit 5");
    for service in ["http", "http-mon"] {
        let ran = node.run(&format!("modern/{service}/stop.sh"), ("", ""));
        assert_eq!(ran.code, 1, "{service}: {ran:?}");
    }
}
