//! Every cap and buffer size of the program, in one place.
//!
//! Owns the numbers; refuses logic. The assertions at the end tie the sizes together, so that a change of one
//! that breaks another does not compile.

use core::time::Duration;
use static_assertions::const_assert;

/// Longest monitor identifier, in bytes (guide, chapter 2).
pub const IDENTIFIER_MAX: usize = 255;
/// Longest server name given with `-s`, in bytes (guide, chapter 2).
pub const SERVER_MAX: usize = 255;
/// Longest Request-URI given with `-h`, in bytes (guide, chapter 2).
pub const URI_MAX: usize = 255;
/// Largest value of `-i`, `-c`, `-r` and of the wait after `--stop` (guide, chapter 2).
pub const OPTION_MAX: u16 = 10_000;

/// Longest text of an event, in bytes: the longest sentence plus an identifier.
pub const MESSAGE_MAX: usize = 512;
/// Longest line of the alert log and of the failure log, in bytes, line end included.
pub const LINE_MAX: usize = 1024;
/// Longest host name shown in the alert log, in bytes (gethostname(2)); a longer one is cut.
pub const HOST_NAME_MAX: usize = 64;
/// Bytes kept of an answer that was not understood or that refuses, for the failure log and `status`.
pub const EXCERPT_MAX: usize = 80;

/// Addresses of one name that a check tries.
pub const ADDRESSES_MAX: usize = 8;
/// Longest line of `/etc/hosts` that is looked at, in bytes; the rest of a longer one is skipped.
pub const HOSTS_LINE_MAX: usize = 1024;
/// Longest answer of the look-up child, in bytes.
pub const LOOKUP_ANSWER_MAX: usize = 1024;

/// Longest HTTP request that can be made from valid options, in bytes.
pub const REQUEST_MAX: usize = 1024;
/// Bytes taken from a socket in one read.
pub const RECEIVE_MAX: usize = 2048;
/// Longest head of one HTTP reply that is read, in bytes; a longer one is judged by its status code.
pub const HTTP_HEAD_MAX: usize = 64 * 1024;
/// Interim (1xx) replies that are skipped before the final one.
pub const HTTP_INTERIM_MAX: u8 = 100;
/// Bytes of an unwanted body that are read before closing, so that the close is a FIN and not a RST.
pub const DRAIN_MAX: usize = 64 * 1024;
/// Longest line of an SMTP reply that is looked at, in bytes; longer text is cut (RFC 5321, 4.5.3.1.5).
pub const SMTP_LINE_MAX: usize = 512;
/// Lines of one SMTP reply.
pub const SMTP_LINES_MAX: u8 = 100;
/// Longest SMTP reply that is read, in bytes; a longer one is refused with its code.
pub const SMTP_REPLY_MAX: usize = HTTP_HEAD_MAX;
/// Longest wait for the answer to QUIT.
pub const FAREWELL: Duration = Duration::from_secs(1);

/// How late the loop may wake after a deadline before the process counts as not having been run.
pub const LATE: Duration = Duration::from_millis(500);
/// Late checks in a row that are excused.
pub const LATE_EXCUSES: u8 = 3;

/// Size at which a log is rotated, in bytes.
pub const LOG_MAX: u64 = 1024 * 1024;
/// Size past which a log is not written although it could not be rotated, in bytes.
pub const LOG_REFUSED: u64 = 2 * LOG_MAX;
/// Bytes of messages that are kept for a syslog daemon without room: some thirty of them.
pub const SYSLOG_KEPT: usize = 4096;
/// From the first try of what is kept to the next; each pause is twice as long as the one before.
pub const SYSLOG_RETRY_FIRST: Duration = Duration::from_millis(20);
/// The longest of these pauses.
pub const SYSLOG_RETRY_LAST: Duration = Duration::from_secs(1);
/// `clplogcmd` children running at once.
pub const CLPLOGCMD_RUNNING: usize = 4;
/// Alerts waiting for a `clplogcmd` child to end.
pub const CLPLOGCMD_WAITING: usize = 8;
/// Time a `clplogcmd` child may take.
pub const CLPLOGCMD_TIME: Duration = Duration::from_secs(10);

/// Control clients served at once.
pub const CONTROL_CLIENTS: usize = 4;
/// Time a control client may take to send its command.
pub const CONTROL_TIME: Duration = Duration::from_secs(5);
/// Time a monitor may take to answer a control client.
pub const CONTROL_ANSWER: Duration = Duration::from_secs(10);
/// Longest control command and reply, in bytes, line end included.
pub const CONTROL_LINE_MAX: usize = 512;
/// Longest line in which a monitor tells of itself, in bytes, without its end.
pub const STATUS_MAX: usize = 1600;
/// Longest reply on the control socket, in bytes, line end included.
pub const CONTROL_REPLY_MAX: usize = STATUS_MAX + 8;
/// Time that all monitors together have to answer when they are asked how they fare.
pub const SURVEY: Duration = Duration::from_secs(1);
/// Alerts that `alerts` shows if it is not told how many.
pub const ALERTS_SHOWN: u16 = 20;
/// Longest identifier record, in bytes.
pub const RECORD_MAX: usize = 1024;
/// Longest file of license records, in bytes; a longer one is none of ours.
pub const LICENSE_FILE_MAX: usize = 64 * 1024;
/// Longest line of a license record or of an answer to `clplcnsc`, in bytes.
pub const LICENSE_LINE_MAX: usize = 1024;
/// Damaged license records that a start tells of one by one; the rest is counted.
pub const LICENSE_TROUBLES_MAX: usize = 8;

const_assert!(MESSAGE_MAX >= IDENTIFIER_MAX + 128);
const_assert!(LINE_MAX >= MESSAGE_MAX + IDENTIFIER_MAX + 128);
const_assert!(LINE_MAX >= MESSAGE_MAX + HOST_NAME_MAX + 128);
// A byte of an excerpt is four bytes there.
const_assert!(LINE_MAX >= IDENTIFIER_MAX + 4 * EXCERPT_MAX + 384);
const_assert!(SYSLOG_KEPT >= 4 * LINE_MAX);
const_assert!(REQUEST_MAX >= URI_MAX + SERVER_MAX + 256);
const_assert!(CONTROL_LINE_MAX >= IDENTIFIER_MAX + 64);
// A byte of an excerpt is three bytes there.
const_assert!(STATUS_MAX >= SERVER_MAX + URI_MAX + 3 * EXCERPT_MAX + 750);
const_assert!(CONTROL_REPLY_MAX >= CONTROL_LINE_MAX);
const_assert!(RECORD_MAX >= IDENTIFIER_MAX + 256);
const_assert!(LOG_MAX > LINE_MAX as u64);
const_assert!(RECEIVE_MAX >= SMTP_LINE_MAX);
const_assert!(HTTP_HEAD_MAX > RECEIVE_MAX);
// Every line that may be sent, as long as it may be.
const_assert!(SMTP_REPLY_MAX / SMTP_LINE_MAX > SMTP_LINES_MAX as usize);
