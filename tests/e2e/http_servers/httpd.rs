//! nginx and Apache httpd as child processes: configuration, start, stop, freeze, and their logs.

use crate::support::files::chmod;
use crate::support::{Monitor, Root, is_root, skip, wait_for};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Nginx,
    Apache,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache2",
        }
    }

    /// The installed program. Without one the test is skipped.
    fn program(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|folder| folder.join(self.name()))
            .find(|program| program.is_file());
        if found.is_none() {
            skip(&format!("{} is not installed", self.name()));
        }
        found
    }

    /// Whether this line of the error log is one that the server writes at every start: its level and its text.
    fn is_start_notice(self, line: &str) -> bool {
        let notices: &[(&str, &str)] = match self {
            Self::Nginx => &[
                ("[notice] ", ": using the \"epoll\" event method"),
                ("[notice] ", ": nginx/"),
                ("[notice] ", ": OS: Linux"),
                ("[notice] ", ": getrlimit(RLIMIT_NOFILE)"),
                ("[notice] ", ": start worker process"),
            ],
            Self::Apache => &[
                ("[mpm_event:notice] ", "] AH00489: "), // configured, resuming normal operations
                ("[mpm_event:info] ", "] AH00490: "),   // when it was built
                ("[core:notice] ", "] AH00094: "),      // its command line
            ],
        };
        notices
            .iter()
            .any(|(level, text)| line.contains(level) && line.contains(text))
    }

    /// The configuration: `/` is there, `/auth/` wants a user, `/down` is a 503, `/moved` a redirect. The error log
    /// tells more than by default: connections that ended badly too.
    fn configuration(self, folder: &Path, authority: &str) -> String {
        let folder = folder.display();
        // Root's server hands its work to processes without root; another user's has no choice.
        let is_root = is_root();
        match self {
            Self::Nginx => {
                let user = if is_root { "user nobody nogroup;" } else { "" };
                format!(
                    "daemon off; worker_processes 1; pid {folder}/pid; {user}
                    error_log {folder}/error.log info;
                    events {{ worker_connections 64; }}
                    http {{
                      log_format plain '\"$request\" $status \"$http_user_agent\"';
                      access_log {folder}/access.log plain;
                      client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
                      fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
                      scgi_temp_path {folder}/scgi;
                      server {{
                        listen {authority}; root {folder}/site;
                        location /auth/ {{ auth_basic x; auth_basic_user_file {folder}/users; }}
                        location = /down {{ return 503; }}
                        location = /moved {{ return 302 /; }}
                        location = /closed {{ return 444; }}
                      }}
                    }}\n"
                )
            }
            Self::Apache => {
                let user = if is_root {
                    "User nobody\nGroup nogroup"
                } else {
                    ""
                };
                let modules: String = [
                    "mpm_event",
                    "authn_core",
                    "authn_file",
                    "authz_core",
                    "authz_user",
                    "auth_basic",
                    "dir",
                    "alias",
                ]
                .map(|name| {
                    format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
                })
                .concat();
                format!(
                    "ServerRoot {folder}\nServerName localhost\nListen {authority}\nPidFile {folder}/pid
                    DefaultRuntimeDir {folder}\nMutex file:{folder} default\n{modules}{user}
                    ErrorLog {folder}/error.log\nLogLevel info
                    LogFormat \"\\\"%r\\\" %>s \\\"%{{User-Agent}}i\\\"\" plain
                    CustomLog {folder}/access.log plain
                    ServerLimit 1\nStartServers 1\nThreadsPerChild 32\nMaxRequestWorkers 32
                    MinSpareThreads 1\nMaxSpareThreads 32
                    DocumentRoot {folder}/site
                    <Directory {folder}/site>\nRequire all granted\n</Directory>
                    <Location /auth/>\nAuthType Basic\nAuthName x\nAuthUserFile {folder}/users
                    Require valid-user\n</Location>
                    Redirect 503 /down\nRedirect 302 /moved /\n"
                )
            }
        }
    }

    fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        match self {
            Self::Nginx => command
                .arg("-e")
                .arg(folder.join("error.log"))
                .arg("-p")
                .arg(folder)
                .arg("-c"),
            Self::Apache => command.args(["-DFOREGROUND", "-f"]),
        };
        command.arg(folder.join("configuration"));
        command
    }
}

/// A server with its workers, in a process group of its own. All of them are killed at the end.
pub(super) struct Httpd {
    kind: Kind,
    program: PathBuf,
    folder: PathBuf,
    address: IpAddr,
    port: u16,
    child: Option<Child>,
}

impl Httpd {
    /// A server that listens on a loopback address no other test uses: nobody can take its port while it is stopped.
    pub(super) fn start(kind: Kind, root: &Root) -> Option<Self> {
        static COUNT: AtomicU8 = AtomicU8::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, 64 + count % 128, high, low);
        Self::start_on(kind, root, address.into())
    }

    pub(super) fn start_on(kind: Kind, root: &Root, address: IpAddr) -> Option<Self> {
        let program = kind.program()?;
        let folder = root.join("httpd");
        let site = folder.join("site");
        fs::create_dir_all(site.join("auth")).unwrap();
        fs::write(site.join("index.html"), "hello\n").unwrap();
        // The password is "secret"; nobody gives it.
        fs::write(
            folder.join("users"),
            "someone:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",
        )
        .unwrap();
        for path in [root.path(), &folder, &site, &site.join("auth")] {
            chmod(path, 0o755);
        }
        let mut httpd = Self {
            kind,
            program,
            folder,
            address,
            port: 0,
            child: None,
        };
        // A port may be taken between its choice and the start; hardly five times.
        let started = (0..5).any(|_| {
            let listener = TcpListener::bind((address, 0)).unwrap();
            httpd.port = listener.local_addr().unwrap().port();
            drop(listener);
            httpd.launch()
        });
        assert!(started, "{kind:?}: {}", httpd.read("output"));
        Some(httpd)
    }

    /// Starts the program on its port. Says whether it listens; else it has ended.
    pub(super) fn launch(&mut self) -> bool {
        let authority = SocketAddr::new(self.address, self.port).to_string();
        let configuration = self.kind.configuration(&self.folder, &authority);
        fs::write(self.folder.join("configuration"), configuration).unwrap();
        let output = fs::File::create(self.folder.join("output")).unwrap();
        let mut child = self
            .kind
            .command(&self.program, &self.folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = child.id().to_string();
        // Both write their pid once they listen. A connection would show, as one without a request.
        let listens = wait_for("the server's pid file", || {
            if child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            (self.read("pid").trim() == pid).then_some(true)
        });
        self.child = listens.then_some(child);
        listens
    }

    fn group(&self) -> Pid {
        let child = self.child.as_ref().expect("the server is stopped");
        Pid::from_raw(i32::try_from(child.id()).unwrap())
    }

    /// Ends the server as its administrator would, and waits for its end. `monitor` is held meanwhile: a check in
    /// the midst of it would be told of a reset, rightly, instead of being refused.
    pub(super) fn stop(&mut self, monitor: &Monitor) {
        monitor.signal(Signal::SIGSTOP);
        kill(self.group(), Signal::SIGTERM).unwrap();
        let mut child = self.child.take().unwrap();
        wait_for("the server's end", || child.try_wait().unwrap());
        monitor.signal(Signal::SIGCONT);
    }

    /// Stops master and workers where they are; the kernel goes on accepting for them.
    pub(super) fn freeze(&self) {
        let group = self.group();
        killpg(group, Signal::SIGSTOP).unwrap();
        wait_for("all processes of the server to be stopped", || {
            let states = states(group);
            (states.len() >= 2 && states.iter().all(|state| state == "T")).then_some(())
        });
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// How many requests of `clp_httpmon` the access log has with this request line and this status.
    pub(super) fn asked(&self, request: &str, status: u16) -> usize {
        self.read("access.log")
            .lines()
            .filter(|line| *line == access(request, status))
            .count()
    }

    #[track_caller]
    pub(super) fn wait_until_asked(&self, request: &str, status: u16, times: usize) {
        wait_for(&format!("{times} times {request}, {status}"), || {
            (self.asked(request, status) >= times).then_some(())
        });
    }

    /// That the server has nothing to complain of.
    #[track_caller]
    pub(super) fn assert_content(&self) {
        let errors = self.read("error.log");
        let complaints: Vec<&str> = errors
            .lines()
            .filter(|line| !self.kind.is_start_notice(line))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        assert_eq!(self.read("output"), "");
    }

    /// Starts a monitor of this server.
    pub(super) fn watch(&self, root: &Root, identifier: &str, options: &[&str]) -> Monitor {
        let (address, port) = (self.address.to_string(), self.port.to_string());
        let mut arguments = vec![identifier, "-s", &address, "-n", &port];
        arguments.extend(options);
        root.start(&arguments)
    }
}

impl Drop for Httpd {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
            let _ = killpg(group, Signal::SIGKILL);
            let _ = child.wait();
        }
    }
}

/// The states of the processes in `group` (proc(5), stat: `pid (name) state ppid pgrp …`).
fn states(group: Pid) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok())
        .filter_map(|stat| {
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?.to_owned();
            (fields.nth(1)? == group.to_string()).then_some(state)
        })
        .collect()
}

/// The line of the access log about a check.
fn access(request: &str, status: u16) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("\"{request}\" {status} \"clp_httpmon/{version}\"")
}
