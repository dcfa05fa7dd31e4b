//! `clp_isa alerts`: the alert view's six columns (guide, chapter 3), as text and as JSON.
//!
//! Owns what a line of the alert log means and how it is shown. Pure.

use super::json::Object;
use clp_isa_core::wire::alert_log;

/// The headings, as the guide has them.
const HEADINGS: [&str; 6] = [
    "Receive Time",
    "Time",
    "Server Name",
    "Module Name",
    "Event ID",
    "Message",
];
/// Columns of a time.
const TIME: usize = 19;
/// Columns from which the message has room beside the others; on fewer it stands below them.
const WIDE: usize = 130;
/// What a message below the others begins with.
const INDENT: usize = 4;

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    received: String,
    time: String,
    server: String,
    module: String,
    event: u8,
    message: String,
}

impl Alert {
    /// The alert in a line of the log, which is without its end; nothing if the line is torn, or longer than any that is
    /// written.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let alert = alert_log::parse(line)?;
        Some(Self {
            received: alert.received.to_string(),
            time: alert.time.to_string(),
            server: alert.server.to_string(),
            module: alert.module.to_string(),
            event: alert.event,
            message: alert.message.to_string(),
        })
    }

    /// The alert as a JSON object.
    pub fn json(&self) -> String {
        Object::new()
            .with("received", self.received.as_str())
            .with("time", self.time.as_str())
            .with("server", self.server.as_str())
            .with("module", self.module.as_str())
            .with("event", self.event)
            .with("message", self.message.as_str())
            .end()
    }
}

/// How alerts are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    server: usize,
    /// Columns of the terminal; none if there is none: then nothing is folded.
    width: Option<usize>,
}

impl Layout {
    /// A layout in which `alerts` line up.
    pub fn of(alerts: &[Alert], width: Option<usize>) -> Self {
        let names = alerts.iter().map(|alert| alert.server.chars().count());
        Self {
            server: names.max().unwrap_or(0).max(HEADINGS[2].len()),
            width,
        }
    }

    /// The lines of the heading, without their ends.
    pub fn heading(&self) -> Vec<String> {
        self.lines(HEADINGS)
    }

    /// The lines of one alert, without their ends.
    pub fn alert(&self, alert: &Alert) -> Vec<String> {
        let event = alert.event.to_string();
        self.lines([
            &alert.received,
            &alert.time,
            &alert.server,
            &alert.module,
            &event,
            &alert.message,
        ])
    }

    fn lines(&self, cells: [&str; 6]) -> Vec<String> {
        let [received, time, server, module, event, message] = cells;
        let (module_width, event_width, server_width) =
            (HEADINGS[3].len(), HEADINGS[4].len(), self.server);
        let head = format!(
            "{received:<TIME$}  {time:<TIME$}  {server:<server_width$}  {module:<module_width$}  \
             {event:<event_width$}"
        );
        let Some(width) = self.width else {
            return vec![format!("{head}  {message}")];
        };
        let indent = if width < WIDE {
            INDENT
        } else {
            head.chars().count().saturating_add(2)
        };
        let mut pieces = fold(message, width.saturating_sub(indent).max(20)).into_iter();
        let mut lines = Vec::new();
        if width < WIDE {
            lines.push(head.trim_end().to_owned());
        } else {
            lines.push(format!("{head}  {}", pieces.next().unwrap_or_default()));
        }
        lines.extend(pieces.map(|piece| format!("{:indent$}{piece}", "")));
        lines
    }
}

/// `text` in lines of at most `width` columns, broken between words where that is possible.
fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut column: usize = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column.saturating_add(1).saturating_add(length) > width {
            lines.push(String::new());
            column = 0;
        }
        if column > 0 {
            push(&mut lines, ' ');
            column = column.saturating_add(1);
        }
        for character in word.chars() {
            if column >= width {
                lines.push(String::new());
                column = 0;
            }
            push(&mut lines, character);
            column = column.saturating_add(1);
        }
    }
    lines
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clp_isa_core::limits::LINE_MAX;

    const LINE: &[u8] =
        b"2026/11/24 14:58:03\t2026/11/24 14:58:02\tserver1\thttpmon\t2\tclp_httpmon will start \
        monitoring the HTTP daemon. [ID:httpwatch]";

    #[test]
    fn a_line_of_the_log_in_three_forms() {
        let alert = Alert::parse(LINE).unwrap();
        let alerts = core::slice::from_ref(&alert);
        assert_eq!(
            alert.json(),
            r#"{"received":"2026/11/24 14:58:03","time":"2026/11/24 14:58:02","server":"server1","module":"httpmon","event":2,"message":"clp_httpmon will start monitoring the HTTP daemon. [ID:httpwatch]"}"#
        );
        let whole = Layout::of(alerts, None);
        assert_eq!(
            [whole.heading(), whole.alert(&alert)].concat(),
            [
                "Receive Time         Time                 Server Name  Module Name  Event ID  Message",
                "2026/11/24 14:58:03  2026/11/24 14:58:02  server1      httpmon      2         clp_httpmon will start \
                 monitoring the HTTP daemon. [ID:httpwatch]",
            ]
        );
        let narrow = Layout::of(alerts, Some(60));
        assert_eq!(
            [narrow.heading(), narrow.alert(&alert)].concat(),
            [
                "Receive Time         Time                 Server Name  Module Name  Event ID",
                "    Message",
                "2026/11/24 14:58:03  2026/11/24 14:58:02  server1      httpmon      2",
                "    clp_httpmon will start monitoring the HTTP daemon.",
                "    [ID:httpwatch]",
            ]
        );
        let wide = Layout::of(alerts, Some(130)).alert(&alert);
        assert_eq!(wide.len(), 2);
        assert_eq!(wide[1].trim_start(), "[ID:httpwatch]");
        assert!(wide.iter().all(|line| line.len() <= 130));
    }

    #[test]
    fn torn_lines_are_none_and_controls_are_shown() {
        for cut in 0..LINE.iter().rposition(|byte| *byte == b'\t').unwrap() {
            assert_eq!(Alert::parse(&LINE[..cut]), None, "{cut}");
        }
        let alert = Alert::parse(b"a\tb\tc\td\t6\t\x1b[31m\ttext \xff").unwrap();
        assert_eq!(alert.message, "?[31m?text \u{fffd}");
    }

    #[test]
    fn a_line_longer_than_any_written_is_none() {
        let line = |server: usize| format!("a\tb\t{}\td\t6\ttext", "s".repeat(server));
        let longest = line(LINE_MAX - 1 - line(0).len());
        let alert = Alert::parse(longest.as_bytes()).unwrap();
        let layout = Layout::of(core::slice::from_ref(&alert), None);
        assert!(layout.alert(&alert)[0].contains(&alert.server));
        // The second: more columns than a format's width can say.
        for server in [alert.server.len() + 1, 70_000] {
            assert_eq!(Alert::parse(line(server).as_bytes()), None, "{server}");
        }
    }

    #[test]
    fn long_words_are_broken() {
        assert_eq!(fold("ab cdefgh i", 4), ["ab", "cdef", "gh i"]);
        assert_eq!(fold("", 4), [""]);
    }
}
