//! What `--help` and `--version` print, made from the parser's own tables.
//!
//! Owns the wording around them. Lines have at most 80 columns.

use super::license;
use super::monitor::FLAGS;
use super::view::Show;
use super::{LICENSE, LICENSE_WORD, OptionInfo, PROGRAM, Topic, options, verbs};
use crate::paths::{ALERT_LOG, CLPLOGCMD, LICENSES, LOGS};
use crate::protocol::Protocol;
use crate::text::append;
use arrayvec::ArrayString;
use core::fmt::{self, Write};

/// Widest line, in columns.
const WIDTH: usize = 80;
/// Column at which descriptions begin.
const COLUMN: usize = 20;

/// What each exit code means (docs/reference.md, "Exit codes").
const EXIT_CODES: [(u8, &str); 8] = [
    (
        0,
        "stopped on request, the command was carried out, or --once: healthy",
    ),
    (1, "the service has failed"),
    (2, "wrong usage"),
    (3, "the identifier is in use"),
    (4, "no valid license"),
    (
        5,
        "a system error, or the monitor refused or did not respond",
    ),
    (6, "no such monitor is running"),
    (7, "the monitor did not end within WAIT"),
];

/// The same for the commands that show something; all of them for `status`.
const SHOW_EXIT_CODES: [(u8, &str); 5] = [
    (0, "done; no monitor, or all is well with them"),
    (1, "a monitor is dead, unresponsive, blind or failing"),
    (2, "wrong usage"),
    (5, "a system error, or this user may not ask"),
    (6, "no monitor has this identifier"),
];

/// The whole help of `topic`, line ends included.
pub fn help(topic: Topic) -> impl fmt::Display {
    fmt::from_fn(move |f| match topic {
        Topic::Program => write_program(f),
        Topic::Protocol(protocol) => write_protocol(f, protocol),
        Topic::License => write_license(f),
        Topic::Show(show) => write_show(f, show),
    })
}

/// The usage lines alone, for standard error.
pub fn usage(topic: Topic) -> impl fmt::Display {
    fmt::from_fn(move |f| write_usage(f, topic))
}

/// The version line of `topic`.
pub fn version(topic: Topic) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let name = match topic {
            Topic::Program | Topic::Show(_) => PROGRAM,
            Topic::Protocol(protocol) => protocol.info().command,
            Topic::License => LICENSE,
        };
        writeln!(f, "{name} {}", env!("CARGO_PKG_VERSION"))
    })
}

fn write_program(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "Internet Server Agent: watches a daemon and ends when it has failed.\n"
    )?;
    write_usage(f, Topic::Program)?;
    writeln!(f, "\nCommands:")?;
    for protocol in Protocol::ALL {
        let info = protocol.info();
        let (name, label, command) = (info.name, info.label, info.command);
        write_item(
            f,
            format_args!("{name}"),
            format_args!("watch the {label} daemon; the same as {command}"),
        )?;
    }
    for show in Show::ALL {
        write_item(
            f,
            format_args!("{}", show.name()),
            format_args!("{}", show.meaning()),
        )?;
    }
    write_item(
        f,
        format_args!("{LICENSE_WORD}"),
        format_args!("register licenses; the same as {LICENSE}"),
    )?;
    writeln!(f, "\n\"{PROGRAM} COMMAND --help\" tells more of each.")
}

fn write_protocol(f: &mut fmt::Formatter<'_>, protocol: Protocol) -> fmt::Result {
    let info = protocol.info();
    writeln!(
        f,
        "Watches the {} daemon and ends when it has failed.\n",
        info.label
    )?;
    write_usage(f, Topic::Protocol(protocol))?;
    writeln!(f, "\nArguments and options:")?;
    write_item(
        f,
        format_args!("IDENTIFIER"),
        format_args!(
            "names the monitor, unique on the node; 1 to 255 letters and digits, case-sensitive"
        ),
    )?;
    write_options(f, options(Topic::Protocol(protocol)))?;
    writeln!(f, "\nFor a monitor that was started before:")?;
    write_options(f, verbs())?;
    writeln!(f, "\nExit codes:")?;
    for (code, meaning) in EXIT_CODES {
        writeln!(f, "  {code}  {meaning}")?;
    }
    writeln!(f)?;
    write_wrapped(
        Wrapped::new(f, 0),
        format_args!(
            "The monitor stays in the foreground. Alerts go to syslog, to /{ALERT_LOG} and, where /{CLPLOGCMD} is \
             installed, to the cluster's alert view. Each failed check is described in /{LOGS}/{}.",
            info.failure_log
        ),
    )
}

fn write_license(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "Registers the licenses that the monitors need to start.\n"
    )?;
    write_usage(f, Topic::License)?;
    writeln!(f, "\nUses:")?;
    for [option, product] in uses() {
        let mut text = Wrapped::new(f, COLUMN.saturating_add(4));
        text.head(format_args!("{} {}", option.usage, product.usage))?;
        write_wrapped(text, format_args!("{}", option.meaning))?;
    }
    writeln!(f)?;
    write_wrapped(
        Wrapped::new(f, 0),
        format_args!(
            "A product license is registered on each host, each with a key of its own; a trial license counts \
             on every host on which it is registered or to which its file is copied. A license takes the place of one with the same serial number, a \
             product license that of the host's former one. The licenses of a host are in /{LICENSES}/HOST.lic."
        ),
    )?;
    writeln!(f, "\nExit codes:")?;
    writeln!(f, "  0  the command succeeded")?;
    writeln!(f, "  1  the command failed; nothing was changed")?;
    writeln!(f, "  5  standard output cannot be written")
}

fn write_usage(f: &mut fmt::Formatter<'_>, topic: Topic) -> fmt::Result {
    writeln!(f, "Usage:")?;
    let protocol = match topic {
        Topic::Program => {
            writeln!(f, "  {PROGRAM} COMMAND ARGUMENTS...")?;
            return writeln!(f, "  {PROGRAM} --help | --version");
        }
        Topic::License => {
            for [option, product] in uses() {
                writeln!(f, "  {LICENSE} {} {}", option.usage, product.usage)?;
            }
            return writeln!(f, "  {LICENSE} --help | --version");
        }
        Topic::Protocol(protocol) => protocol,
        Topic::Show(show) => return write_show_usage(f, show),
    };
    let command = protocol.info().command;
    let mut text = Wrapped::new(f, 6);
    text.word(format_args!("  {command} IDENTIFIER"))?;
    for option in options(topic).filter(|option| option.allowed.is_some()) {
        text.word(format_args!("[{}]", option.usage))?;
    }
    let [once, plugin] = FLAGS.each_ref().map(|flag| flag.usage);
    text.word(format_args!("[{once} [{plugin}]]"))?;
    let mut text = text.new_line()?;
    text.word(format_args!("  {command} IDENTIFIER"))?;
    for (index, verb) in verbs().enumerate() {
        if index > 0 {
            text.word(format_args!("|"))?;
        }
        text.write_fmt(format_args!("{}", verb.usage))?;
        text.end_word()?;
    }
    let mut text = text.new_line()?;
    text.word(format_args!("  {command} --help | --version"))?;
    text.new_line().map(drop)
}

fn write_show(f: &mut fmt::Formatter<'_>, show: Show) -> fmt::Result {
    write_usage(f, Topic::Show(show))?;
    writeln!(f, "\nTo {}.\n", show.meaning())?;
    if show == Show::Status {
        let meaning = "this monitor alone, with everything that it tells";
        write_item(f, format_args!("IDENTIFIER"), format_args!("{meaning}"))?;
    }
    write_options(f, options(Topic::Show(show)))?;
    writeln!(f, "\nExit codes:")?;
    for (code, meaning) in SHOW_EXIT_CODES {
        if show == Show::Status || matches!(code, 0 | 2 | 5) {
            writeln!(f, "  {code}  {meaning}")?;
        }
    }
    Ok(())
}

fn write_show_usage(f: &mut fmt::Formatter<'_>, show: Show) -> fmt::Result {
    write!(f, "  {PROGRAM} {}", show.name())?;
    for option in options(Topic::Show(show)) {
        write!(f, " [{}]", option.usage)?;
    }
    if show == Show::Status {
        write!(f, " [IDENTIFIER]")?;
    }
    writeln!(f)
}

/// What `clplcnsc` can be asked for, each with the product that it needs.
fn uses() -> impl Iterator<Item = [OptionInfo; 2]> {
    let [uses @ .., product] = &license::OPTIONS;
    uses.iter().map(|row| [row, product].map(OptionInfo::from))
}

/// Options and their descriptions.
fn write_options(
    f: &mut fmt::Formatter<'_>,
    mut options: impl Iterator<Item = OptionInfo>,
) -> fmt::Result {
    options.try_for_each(|option| {
        write_item(
            f,
            format_args!("{}", option.usage),
            format_args!("{option}"),
        )
    })
}

/// A name and its description, the latter in a column of its own.
fn write_item(
    f: &mut fmt::Formatter<'_>,
    name: fmt::Arguments<'_>,
    description: fmt::Arguments<'_>,
) -> fmt::Result {
    let mut text = Wrapped::new(f, COLUMN);
    text.head(name)?;
    write_wrapped(text, description)
}

/// Running text to the end of its last line.
fn write_wrapped(mut text: Wrapped<'_, '_>, description: fmt::Arguments<'_>) -> fmt::Result {
    text.write_fmt(description)?;
    text.new_line().map(drop)
}

/// Words in lines of at most [`WIDTH`] columns: what is written to it is cut into words at its spaces.
struct Wrapped<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    indent: usize,
    column: usize,
    /// The beginning of a word whose end has not come.
    pending: ArrayString<WIDTH>,
}

impl<'a, 'b> Wrapped<'a, 'b> {
    fn new(f: &'a mut fmt::Formatter<'b>, indent: usize) -> Self {
        Self {
            f,
            indent,
            column: 0,
            pending: ArrayString::new(),
        }
    }

    /// A name in front of the column that begins at `indent`.
    fn head(&mut self, name: fmt::Arguments<'_>) -> fmt::Result {
        append(&mut self.pending, name);
        let width = self.indent.saturating_sub(3);
        write!(self.f, "  {:<width$}", self.pending)?;
        self.pending.clear();
        self.column = self.indent.saturating_sub(1);
        Ok(())
    }

    /// A word that may hold spaces.
    fn word(&mut self, word: fmt::Arguments<'_>) -> fmt::Result {
        append(&mut self.pending, word);
        self.end_word()
    }

    fn end_word(&mut self) -> fmt::Result {
        let length = self.pending.len();
        let end = self.column.saturating_add(1).saturating_add(length);
        if self.column == 0 {
            self.column = length;
        } else if end <= WIDTH {
            self.f.write_str(" ")?;
            self.column = end;
        } else {
            write!(self.f, "\n{:width$}", "", width = self.indent)?;
            self.column = self.indent.saturating_add(length);
        }
        self.f.write_str(&self.pending)?;
        self.pending.clear();
        Ok(())
    }

    fn new_line(mut self) -> Result<Self, fmt::Error> {
        if !self.pending.is_empty() {
            self.end_word()?;
        }
        self.f.write_str("\n")?;
        Ok(Self { column: 0, ..self })
    }
}

impl Write for Wrapped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut is_first = true;
        // Ends: one pass over the pieces between spaces; a space ends the word in front of it.
        for piece in text.split(' ') {
            if !is_first {
                self.end_word()?;
            }
            is_first = false;
            append(&mut self.pending, format_args!("{piece}"));
        }
        Ok(())
    }
}
