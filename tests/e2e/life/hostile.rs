//! Who may command a monitor, and what others may have put in its way.

use super::*;
use crate::support::files::{chmod, mode};
use crate::support::programs::works;
use crate::support::register_at;
use clp_isa_core::license::key::Terms;

/// Says a line to the socket at `$ARGV[0]` and prints what comes. It may be refused before it has said anything.
const RAW_CLIENT: &str = r#"use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE';
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die "connect: $!";
syswrite $s, "$ARGV[1]\n"; print while <$s>;"#;

#[test]
fn the_control_socket_refuses_another_user() {
    if !is_root() {
        return skip("only root can become another user");
    }
    if !works(&["perl", "-MIO::Socket::UNIX", "-e", "1"]) {
        return skip("no perl");
    }
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    let socket = root.join("var/run/clp_isa/ctl").join("web");
    let say = |user: u32, line: &str| {
        let output = Command::new("perl")
            .args(["-e", RAW_CLIENT])
            .arg(&socket)
            .arg(line)
            .uid(user)
            .gid(user)
            .output()
            .unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(say(65534, "1 pause httpmon web").starts_with("connect: "));
    // As if the modes were no help.
    for path in ["", "/ctl", "/id"] {
        let path = root.join(&format!("var/run/clp_isa{path}"));
        chmod(path, 0o777);
    }
    chmod(&socket, 0o777);
    chmod(root.path(), 0o755);
    for verb in ["pause", "resume", "stop"] {
        let answer = say(65534, &format!("1 {verb} httpmon web"));
        assert_eq!(
            answer,
            "refused only the monitor's own user and root may command it\n"
        );
    }
    assert_eq!(root.ids(), [1, 2]);
    assert!(monitor.is_running());
    assert_eq!(say(0, "1 pause httpmon web"), "ok\n");
    wait_for_ids(&root, &[1, 2, 7]);
    assert_eq!(say(0, "1 stop httpmon web"), "ok\n");
    assert_eq!(monitor.code(), 0);
}

/// The run-time directories down to `directory`, as a monitor would have made them.
fn make_private(root: &Root, folder: &str) {
    let path = root.join(folder);
    fs::create_dir_all(&path).unwrap();
    for path in path
        .ancestors()
        .filter(|path| path.starts_with(root.join("var/run/clp_isa")))
    {
        chmod(path, 0o700);
    }
}

/// A file that must stay as it is.
struct Target(PathBuf);

impl Target {
    fn new(root: &Root) -> Self {
        let path = root.join("precious");
        fs::write(&path, "precious\n").unwrap();
        chmod(&path, 0o644);
        Self(path)
    }

    #[track_caller]
    fn assert_untouched(&self) {
        assert_eq!(fs::read(&self.0).unwrap(), b"precious\n");
        assert_eq!(mode(&self.0), 0o644);
    }
}

/// Event 42 on `call` for the identifier `web`, on standard error and in the alert log; nothing was changed.
#[track_caller]
fn assert_refused(root: &Root, before: &[Entry], call: &str) {
    let alerts = root.alerts().len();
    let ran = root.run_as("clp_httpmon", &["web", "-s", "127.0.0.1", "-n", "1"]);
    let text = format!("clp_httpmon has detected system error ({call}). [ID:web]");
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert_eq!(lines[0], format!("clp_httpmon: {text}"));
    assert!(
        lines[1].contains(&root.path().display().to_string()),
        "{ran:?}"
    );
    let raised = root.alerts().split_off(alerts);
    let raised: Vec<(u8, &str)> = raised
        .iter()
        .map(|alert| (alert.id, alert.text.as_str()))
        .collect();
    assert_eq!(raised, [(42, text.as_str())]);
    assert_eq!(root.state(), before);
}

#[test]
fn a_link_planted_as_the_identifier_is_not_followed() {
    type Plant = fn(&Path, &Path);
    let plants: [(&str, Plant, &str); 3] = [
        (
            "link",
            |target, path| symlink(target, path).unwrap(),
            "open 40",
        ),
        (
            "dangling",
            |target, path| symlink(target.with_extension("new"), path).unwrap(),
            "open 40",
        ),
        (
            "hard link",
            |target, path| fs::hard_link(target, path).unwrap(),
            "open 31",
        ),
    ];
    for (what, plant, call) in plants {
        let root = Root::new();
        let target = Target::new(&root);
        make_private(&root, "var/run/clp_isa/id");
        plant(&target.0, &root.record("web"));
        let before = root.state();
        assert_refused(&root, &before, call);
        for verb in VERBS {
            let ran = root.run_as("clp_httpmon", &["web", verb]);
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (5, ""),
                "{what} {verb}: {ran:?}"
            );
            assert!(
                ran.stderr.contains("clp_isa/id/web "),
                "{what} {verb}: {ran:?}"
            );
            assert_eq!(root.state(), before, "{what} {verb}");
        }
        target.assert_untouched();
        assert!(!target.0.with_extension("new").exists(), "{what}");
    }
}

#[test]
fn a_link_planted_as_a_folder_is_not_followed() {
    for (folder, beside) in [
        ("var/run/clp_isa", "var/run"),
        ("var/run/clp_isa/id", "var/run/clp_isa/ctl"),
        ("var/run/clp_isa/ctl", "var/run/clp_isa/id"),
    ] {
        let root = Root::new();
        let elsewhere = root.join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        chmod(&elsewhere, 0o755);
        make_private(&root, beside);
        let path = root.join(folder);
        symlink(&elsewhere, &path).unwrap();
        let before = root.state();
        assert_refused(&root, &before, "open 20");
        // What does not exist there need not be known of; what is planted is never used.
        for verb in VERBS {
            let ran = root.run_as("clp_httpmon", &["web", verb]);
            assert!([5, 6].contains(&ran.code), "{folder} {verb}: {ran:?}");
        }
        assert_eq!(root.state(), before, "{folder}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{folder}");
        assert_eq!(mode(&elsewhere), 0o755, "{folder}");
    }
}

#[test]
fn a_link_planted_as_a_dead_monitors_socket_is_not_followed() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let target = Target::new(&root);
    let mut killed = root.start_as("clp_httpmon", &hanging("web", &port));
    let plant = || {
        let socket = root.join("var/run/clp_isa/ctl").join("web");
        fs::remove_file(&socket).unwrap();
        symlink(&target.0, &socket).unwrap();
    };
    killed.kill();
    plant();
    let mut again = root.start_as("clp_httpmon", &hanging("web", &port));
    target.assert_untouched();
    again.kill();
    plant();
    assert_eq!(root.run_as("clp_httpmon", &["web", "--del"]), silent(0));
    target.assert_untouched();
}

#[test]
fn a_folder_that_cannot_be_made_is_event_42() {
    for (file, beside, call) in [
        ("var", "", "mkdir 20"),
        ("var/run", "var", "open 20"),
        ("var/run/clp_isa", "var/run", "open 20"),
        ("var/run/clp_isa/id", "var/run/clp_isa", "open 20"),
        ("var/run/clp_isa/ctl", "var/run/clp_isa/id", "open 20"),
    ] {
        let root = Root::new();
        let path = root.join(file);
        make_private(&root, beside);
        fs::write(&path, "in the way").unwrap();
        let before = root.state();
        assert_refused(&root, &before, call);
    }
}

#[test]
fn a_prefix_that_cannot_be_used_is_told_on_standard_error() {
    let root = Root::new();
    let file = root.join("file");
    fs::write(&file, "").unwrap();
    let long = root.join(&"x".repeat(120));
    fs::create_dir(&long).unwrap();
    register_at(&long, "TST0000001", Terms::Product);
    // Nothing can be read there; or only the socket's path is too long.
    let unread = "Failed to check the license information of clp_httpmon.";
    let unbound = "clp_httpmon has detected system error (bind 36). [ID:web]";
    for (prefix, code, text) in [
        (&file, 4, unread),
        (&file.join("below"), 4, unread),
        (&long, 5, unbound),
    ] {
        let output = root
            .command("clp_httpmon")
            .args(["web", "-s", "127.0.0.1", "-n", "1"])
            .env("CLP_ISA_ROOT", prefix)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        let text = format!("clp_httpmon: {text}\n");
        assert!(stderr.starts_with(&text), "{stderr}");
    }
    assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    // Claimed before the socket could not be made, and let go of again.
    assert_eq!(
        fs::read_dir(long.join("var/run/clp_isa/id"))
            .unwrap()
            .count(),
        0
    );
}
