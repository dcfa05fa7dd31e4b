//! The resource agents of `packaging/ocf`, called as Pacemaker calls them, but without it.

mod describe;
mod track;
mod unknown;

use crate::support::{Root, binary, wait_for};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

// Exit codes of the OCF API.
const SUCCESS: i32 = 0;
const GENERIC: i32 = 1;
const INSTALLED: i32 = 5;
const CONFIGURED: i32 = 6;
const NOT_RUNNING: i32 = 7;

const AGENTS: [&str; 2] = ["clp_httpmon", "clp_smtpmon"];
pub(crate) const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/ocf");

/// A node: a private root in which the agents and the commands are installed.
pub(crate) struct Node(pub(crate) Root);

/// What an action gave: its exit code, and what it said.
struct Done {
    code: i32,
    output: Output,
}

impl Done {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

impl Node {
    pub(crate) fn new() -> Self {
        Self::of(Root::new(), &binary())
    }

    fn of(root: Root, binary: &Path) -> Self {
        fs::create_dir_all(root.join("ocf/lib/isa")).unwrap();
        fs::create_dir(root.join("bin")).unwrap();
        for name in ["monitor.sh", "describe.sh", "process.sh", "state.sh"] {
            let library = root.join("ocf/lib/isa").join(name);
            symlink(format!("{SOURCES}/{name}"), library).unwrap();
        }
        for name in AGENTS {
            symlink(binary, root.join("bin").join(name)).unwrap();
        }
        Self(root)
    }

    /// One action of an agent, as a recurring operation, with these parameters beside the identifier `web`.
    fn act(&self, agent: &str, action: &str, parameters: &[(&str, &str)]) -> Done {
        self.act_of(Path::new(SOURCES).join(agent).as_ref(), action, parameters)
    }

    /// The same of an agent in some file.
    fn act_of(&self, agent: &Path, action: &str, parameters: &[(&str, &str)]) -> Done {
        let output = self.command(agent, action, parameters).output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            output,
        }
    }

    /// Such an action, not begun yet.
    pub(crate) fn command(
        &self,
        agent: &Path,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Command {
        let path = format!("{}:/usr/bin:/bin", self.0.join("bin").display());
        let mut command = Command::new(agent);
        command
            .arg(action)
            .env("CLP_ISA_ROOT", self.0.path())
            .env("OCF_ROOT", self.0.join("ocf"))
            .env("PATH", path)
            .env("OCF_RESOURCE_INSTANCE", "web-monitor")
            .env("OCF_RESKEY_identifier", "web")
            .env("OCF_RESKEY_CRM_meta_interval", "1000")
            .env("OCF_RESKEY_CRM_meta_timeout", "4000");
        for (name, value) in parameters {
            command.env(format!("OCF_RESKEY_{name}"), value);
        }
        command
    }

    /// The same of `clp_httpmon`, which has to end with this code.
    #[track_caller]
    fn expect(&self, action: &str, parameters: &[(&str, &str)], code: i32) -> String {
        let done = self.act("clp_httpmon", action, parameters);
        assert_eq!(done.code, code, "{action} {parameters:?}: {}", done.said());
        done.said()
    }

    /// Waits until `monitor` finds none running; what it says then.
    #[track_caller]
    fn wait_until_gone(&self) -> String {
        wait_for("the monitor's end", || {
            let done = self.act("clp_httpmon", "monitor", &RARELY);
            (done.code == NOT_RUNNING).then(|| done.said())
        })
    }

    fn pid(&self) -> u32 {
        let output = self
            .0
            .command("clp_httpmon")
            .args(["web", "--disp"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = i32::try_from(self.pid()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
    }
}

impl Drop for Node {
    /// No monitor outlives its test.
    fn drop(&mut self) {
        for name in AGENTS {
            let _ = self.0.command(name).args(["web", "--stop"]).output();
        }
    }
}

/// Checks that never come: the web server need not exist.
pub(crate) const RARELY: [(&str, &str); 3] = [
    ("server", "127.0.0.1"),
    ("port", "1"),
    ("check_interval", "1000"),
];

#[test]
fn a_monitor_is_started_found_and_stopped() {
    let node = Node::new();
    node.expect("monitor", &RARELY, NOT_RUNNING);
    node.expect("stop", &RARELY, SUCCESS);
    node.expect("start", &RARELY, SUCCESS);
    let pid = node.pid();
    node.expect("monitor", &RARELY, SUCCESS);
    node.expect("start", &RARELY, SUCCESS);
    assert_eq!(node.pid(), pid, "started twice");
    node.expect("stop", &RARELY, SUCCESS);
    node.expect("monitor", &RARELY, NOT_RUNNING);
    node.expect("stop", &RARELY, SUCCESS);
    assert_eq!(node.0.ids(), [1, 2, 72, 3]);
}

#[test]
fn a_reload_takes_the_new_parameters() {
    let node = Node::new();
    node.expect("start", &RARELY, SUCCESS);
    let new = [
        ("server", "127.0.0.1"),
        ("port", "1"),
        ("check_interval", "2000"),
    ];
    assert!(
        node.expect("monitor", &new, GENERIC)
            .contains("with other arguments: web -s 127.0.0.1 -n 1 -i 1000")
    );
    // Again and again: what is noted late of the monitor that ended must not be taken for the new one's end.
    for _ in 0..10 {
        for parameters in [&new, &RARELY] {
            node.expect("reload-agent", parameters, SUCCESS);
            node.expect("monitor", parameters, SUCCESS);
        }
    }
}

#[test]
fn the_longest_identifier_is_taken() {
    let node = Node::new();
    let longest = "i".repeat(255);
    let parameters = [&RARELY[..], &[("identifier", &longest)]].concat();
    node.expect("start", &parameters, SUCCESS);
    node.expect("monitor", &parameters, SUCCESS);
    let mut stop = node.0.command("clp_httpmon");
    assert!(stop.args([&longest, "--stop"]).status().unwrap().success());
    let said = node.expect("monitor", &parameters, NOT_RUNNING);
    assert!(said.contains("stopped by somebody else"), "{said}");
    node.expect("stop", &parameters, SUCCESS);
}

fn a_failure_is_told(node: &Node) {
    let quick = [
        ("server", "127.0.0.1"),
        ("port", "1"),
        ("check_interval", "1"),
        ("retries", "1"),
    ];
    node.expect("start", &quick, SUCCESS);
    node.0.wait_for_alert(6, 1);
    let said = wait_for("the end", || {
        let done = node.act("clp_httpmon", "monitor", &quick);
        (done.code == GENERIC).then(|| done.said())
    });
    assert!(
        said.contains("the web server was judged failed: "),
        "{said}"
    );
    assert!(said.contains("(connect error[111]). [ID:web]"), "{said}");
    // A probe asks only whether something runs.
    node.expect(
        "monitor",
        &[&quick[..], &[("CRM_meta_interval", "0")]].concat(),
        NOT_RUNNING,
    );
    node.expect("stop", &quick, SUCCESS);
}

fn a_kill_is_told(node: &Node) {
    node.expect("start", &RARELY, SUCCESS);
    node.signal(nix::sys::signal::SIGKILL);
    let said = node.wait_until_gone();
    assert!(said.contains("clp_httpmon was killed"), "{said}");
    node.expect("stop", &RARELY, SUCCESS);
    assert!(!node.0.record("web").exists(), "a record is left");
}

fn a_stop_by_somebody_else_is_told(node: &Node) {
    node.expect("start", &RARELY, SUCCESS);
    node.signal(nix::sys::signal::SIGTERM);
    let said = node.wait_until_gone();
    assert!(said.contains("stopped by somebody else"), "{said}");
}

/// On one node, and so in one test: what is noted of one end must not be told of the next.
#[test]
fn a_judged_failure_is_told_from_a_stop_and_a_kill() {
    let node = Node::new();
    a_failure_is_told(&node);
    a_kill_is_told(&node);
    a_stop_by_somebody_else_is_told(&node);
}

#[test]
fn a_start_with_a_refused_parameter_tells_why() {
    let said = Node::new().expect("start", &[("server", "127.1")], CONFIGURED);
    assert!(
        said.contains("ended with exit code 2: clp_httpmon: "),
        "{said}"
    );
}

#[test]
fn a_start_without_a_license_tells_why() {
    let unlicensed = Node::of(Root::bare(), &binary());
    let said = unlicensed.expect("start", &RARELY, INSTALLED);
    assert!(
        said.contains("The license of clp_httpmon is not registered."),
        "{said}"
    );
}

/// Neither started over nor stopped; not even where there is no command of ours.
#[test]
fn another_commands_monitor_is_left_alone() {
    let node = Node::new();
    assert_eq!(node.act("clp_smtpmon", "start", &RARELY).code, SUCCESS);
    let said = node.expect("start", &RARELY, GENERIC);
    assert!(
        said.contains("The specified identifier is already used. [ID:web]"),
        "{said}"
    );
    node.expect("stop", &RARELY, SUCCESS);
    assert_eq!(node.act("clp_smtpmon", "monitor", &RARELY).code, SUCCESS);
    fs::remove_file(node.0.join("bin/clp_httpmon")).unwrap();
    node.expect("start", &RARELY, INSTALLED);
    node.expect("stop", &RARELY, SUCCESS);
    assert_eq!(node.act("clp_smtpmon", "monitor", &RARELY).code, SUCCESS);
}

#[test]
fn a_frozen_monitor_is_stopped_within_the_time_out() {
    let node = Node::new();
    node.expect("start", &RARELY, SUCCESS);
    node.signal(nix::sys::signal::SIGSTOP);
    let began = Instant::now();
    let patient = [&RARELY[..], &[("CRM_meta_timeout", "8000")]].concat();
    assert!(
        node.expect("stop", &patient, SUCCESS)
            .contains("killing it")
    );
    assert!(began.elapsed().as_secs() < 8, "{:?}", began.elapsed());
    node.expect("monitor", &RARELY, NOT_RUNNING);
    assert!(!node.0.record("web").exists(), "a record is left");
}

#[test]
fn a_process_that_is_not_surely_the_monitor_is_not_killed() {
    let node = Node::new();
    node.expect("start", &RARELY, SUCCESS);
    let pid = node.pid();
    node.signal(nix::sys::signal::SIGSTOP);
    // Now the command is another binary than the one that runs.
    let other = node.0.join("other");
    fs::copy(binary(), &other).unwrap();
    let link = node.0.join("bin/clp_httpmon");
    fs::remove_file(&link).unwrap();
    symlink(&other, &link).unwrap();
    assert!(
        node.expect("stop", &RARELY, GENERIC)
            .contains("it is left alone")
    );
    assert_eq!(node.pid(), pid);
    node.signal(nix::sys::signal::SIGCONT);
    node.expect("stop", &RARELY, SUCCESS);
}
