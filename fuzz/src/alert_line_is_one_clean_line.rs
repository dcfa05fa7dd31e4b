//! Whatever is to be told, every sink gets one whole line without a control character, never longer than its buffer.

use super::help::input::Input;
use clp_isa::alert::Alert;
use clp_isa::event::{Event, Failure};
use clp_isa::limits::LINE_MAX;
use clp_isa::module::Module;
use clp_isa::paths::Paths;
use clp_isa::units::{Errno, Moment, Wall};
use std::{fs, os::unix::net::UnixDatagram};

/// Bytes: two of choices, the time, the identifier's length, the identifier, and what the failure log is to hold.
pub fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (module, kind) = (Module::ALL[usize::from(input.below(2))], input.byte());
    let (number, seconds) = (input.number().cast_signed(), i64::from(input.number()) << 8);
    let length = usize::from(input.byte());
    let shown = String::from_utf8_lossy(input.bytes(length)).into_owned();
    let told = String::from_utf8_lossy(input.rest()).into_owned();
    let event = match kind % 4 {
        0 => Event::System {
            call: "connect",
            errno: Errno(number),
        },
        1 => Event::Failure(Failure::LookUp(number)),
        2 => Event::Failure(Failure::InvalidStatus(number.unsigned_abs() as u16)),
        _ => Event::NoIdentifier,
    };
    let folder = std::env::temp_dir().join(format!("isa-alert-{}", std::process::id()));
    let paths = Paths::new(Some(folder.clone().into()));
    fs::create_dir_all(folder.join("dev")).unwrap();
    let daemon = UnixDatagram::bind(paths.syslog()).unwrap();
    let mut alert = Alert::open(&paths, module, &shown, 4711);
    let wall = Wall { seconds, nanos: 0 };
    alert.raise(event, wall, Moment::default());
    alert.record(wall, format_args!("{told}"));
    let mut datagram = [0; 2 * LINE_MAX];
    let heard = daemon.recv(&mut datagram).unwrap();
    let logs = [paths.alert_log(), paths.failure_log(module)].map(|path| fs::read(path).unwrap());
    fs::remove_dir_all(folder).unwrap();

    assert!(heard <= LINE_MAX);
    let lines = logs
        .iter()
        .map(|log| log.strip_suffix(b"\n").expect("a line end"));
    for line in lines.chain([&datagram[..heard]]) {
        let text = core::str::from_utf8(line).expect("half a character");
        let is_tab = |character: char| character == '\t';
        assert!(
            line.len() < LINE_MAX + 1 && !text.contains(|c: char| c.is_control() && !is_tab(c))
        );
    }
}
