//! What the agents say of themselves, and which parameters they take.

use super::{AGENTS, CONFIGURED, Node, SUCCESS};
use clp_isa_core::cli::{self, Command as Asked};
use clp_isa_core::limits::SERVER_MAX;

#[test]
fn meta_data_say_what_the_help_says() {
    let node = Node::new();
    for agent in AGENTS {
        let help = node.0.command(agent).arg("--help").output().unwrap().stdout;
        let help = String::from_utf8(help).unwrap();
        let (_, options) = help.split_once("Arguments and options:").unwrap();
        let (options, _) = options.split_once("For a monitor").unwrap();
        let count = options
            .lines()
            .filter(|line| line.starts_with("  -") && !line.starts_with("  --"))
            .count();
        let options: Vec<&str> = options.split_whitespace().collect();
        let options = options.join(" ");

        let meta = node.act(agent, "meta-data", &[]).output.stdout;
        let meta = String::from_utf8(meta).unwrap();
        let mut seen = 0;
        for parameter in meta.split("<parameter ").skip(1) {
            let between = |before: &str, after: &str| {
                let (_, rest) = parameter.split_once(before).unwrap();
                rest.split_once(after).unwrap().0.to_owned()
            };
            if parameter.starts_with("name=\"identifier\"") {
                continue;
            }
            seen += 1;
            let (short, rule) = (
                between("<shortdesc lang=\"en\">", "<"),
                between("Option ", ")."),
            );
            let (option, rule) = rule.split_once(": ").unwrap();
            let expected = format!("{short}: {rule})");
            let (_, about) = options.split_once(&format!("{option} ")).unwrap();
            let (_, about) = about.split_once(' ').unwrap();
            assert!(
                about.starts_with(&expected),
                "{agent} {option}: {expected:?} is not in {about:?}"
            );
            let default = between("default=\"", "\"");
            assert!(
                rule.ends_with(&format!("(default: {default}")),
                "{agent} {option}: {default}"
            );
        }
        assert_eq!(seen, count, "{agent}: options");
    }
}

/// Whether the command takes these arguments.
fn takes(agent: &str, option: &str, value: &str) -> bool {
    let arguments = [agent, "web", option, value].map(str::as_bytes);
    matches!(cli::parse(&arguments), Ok(Asked::Start(_)))
}

/// The agent takes a parameter's value if the command takes it, and names the option otherwise.
#[track_caller]
fn agrees_with_the_command(node: &Node, parameter: &str, option: &str, values: &[&str]) {
    for value in values {
        let done = node.act("clp_httpmon", "validate-all", &[(parameter, value)]);
        let expected = if takes("clp_httpmon", option, value) {
            SUCCESS
        } else {
            CONFIGURED
        };
        let said = done.said();
        assert_eq!(done.code, expected, "{parameter}={value:?}: {said}");
        assert!(done.code == SUCCESS || said.contains(option), "{said}");
    }
}

#[test]
fn numbers_are_taken_as_the_command_takes_them() {
    let node = Node::new();
    let ports = [
        "1",
        "080",
        "65535",
        "65536",
        "0",
        "-1",
        "+1",
        "1 ",
        "x",
        "99999999999999999999",
    ];
    let retries = ["1", "10000", "10001", "0", "00000000001"];
    agrees_with_the_command(&node, "port", "-n", &ports);
    agrees_with_the_command(
        &node,
        "check_interval",
        "-i",
        &["1", "10000", "10001", "0", "1.5"],
    );
    agrees_with_the_command(&node, "retries", "-c", &retries);
    agrees_with_the_command(&node, "check_timeout", "-r", &["1", "10000", "10001", "0"]);
}

#[test]
fn versions_are_taken_as_the_command_takes_them() {
    let node = Node::new();
    agrees_with_the_command(&node, "version", "-v", &["1.0", "1.1", "1.2", "1"]);
}

#[test]
fn uris_are_taken_as_the_command_takes_them() {
    let node = Node::new();
    let longest = format!("/{}", "u".repeat(254));
    let uris = [
        "/",
        "/a?b=c&d",
        "*",
        "**",
        "http://a/b",
        "x",
        "/a b",
        "/a#b",
        "/\u{e9}",
        &format!("{longest}u"),
        &longest,
    ];
    agrees_with_the_command(&node, "uri", "-h", &uris);
}

#[test]
fn servers_are_taken_as_the_command_takes_them() {
    let node = Node::new();
    let servers = [
        "localhost",
        "10.1.2.3",
        "::1",
        "[::1]",
        "-x",
        "a b",
        "a/b",
        "a;b",
    ];
    agrees_with_the_command(&node, "server", "-s", &servers);
    let too_long = "s".repeat(SERVER_MAX + 1);
    node.expect("validate-all", &[("server", &too_long)], CONFIGURED);
}

#[test]
fn identifiers_are_taken_as_the_command_takes_them() {
    let node = Node::new();
    for identifier in ["", "a b", "a-b", &"i".repeat(256)] {
        node.expect("validate-all", &[("identifier", identifier)], CONFIGURED);
    }
    node.expect("validate-all", &[("identifier", &"i".repeat(255))], SUCCESS);
}

#[test]
fn what_is_no_parameter_is_no_error() {
    let other = [("PATH_is_not_a_parameter", "x")];
    Node::new().expect("validate-all", &other, SUCCESS);
}
