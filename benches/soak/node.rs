//! The node: a root of its own, its syslog daemon, the monitors.

use crate::service::{Kind, Service};
use crate::store;
use clp_isa_core::license::key::{Serial, Terms};
use clp_isa_core::license::record::Record;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(crate) struct Node {
    root: PathBuf,
    /// How many alerts of each id came to the syslog daemon.
    heard: Arc<Mutex<[usize; 256]>>,
    /// Lines of the failure logs that tell of losses; each has its own time and process.
    told: BTreeSet<String>,
}

impl Node {
    pub(crate) fn new() -> Self {
        let root = std::env::temp_dir().join(format!("isa-soak{}", std::process::id()));
        fs::create_dir_all(root.join("dev")).unwrap();
        let daemon = UnixDatagram::bind(root.join("dev/log")).unwrap();
        let serial = Serial::parse(b"ABC0000001").unwrap();
        let license = Record::issue(serial, Terms::Product).unwrap();
        store::register(&root, license);
        let heard = Arc::new(Mutex::new([0; 256]));
        let counts = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut datagram = [0; 2048];
            while let Ok(length) = daemon.recv(&mut datagram) {
                let text = String::from_utf8_lossy(&datagram[..length]);
                let id = text
                    .split_once("<event: ")
                    .unwrap()
                    .1
                    .split_once('>')
                    .unwrap()
                    .0;
                counts.lock().unwrap()[id.parse::<usize>().unwrap()] += 1;
            }
        });
        Self {
            root,
            heard,
            told: BTreeSet::new(),
        }
    }

    /// Once the daemon has heard all.
    pub(crate) fn events(&self) -> [usize; 256] {
        let (mut before, deadline) = ([0; 256], Instant::now() + Duration::from_secs(5));
        loop {
            let now = *self.heard.lock().unwrap();
            if now == before || Instant::now() > deadline {
                return now;
            }
            before = now;
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What the monitor does now, and the last of what the failure log says of it.
    pub(crate) fn told_of(&self, watch: &Watch) -> String {
        let stat = fs::read_to_string(format!("/proc/{}/stat", watch.child.id()));
        let lines = self.lines(watch);
        let last = lines[lines.len().saturating_sub(20)..].join("\n");
        format!("{}{last}", stat.unwrap_or_default())
    }

    /// How long those checks of the monitor took that were void because it was not run.
    pub(crate) fn not_run(&self, watch: &Watch) -> Duration {
        let lines = self.lines(watch);
        let void = lines
            .iter()
            .filter(|line| line.contains("(this process was not run"));
        let took = void.map(|line| {
            let (before, _) = line.rsplit_once(" ms; repeated").unwrap();
            before.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_millis(took.sum())
    }

    fn lines(&self, watch: &Watch) -> Vec<String> {
        let process = format!(" [{}] ", watch.child.id());
        let text = self.log("httpmon.log.1") + &self.log("httpmon.log");
        let lines = text.lines().filter(|line| line.contains(&process));
        lines.map(str::to_owned).collect()
    }

    fn log(&self, name: &str) -> String {
        let dir = self.root.join("opt/nec/clusterpro/log");
        fs::read_to_string(dir.join(name)).unwrap_or_default()
    }

    /// How many messages to syslog the failure logs have told to be lost until now. To be called more often than the logs
    /// are rotated twice.
    pub(crate) fn told_lost(&mut self) -> usize {
        for log in [
            "httpmon.log",
            "httpmon.log.1",
            "smtpmon.log",
            "smtpmon.log.1",
        ] {
            let text = self.log(log);
            let told = text
                .lines()
                .filter(|line| line.contains(": syslog: ") && line.ends_with(" lost"));
            self.told.extend(told.map(str::to_owned));
        }
        let count = |line: &String| line.rsplit(' ').nth(3)?.parse::<usize>().ok();
        self.told.iter().filter_map(count).sum()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// A monitor and its service.
#[derive(Debug)]
pub(crate) struct Watch {
    number: usize,
    pub(crate) service: Service,
    child: Child,
}

impl Watch {
    pub(crate) fn new(node: &Node, number: usize, kind: Kind) -> Self {
        let service = Service::new(kind, number);
        let child = start(node, number, &service);
        Self {
            number,
            service,
            child,
        }
    }

    pub(crate) fn restart(&mut self, node: &Node) {
        self.service.revive(self.number);
        self.child = start(node, self.number, &self.service);
    }

    /// Exit code and time, if the monitor has ended.
    pub(crate) fn ended(&mut self) -> Option<(i32, Instant)> {
        let status = self.child.try_wait().unwrap()?;
        Some((status.code().unwrap_or(-1), Instant::now()))
    }

    /// Whether it ended on request, in good order: otherwise by a failure of its service before that.
    pub(crate) fn stop(mut self) -> bool {
        kill(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGTERM,
        )
        .unwrap();
        match (
            self.child.wait().unwrap().code(),
            self.service.first_failure(),
        ) {
            (Some(0), _) => true,
            (Some(1), Some(_)) => false,
            end => panic!("a false end: {self:?} with {end:?}"),
        }
    }
}

fn start(node: &Node, number: usize, service: &Service) -> Child {
    let name = if service.kind == Kind::Mail {
        "clp_smtpmon"
    } else {
        "clp_httpmon"
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_clp_isa"));
    command
        .arg0(name)
        .args([
            &format!("soak{number}"),
            "-s",
            "127.0.0.1",
            "-i",
            "1",
            "-r",
            "2",
            "-c",
            "2",
            "-n",
        ])
        .arg(service.port.to_string())
        .env("CLP_ISA_ROOT", &node.root)
        .stdin(Stdio::null());
    if service.kind != Kind::Mail {
        command.args(["-h", "/x"]);
    }
    command.spawn().unwrap()
}

/// Resident memory in KiB and descriptors of the monitors that are never restarted: the largest of each.
pub(crate) fn usage(watches: &[Watch]) -> (i64, i64) {
    let steady = watches
        .iter()
        .filter(|watch| !matches!(watch.service.kind, Kind::Dying(_)));
    let figures = steady.map(|watch| {
        let process = PathBuf::from(format!("/proc/{}", watch.child.id()));
        let status = fs::read_to_string(process.join("status")).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let memory: i64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        (
            memory,
            i64::try_from(fs::read_dir(process.join("fd")).unwrap().count()).unwrap(),
        )
    });
    figures.fold((0, 0), |most, figure| {
        (most.0.max(figure.0), most.1.max(figure.1))
    })
}
