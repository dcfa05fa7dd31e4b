//! Who may command a monitor, and what others may have put in its way.

use super::*;
use crate::support::register_at;
use clp_isa::license::key::Terms;

/// Says a line to the socket at `$ARGV[0]` and prints what comes. It may be refused before it has said anything.
const RAW_CLIENT: &str = r#"use IO::Socket::UNIX; $SIG{PIPE} = 'IGNORE';
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die "connect: $!";
syswrite $s, "$ARGV[1]\n"; print while <$s>;"#;

#[test]
fn the_control_socket_refuses_another_user() {
    if !is_root() {
        return skip("only root can become another user");
    }
    if Command::new("perl")
        .args(["-MIO::Socket::UNIX", "-e", "1"])
        .output()
        .is_err()
    {
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
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
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
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// A file that must stay as it is.
struct Target(PathBuf);

impl Target {
    fn new(root: &Root) -> Self {
        let path = root.join("precious");
        fs::write(&path, "precious\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        Self(path)
    }

    #[track_caller]
    fn assert_untouched(&self) {
        assert_eq!(fs::read(&self.0).unwrap(), b"precious\n");
        let mode = fs::metadata(&self.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o644);
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
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o755)).unwrap();
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
        let mode = fs::metadata(&elsewhere).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o755, "{folder}");
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
    kill(&mut killed);
    plant();
    let mut again = root.start_as("clp_httpmon", &hanging("web", &port));
    target.assert_untouched();
    kill(&mut again);
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

/// Everything on the socket's other end, to its close.
fn rest(mut stream: UnixStream) -> String {
    let mut text = String::new();
    stream.set_read_timeout(Some(CONTROL_TIME + SLACK)).unwrap();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn hostile_control_clients_neither_stop_the_checks_nor_keep_a_stop_out() {
    let (root, server) = (Root::new(), Server::replying("HTTP/1.1 200 OK\r\n\r\n"));
    let port = server.port();
    let mut monitor = root.start(&["web", "-s", "127.0.0.1", "-n", &port, "-i", "1"]);
    let socket = root.join("var/run/clp_isa/ctl").join("web");
    let connect = || UnixStream::connect(&socket).unwrap();

    let long = [b'x'; 100_000];
    let malformed = "refused the request is malformed\n";
    let version = "refused the monitor does not know this version of the protocol\n";
    let rows: [(&[u8], &str); 8] = [
        (b"\n", version),
        (b"\xff\x00\x1b[31m\n", version),
        (b"2 stop httpmon web\n", version),
        (b"1 stop httpmon\n", malformed),
        (&long, malformed),
        (
            b"1 kill httpmon web\n",
            "refused the monitor does not know this command\n",
        ),
        (
            b"1 stop httpmon other\n",
            "refused the request is meant for another monitor\n",
        ),
        (
            b"1 stop smtpmon web\n",
            "refused the request is meant for another monitor\n",
        ),
    ];
    for (line, answer) in rows {
        let mut stream = connect();
        // The monitor may refuse and close before it has all.
        let _ = stream.write_all(line);
        let mut reply = String::new();
        let shown = String::from_utf8_lossy(&line[..line.len().min(32)]);
        BufReader::new(&stream).read_line(&mut reply).unwrap();
        assert_eq!(reply, answer, "{shown}");
    }
    // Gone within a line, or at once.
    for beginning in ["", "1 stop httpm"] {
        connect().write_all(beginning.as_bytes()).unwrap();
    }
    // More at once than are heard: silent, or in the middle of a line.
    let idle: Vec<UnixStream> = (0..CONTROL_CLIENTS * 2 - 1)
        .map(|number| {
            let mut stream = connect();
            if number % 2 == 1 {
                stream.write_all(b"1 stop httpmon w").unwrap();
            }
            stream
        })
        .collect();
    wait_for_checks(&server, 3);
    assert!(monitor.is_running());
    assert_eq!(root.ids(), [1, 2]);
    // Less than any of these is given where nobody else waits.
    assert!(CONTROL_TIME > Duration::from_secs(3));
    assert_eq!(
        root.run_as("clp_httpmon", &["web", "--stop", "3"]),
        silent(0)
    );
    assert_eq!(monitor.code(), 0);
    assert_eq!(root.ids(), [1, 2, 3]);
    for stream in idle {
        assert_eq!(rest(stream), "");
    }
}

/// Nothing else wakes this monitor, and nobody but the oldest gives way.
#[test]
fn idle_clients_give_way_to_who_waits() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    let socket = root.join("var/run/clp_isa/ctl").join(&root.sockets()[0]);
    let connect = || UnixStream::connect(&socket).unwrap();
    let mut idle: Vec<UnixStream> = (0..CONTROL_CLIENTS).map(|_| connect()).collect();
    let asked = Instant::now();
    assert_eq!(root.run(&["web", "--pause"]), silent(0));
    assert!(asked.elapsed() < CONTROL_TIME, "{:?}", asked.elapsed());
    assert_eq!(rest(idle.remove(0)), "", "the oldest");
    // The others were kept, and are heard if they are in time.
    let mut next = idle.remove(0);
    next.write_all(b"1 resume httpmon web\n").unwrap();
    let answer = rest(next);
    assert!(
        asked.elapsed() > CONTROL_TIME || answer == "ok\n",
        "{answer}"
    );
    idle.extend((0..CONTROL_CLIENTS * 4).map(|_| connect()));
    assert_eq!(root.run(&["web", "--stop", "4"]), silent(0));
    assert_eq!(monitor.code(), 0);
}

#[test]
fn a_client_that_keeps_its_line_to_itself_is_dropped() {
    let (root, server) = (Root::new(), mute());
    let port = server.port();
    let mut monitor = root.start_as("clp_httpmon", &hanging("web", &port));
    let socket = root.join("var/run/clp_isa/ctl").join("web");
    let begun = Instant::now();
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"1 stop httpmon web").unwrap();
    assert_eq!(rest(stream), "");
    assert!(begun.elapsed() >= CONTROL_TIME);
    assert!(monitor.is_running());
}
