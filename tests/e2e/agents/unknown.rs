//! What the agents do where the state of a monitor cannot be found out, or its record is gone: two must never live, and none
//! that lives may be taken for ended.

use super::{Done, GENERIC, INSTALLED, NOT_RUNNING, Node, RARELY, SUCCESS};
use crate::support::files::{chmod, script};
use crate::support::processes::{has_ended, wait_until_ended};
use crate::support::{binary, copy_binary, wait_for};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

impl Node {
    fn link(&self) -> PathBuf {
        self.0.join("bin/clp_httpmon")
    }

    /// Puts a script in the command's place.
    fn replace_command(&self, body: &str) {
        script(&self.link(), body);
    }

    fn restore_command(&self) {
        fs::remove_file(self.link()).unwrap();
        symlink(binary(), self.link()).unwrap();
    }

    /// Gives the node a program of its own, which can be removed.
    fn install_copy(&self) -> PathBuf {
        let program = self.0.join("opt/nec/clusterpro/bin/clp_isa");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        copy_binary(&program);
        fs::remove_file(self.link()).unwrap();
        symlink(&program, self.link()).unwrap();
        program
    }

    /// A clean-up of /var/run. A monitor that puts its record back at once may make it fail.
    pub(super) fn lose_records(&self) {
        let folder = self.0.join("var/run/clp_isa");
        wait_for("a clean-up", || fs::remove_dir_all(&folder).ok());
    }

    /// An action of `clp_httpmon` whose shell may open so many files.
    fn act_with_files(&self, action: &str, limit: u32) -> Done {
        let agent = self.0.join("limited");
        let agent_itself = format!("{}/clp_httpmon", super::SOURCES);
        let body = format!("ulimit -n {limit}\nexec {agent_itself} \"$@\"");
        script(&agent, &body);
        self.act_of(
            &agent,
            action,
            &[&RARELY[..], &[("CRM_meta_timeout", "1600")]].concat(),
        )
    }
}

fn is_alive(pid: u32) -> bool {
    !has_ended(pid)
}

/// The state cannot be asked for, each time for another reason; nor can the monitor be stopped.
fn broken_commands() -> [String; 4] {
    let real = binary();
    [
        format!("ulimit -n 4\nexec {} \"$@\"", real.display()),
        "echo oops >&2\nexit 5".into(),
        "exit 0".into(),
        "kill -KILL $$".into(),
    ]
}

#[test]
fn a_state_that_cannot_be_found_out_is_an_error() {
    let node = Node::new();
    let hasty = [&RARELY[..], &[("CRM_meta_timeout", "1600")]].concat();
    let probe = [&hasty[..], &[("CRM_meta_interval", "0")]].concat();
    for command in broken_commands() {
        node.expect("start", &RARELY, SUCCESS);
        let pid = node.pid();
        node.replace_command(&command);
        let said = node.expect("monitor", &hasty, GENERIC);
        assert!(
            said.contains("cannot find out how clp_httpmon web fares"),
            "{command}: {said}"
        );
        node.expect("monitor", &probe, GENERIC);
        node.expect("start", &hasty, GENERIC);
        // The program that runs is not the command's: it is left alone.
        node.expect("stop", &hasty, GENERIC);
        assert!(is_alive(pid), "{command}");
        node.restore_command();
        assert_eq!(node.pid(), pid, "{command}");
        node.expect("monitor", &RARELY, SUCCESS);
        node.expect("stop", &RARELY, SUCCESS);
        wait_until_ended(pid);
    }
    // Nothing runs, and nobody can know.
    node.replace_command("exit 5");
    for action in ["monitor", "start", "stop"] {
        node.expect(action, &hasty, GENERIC);
    }
}

#[test]
fn a_stop_is_tried_whatever_the_state() {
    let node = Node::new();
    node.expect("start", &RARELY, SUCCESS);
    let pid = node.pid();
    // Only the question fails.
    let real = binary();
    let command = format!(
        "case $1 in\nstatus) exit 5 ;;\n*) exec {} httpmon \"$@\" ;;\nesac",
        real.display()
    );
    node.replace_command(&command);
    node.expect("stop", &RARELY, GENERIC);
    wait_until_ended(pid);
    node.restore_command();
    node.expect("stop", &RARELY, SUCCESS);
}

#[test]
fn a_command_that_was_removed_does_not_hide_its_monitor() {
    let node = Node::new();
    for removal in ["mode", "program", "link"] {
        let program = node.install_copy();
        node.expect("start", &RARELY, SUCCESS);
        let pid = node.pid();
        match removal {
            "mode" => chmod(&program, 0o644),
            "program" => fs::remove_file(&program).unwrap(),
            _ => {
                fs::remove_file(&program).unwrap();
                fs::remove_file(node.link()).unwrap();
            }
        }
        let said = node.expect("monitor", &RARELY, GENERIC);
        assert!(said.contains(&format!("(process {pid})")), "{said}");
        node.expect("start", &RARELY, INSTALLED);
        assert!(is_alive(pid), "{removal}");
        node.expect("stop", &RARELY, SUCCESS);
        assert!(!is_alive(pid), "{removal}: a monitor outlived its stop");
        node.expect("monitor", &RARELY, INSTALLED);
        node.expect("stop", &RARELY, SUCCESS);
        let _ = fs::write(node.link(), "");
    }
}

#[test]
fn a_program_that_was_put_aside_does_not_hide_its_monitor() {
    let node = Node::new();
    let program = node.install_copy();
    node.expect("start", &RARELY, SUCCESS);
    let pid = node.pid();
    let aside = program.with_extension("old");
    fs::rename(&program, &aside).unwrap();
    for action in ["monitor", "stop"] {
        node.expect(action, &RARELY, GENERIC);
        assert!(is_alive(pid), "{action}");
    }
    fs::rename(&aside, &program).unwrap();
    node.expect("stop", &RARELY, SUCCESS);
    assert!(!is_alive(pid), "a monitor outlived its stop");
}

#[test]
fn a_monitor_without_its_record_is_neither_started_again_nor_left_behind() {
    let node = Node::new();
    for action in ["monitor", "start"] {
        node.expect("start", &RARELY, SUCCESS);
        let pid = node.pid();
        let starts = node.0.starts("web");
        node.lose_records();
        node.expect(action, &RARELY, SUCCESS);
        assert_eq!(node.0.starts("web"), starts, "started twice");
        assert!(is_alive(pid));
        // Where it was put back meanwhile.
        if node.0.record("web").exists() {
            node.lose_records();
        }
        node.expect("stop", &RARELY, SUCCESS);
        assert!(!is_alive(pid), "a monitor outlived its stop");
        node.expect("monitor", &RARELY, NOT_RUNNING);
    }
    let last = node.0.ids().pop();
    assert_eq!(last, Some(3), "it was asked to end: {:?}", node.0.ids());
}

#[test]
fn a_process_table_that_cannot_be_read_is_not_an_empty_one() {
    let node = Node::new();
    node.expect("start", &RARELY, SUCCESS);
    let pid = node.pid();
    // Not put back meanwhile.
    node.signal(Signal::SIGSTOP);
    node.lose_records();
    let grep = node.0.join("bin/grep");
    script(&grep, "exit 126");
    for action in ["monitor", "start", "stop"] {
        node.expect(action, &RARELY, GENERIC);
    }
    assert!(is_alive(pid));
    fs::remove_file(grep).unwrap();
    node.expect("stop", &RARELY, SUCCESS);
    assert!(!is_alive(pid), "a monitor outlived its stop");
}

#[test]
fn a_monitor_without_its_record_must_put_it_back_in_time() {
    let node = Node::new();
    let often = [RARELY[0], RARELY[1], ("retries", "10000")];
    let often = [&often[..], &[("check_interval", "1")]].concat();
    node.expect("start", &often, SUCCESS);
    let pid = node.pid();
    node.signal(Signal::SIGSTOP);
    node.lose_records();
    // Not yet.
    node.expect("monitor", &often, SUCCESS);
    let note = node.0.join("var/run/resource-agents/clp_isa/web.lost");
    let since: i64 = fs::read_to_string(&note).unwrap().trim().parse().unwrap();
    fs::write(&note, format!("{}\n", since - 22)).unwrap();
    let said = node.expect("monitor", &often, GENERIC);
    assert!(said.contains("does not put its record back"), "{said}");
    node.expect("stop", &often, SUCCESS);
    assert!(!is_alive(pid), "a monitor outlived its stop");
}

#[test]
fn other_processes_are_not_taken_for_the_monitor() {
    let (node, other) = (Node::new(), Node::new());
    other.expect("start", &RARELY, SUCCESS);
    let pid = other.pid();
    assert_eq!(
        other.act("clp_smtpmon", "monitor", &RARELY).code,
        NOT_RUNNING
    );
    node.expect("monitor", &RARELY, NOT_RUNNING);
    node.expect("stop", &RARELY, SUCCESS);
    assert!(is_alive(pid), "another root's monitor was ended");
    // Something under the same words.
    let liar = node.0.join("clp_isa");
    script(&liar, "echo ready\nread -r line");
    let mut liar = std::process::Command::new(liar)
        .args(["httpmon", "web", "-s", "127.0.0.1"])
        .env("CLP_ISA_ROOT", node.0.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(liar.stdout.as_mut().unwrap(), &mut ready).unwrap();
    node.expect("monitor", &RARELY, NOT_RUNNING);
    node.expect("stop", &RARELY, SUCCESS);
    drop(liar.stdin.take());
    assert!(liar.wait().is_ok());
}

/// From the few descriptors with which the shell just comes to its script to as many as all of it needs.
#[test]
fn an_agent_without_descriptors_never_says_that_nothing_runs() {
    let node = Node::new();
    let mut successes = 0;
    for limit in 12..=16 {
        node.expect("start", &RARELY, SUCCESS);
        let pid = node.pid();
        for action in ["monitor", "start"] {
            let done = node.act_with_files(action, limit);
            let codes = [SUCCESS, GENERIC, INSTALLED];
            assert!(
                codes.contains(&done.code),
                "{action}, {limit} files: {}, {}",
                done.code,
                done.said()
            );
            assert!(is_alive(pid), "{action}, {limit} files: {}", done.said());
        }
        let done = node.act_with_files("stop", limit);
        assert!(
            done.code == GENERIC || done.code == SUCCESS && !is_alive(pid),
            "stop, {limit} files: {}, {}",
            done.code,
            done.said()
        );
        successes += u32::from(done.code == SUCCESS);
        node.expect("stop", &RARELY, SUCCESS);
    }
    assert!(successes > 0, "never enough descriptors");
}
