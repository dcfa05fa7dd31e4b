//! What the completion and the cluster's agents say of the options are the product's own tables. A test that fails says
//! which lines to put where.

use crate::read;
use clp_isa_core::cli::{self, OptionInfo, Show, Topic};
use clp_isa_core::protocol::Protocol;

const COMPLETION: &str = "completions/clp_isa.bash";
const AGENTS: &str = "packaging/ocf";

/// `-i` and `INTERVAL`; nothing for what takes no value.
fn split(option: OptionInfo) -> (&'static str, Option<&'static str>) {
    match option.usage.split_once(' ') {
        Some((name, value)) => (name, Some(value.trim_matches(['[', ']']))),
        None => (option.usage, None),
    }
}

/// One command's options as an array of bash.
fn array(name: &str, options: impl Iterator<Item = OptionInfo>) -> String {
    let rows: Vec<String> = options
        .map(|option| match split(option) {
            (name, Some(value)) if value.contains('|') => format!("'{name}={value}'"),
            (name, Some(value)) => format!("{name}={value}"),
            (name, None) => name.to_owned(),
        })
        .collect();
    format!("_clp_isa_{name}=({})", rows.join(" "))
}

#[test]
fn completion_has_the_tables() {
    let mut expected: Vec<String> = Protocol::ALL
        .into_iter()
        .map(|protocol| {
            array(
                protocol.info().name,
                cli::options(Topic::Protocol(protocol)),
            )
        })
        .collect();
    expected.push(array("verbs", cli::verbs()));
    expected.push(array("lcnsc", cli::options(Topic::License)));
    expected.extend(
        Show::ALL
            .into_iter()
            .map(|show| array(show.name(), cli::options(Topic::Show(show)))),
    );
    let text = read(COMPLETION);
    let given: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("_clp_isa_") && line.contains("=("))
        .collect();
    let lines = expected.join("\n");
    assert_eq!(
        given, expected,
        "{COMPLETION} must have these tables:\n{lines}\n"
    );
}

/// What an agent's meta-data are made from, `-x|type|default|allowed|what it is` of each line
/// `parameter|-x|type|default|allowed|what it is|more`.
fn of_agent(command: &str) -> Vec<String> {
    let own = read(&format!("{AGENTS}/{command}"));
    let port = own.lines().find_map(|line| line.strip_prefix("port="));
    let port = format!("|{}|", port.unwrap());
    let common = read(&format!("{AGENTS}/describe.sh"));
    let lines = common.lines().chain(own.lines());
    lines
        .filter_map(|line| {
            let (parameter, rest) = line.split_once("|-")?;
            let (rest, more) = rest.rsplit_once('|')?;
            let is_row = !parameter.is_empty() && !parameter.contains(' ') && !more.is_empty();
            is_row.then(|| format!("-{}", rest.replace("|$port|", &port)))
        })
        .collect()
}

/// What the agent's meta-data are to be made from; a flag is no parameter of theirs.
fn of_table(protocol: Protocol) -> Vec<String> {
    cli::options(Topic::Protocol(protocol))
        .filter_map(|option| {
            let (name, _) = split(option);
            let (allowed, default, meaning) = (option.allowed?, option.default?, option.meaning);
            let kind = match allowed {
                cli::Allowed::Number(_) => "integer",
                _ => "string",
            };
            Some(format!("{name}|{kind}|{default}|{allowed}|{meaning}"))
        })
        .collect()
}

#[test]
fn agents_have_the_tables() {
    for protocol in Protocol::ALL {
        let command = protocol.info().command;
        let expected = of_table(protocol);
        let lines: String = expected
            .iter()
            .map(|row| format!("PARAMETER|{row}|MORE\n"))
            .collect();
        assert_eq!(
            of_agent(command),
            expected,
            "{AGENTS}/describe.sh and {AGENTS}/{command} must have these lines, the port as $port:\n{lines}"
        );
    }
}
