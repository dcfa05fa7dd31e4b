//! What is shown, in order.

use crate::scene::Scene;
use crate::server::Server;
use crate::service::{MAIL, Service, WEB};
use crate::trouble::{Outcome, Trouble};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// Longest time the story may take; it takes about ten seconds.
const STORY_MAX: Duration = Duration::from_secs(30);
/// How long a monitor is paused.
const PAUSE: Duration = Duration::from_millis(1500);

/// The whole story, with servers of our own.
pub(crate) fn tell() -> Outcome<()> {
    let mut scene = Scene::open()?;
    scene.deadline = Instant::now().checked_add(STORY_MAX);
    let (web, mail) = (scene.serve(&WEB)?, scene.serve(&MAIL)?);
    scene.tell("A web server and a mail server are up. A monitor is started for each:")?;
    scene.tell("a check every second (-i 1) of at most 1 s (-r 1), two retries (-c 2).")?;
    for (service, server) in [(&WEB, &web), (&MAIL, &mail)] {
        let port = server.port().to_string().into();
        start(
            &mut scene,
            service,
            "127.0.0.1".into(),
            port,
            ["1", "2", "1"],
        )?;
    }
    scene.follow_checks(3)?;
    scene.tell("All healthy: nothing to report. The mail server needs maintenance, so its")?;
    scene.tell("checks are paused; those of the web server go on.")?;
    scene.command(&MAIL, "--disp")?;
    scene.command(&MAIL, "--pause")?;
    let paused = Instant::now();
    scene.follow(|_| paused.elapsed() >= PAUSE)?;
    scene.tell("Resumed, the monitor checks at once.")?;
    scene.command(&MAIL, "--resume")?;
    scene.follow_checks(4)?;
    scene.tell("Now the web server stalls: it still accepts connections, and answers nothing.")?;
    scene.tell("Its monitor must end within 3 s of the first failed check's start.")?;
    fail(&mut scene, &WEB, &web)?;
    scene.tell("Three failed checks in a row: exit code 1. On a cluster node the pid monitor")?;
    scene.tell("sees that end now, and the cluster fails the service over.")?;
    scene.tell("Now the mail server turns everybody away.")?;
    fail(&mut scene, &MAIL, &mail)?;
    scene.tell("Syslog was told of every event, too; its last message was:")?;
    scene.tell(&scene.told_syslog)
}

/// Starts a monitor with these values of `-i`, `-c` and `-r`.
fn start(
    scene: &mut Scene,
    service: &'static Service,
    host: OsString,
    port: OsString,
    timing: [&str; 3],
) -> Outcome<()> {
    let timing = timing.map(OsString::from);
    let values = [host, port].into_iter().chain(timing);
    let options = ["-s", "-n", "-i", "-c", "-r"].map(OsString::from);
    let words = options.into_iter().zip(values);
    scene.start(service, words.flat_map(|(option, value)| [option, value]))
}

/// Breaks the server, and sees its monitor to the end that this must have.
fn fail(scene: &mut Scene, service: &'static Service, server: &Server) -> Outcome<()> {
    server.break_down();
    scene.follow_to_end(service)?;
    match scene.end(service).unwrap_or_default() {
        status if status.code() == Some(1) => Ok(()),
        status => Err(Trouble::Ended(status)),
    }
}

/// Watches the reader's server. Gives the monitor's exit code.
pub(crate) fn watch(service: &'static Service, host: OsString, port: OsString) -> Outcome<u8> {
    let mut scene = Scene::open()?;
    scene.tell("A healthy check writes nothing. Make the server fail to see more;")?;
    scene.tell("Ctrl-C ends the monitor.")?;
    start(&mut scene, service, host, port, ["2", "2", "5"])?;
    match scene.follow_to_end(service) {
        // As the reader wished: the monitor has ended.
        Ok(()) | Err(Trouble::Interrupted) => {}
        Err(trouble) => return Err(trouble),
    }
    let status = scene.end(service).unwrap_or_default();
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.ok_or(Trouble::Ended(status))
}
