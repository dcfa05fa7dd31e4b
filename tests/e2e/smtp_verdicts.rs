//! Mail servers that are healthy, however oddly they speak, and the good order in which a check leaves them.
//!
//! What is a failure lies in `smtp_failures`.

use crate::support::smtp::{
    ANSWER, End, GOODBYE, GREETING, Mailer, SLACK, Script, Talk, lines, watch,
};
use crate::support::{PATIENCE, Root, rows};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest wait for the answer to QUIT (docs/reference.md, "SMTP").
const FAREWELL: Duration = Duration::from_secs(1);

/// A healthy server.
struct Row {
    name: String,
    script: Script,
    /// How the client, or the script, ends it.
    end: End,
    /// The script does not hear whether the client said QUIT.
    is_deaf: bool,
}

fn row(name: &str, script: impl Fn(&mut Talk<'_>) + Send + Sync + 'static) -> Row {
    Row {
        name: name.into(),
        script: Arc::new(script),
        end: End::Closed,
        is_deaf: false,
    }
}

/// A server whose three replies come in these pieces, each sent when the client has taken the one before, or has
/// answered the reply before.
fn polite(name: &str, replies: [Vec<Vec<u8>>; 3]) -> Row {
    row(name, move |talk| {
        for (turn, pieces) in replies.iter().enumerate() {
            if turn > 0 {
                talk.hear();
            }
            if let Some((last, before)) = pieces.split_last() {
                before.iter().for_each(|piece| talk.say_and_wait(piece));
                talk.say(last);
            }
        }
    })
}

/// A server with these replies, each in one piece.
fn plain(name: &str, replies: [&str; 3]) -> Row {
    polite(name, replies.map(|reply| vec![reply.into()]))
}

/// A server that is well until QUIT, and then does this.
fn farewell(name: &str, end: End, leave: fn(&mut Talk<'_>)) -> Row {
    let row = row(name, move |talk| {
        talk.say(GREETING);
        talk.hear();
        talk.say(ANSWER);
        talk.hear();
        leave(talk);
    });
    Row { end, ..row }
}

/// A monitor of that server makes one check, which leaves in good order; then it is stopped, and nothing was wrong.
fn is_healthy(row: &Row) {
    let name = &row.name;
    let root = Root::new();
    let mailer = Mailer::start(Arc::clone(&row.script));
    let mut monitor = watch(&root, &mailer.port(), "-i 10000 -c 1 -r 10");
    let transcript = mailer.transcript();
    assert_eq!(
        transcript.early, "",
        "{name}: spoke out of turn: {transcript:?}"
    );
    let heard = if row.is_deaf {
        &["NOOP\r\n"][..]
    } else {
        &["NOOP\r\n", "QUIT\r\n"]
    };
    assert_eq!(transcript.heard, heard, "{name}: {transcript:?}");
    assert_eq!(transcript.end, row.end, "{name}: {transcript:?}");
    if row.end == End::Closed {
        assert!(
            transcript.lingered < FAREWELL + SLACK,
            "{name}: {transcript:?}"
        );
    }

    let stop = root.run_as("clp_smtpmon", &["x", "--stop"]);
    assert_eq!(stop.code, 0, "{name}: {stop:?}");
    assert_eq!(monitor.code(), 0, "{name}");
    assert_eq!(root.ids(), [1, 2, 3], "{name}: {:?}", root.alerts());
    let noted = root.noted_checks("smtpmon");
    assert!(noted.is_empty(), "{name}: {noted:?}");
}

fn run(rows: &[Row]) {
    rows::run(rows::AT_ONCE, rows, |row| row.name.clone(), is_healthy);
}

/// A reply of two lines, both of so many bytes with their ends.
fn long(code: u16, length: usize) -> String {
    let text = "x".repeat(length - 6);
    format!("{code}-{text}\r\n{code} {text}\r\n")
}

#[test]
fn healthy_however_it_speaks() {
    let bare = ["220\r\n", "250\r\n", "221\r\n"];
    let multi = [
        "220-mx.example.test ESMTP\r\n220-no spam\r\n220 ready\r\n",
        "250-2.0.0\r\n250 Ok\r\n",
        "221-2.0.0\r\n221 Bye\r\n",
    ];
    let mut rows = vec![
        plain("single lines", [GREETING, ANSWER, GOODBYE]),
        plain("several lines", multi),
        plain("bare codes", bare),
        plain("bare codes, LF only", ["220\n", "250\n", "221\n"]),
        plain(
            "LF only",
            ["220-mx\n220 ready\n", "250-2.0.0\n250 Ok\n", "221 Bye\n"],
        ),
        plain(
            "bare code as the last of several",
            ["220-mx\r\n220\r\n", "250-\r\n250\r\n", GOODBYE],
        ),
        plain(
            "a code of its own for each reply",
            [GREETING, "299 what\r\n", GOODBYE],
        ),
        plain("no code but 2xx", [GREETING, "200\r\n", GOODBYE]),
        plain("100 lines", [&lines(220, 100), &lines(250, 100), GOODBYE]),
        row("one byte at a time", move |talk| {
            talk.say_bytewise(multi[0]);
            talk.hear();
            talk.say_bytewise(multi[1]);
            talk.hear();
            talk.say_bytewise(multi[2]);
        }),
        row("second line of the greeting late", |talk| {
            talk.say_and_wait("220-mx.example.test ESMTP\r\n");
            talk.pause(Duration::from_millis(400));
            talk.say_and_wait("220-still thinking\r\n220 ");
            talk.pause(Duration::from_millis(400));
            talk.say("ready\r\n");
            talk.hear();
            talk.say(ANSWER);
            talk.hear();
            talk.say(GOODBYE);
        }),
        row("answer to NOOP late", |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.pause(Duration::from_millis(400));
            talk.say_and_wait("250-2.0.0\r\n");
            talk.pause(Duration::from_millis(400));
            talk.say("250 Ok\r\n");
            talk.hear();
            talk.say(GOODBYE);
        }),
    ];
    for length in [512, 513, 32_768] {
        let name = format!("lines of {length} bytes");
        rows.push(plain(
            &name,
            [&long(220, length), &long(250, length), GOODBYE],
        ));
    }
    run(&rows);
}

#[test]
fn healthy_wherever_the_replies_are_split() {
    let replies = [
        "220-mx.example.test ESMTP\r\n220 ready\r\n",
        "250-2.0.0\r\n250 Ok\r\n",
        "221 2.0.0 Bye\r\n",
    ];
    let mut rows = Vec::new();
    for (turn, reply) in replies.iter().enumerate() {
        for at in 1..reply.len() {
            let mut pieces = replies.map(|reply| vec![reply.as_bytes().to_vec()]);
            let (first, second) = reply.as_bytes().split_at(at);
            pieces[turn] = vec![first.to_vec(), second.to_vec()];
            rows.push(polite(&format!("{reply:?} split at {at}"), pieces));
        }
    }
    assert!(rows.len() > 60);
    run(&rows);
}

#[test]
fn healthy_however_quit_goes() {
    let deaf = |name, end, script: fn(&mut Talk<'_>)| Row {
        end,
        is_deaf: true,
        ..row(name, script)
    };
    let rows = [
        farewell("QUIT unanswered", End::Closed, |_| {}),
        farewell("QUIT answered with 5xx", End::Closed, |talk| {
            talk.say("554 5.5.1 never heard of it\r\n");
        }),
        farewell("QUIT answered with 4xx", End::Closed, |talk| {
            talk.say("421 4.3.2 busy\r\n");
        }),
        farewell("QUIT answered with no code", End::Closed, |talk| {
            talk.say("bye bye\r\n");
        }),
        farewell("QUIT answered in part", End::Closed, |talk| {
            talk.say("221-2.0.0\r\n22");
        }),
        farewell("closed at QUIT", End::Left, |talk| talk.leave()),
        farewell("reset at QUIT", End::Left, |talk| talk.reset()),
        farewell("reset within the answer to QUIT", End::Left, |talk| {
            talk.say_and_wait("221-2.0.0\r\n22");
            talk.reset();
        }),
        // Dripped for much longer than the farewell may take; a client that has gone ends it.
        farewell("QUIT answer dripped", End::Closed, |talk| {
            talk.drip("221-");
        }),
        // The connection is gone before the client can say QUIT, or while it does.
        deaf("closed after the answer to NOOP", End::Left, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say(ANSWER);
            talk.leave();
        }),
        deaf("reset after the answer to NOOP", End::Left, |talk| {
            talk.say(GREETING);
            talk.hear();
            talk.say(ANSWER);
            talk.reset();
        }),
    ];
    run(&rows);
}

/// A server that takes so long to answer NOOP, and never answers QUIT.
fn deaf_to_quit(answering: Duration) -> Mailer {
    Mailer::start(Arc::new(move |talk| {
        talk.say(GREETING);
        talk.hear();
        talk.pause(answering);
        talk.say(ANSWER);
        talk.hear();
    }))
}

#[test]
fn the_answer_to_quit_is_waited_for() {
    let root = Root::new();
    let mailer = deaf_to_quit(Duration::ZERO);
    let _monitor = watch(&root, &mailer.port(), "-i 10000 -c 1 -r 10");
    let transcript = mailer.transcript();
    // It waits at all: half of what it may, to be clear of the moment at which its clock was read.
    assert!(transcript.lingered > FAREWELL / 2, "{transcript:?}");
}

/// With the answer to NOOP 300 ms before the deadline of 1 s, a whole farewell would last 1.7 s. The machine may add to
/// any one conversation: one is enough.
#[test]
fn the_answer_to_quit_is_not_waited_for_past_the_deadline() {
    let root = Root::new();
    let mailer = deaf_to_quit(Duration::from_millis(700));
    let _monitor = watch(&root, &mailer.port(), "-i 1 -c 10000 -r 1");
    let start = Instant::now();
    loop {
        let transcript = mailer.transcript();
        if transcript.heard == ["NOOP\r\n", "QUIT\r\n"]
            && transcript.lasted < Duration::from_millis(1400)
        {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{transcript:?}");
    }
}

/// Checks of one monitor, one after the other: every one of them leaves in good order.
#[test]
fn leaves_in_good_order_again_and_again() {
    let mailer = Mailer::healthy();
    let root = Root::new();
    let mut monitor = watch(&root, &mailer.port(), "-i 10000 -c 1 -r 10");
    for _ in 0..30 {
        let transcript = mailer.transcript();
        assert_eq!(transcript.early, "", "{transcript:?}");
        assert_eq!(transcript.heard, ["NOOP\r\n", "QUIT\r\n"]);
        assert_eq!(transcript.end, End::Closed);
        // Resuming checks at once.
        for verb in ["--pause", "--resume"] {
            let output = root.run_as("clp_smtpmon", &["x", verb]);
            assert_eq!(output.code, 0, "{output:?}");
        }
    }
    assert!(monitor.is_running());
    assert!(root.ids().iter().all(|id| [1, 2, 7, 8].contains(id)));
}
