//! A command line gives a configuration within every range of the contract, or one clean line that says why not.

use clp_isa_core::cli::{self, Command, UsageError, Verb};
use clp_isa_core::config::{Config, Request};
use clp_isa_core::limits::{IDENTIFIER_MAX, OPTION_MAX};
use core::time::Duration;

/// Bytes: the arguments, each ended by a zero byte.
pub fn check(bytes: &[u8]) {
    let arguments: Vec<&[u8]> = bytes.split(|&byte| byte == 0).collect();
    match cli::parse(&arguments) {
        Ok(Command::Start(config) | Command::Once { config, .. }) => assert_fits(&config),
        Ok(Command::Control {
            verb: Verb::Stop { wait },
            ..
        }) => assert!((1..=OPTION_MAX).contains(&wait)),
        Ok(Command::Help(topic)) => assert!(cli::help(topic).to_string().ends_with('\n')),
        Ok(_) => {}
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            if let UsageError::Invalid { shown, .. } = error {
                let shown = shown.text();
                assert!(shown.len() <= IDENTIFIER_MAX && !shown.contains(char::is_control));
            }
        }
    }
}

fn assert_fits(config: &Config) {
    let seconds = Duration::from_secs(1)..=Duration::from_secs(u64::from(OPTION_MAX));
    let timing = config.timing;
    assert!(seconds.contains(&timing.interval) && seconds.contains(&timing.timeout));
    assert!((1..=OPTION_MAX).contains(&timing.retries) && config.port != 0);
    if let Request::Http { uri, .. } = &config.request {
        assert!(uri.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
        assert!(uri.starts_with('/') || uri == "*" || uri.to_lowercase().starts_with("http://"));
    }
}
