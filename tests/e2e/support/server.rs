//! Scripted servers on port 0 of the loopback address.

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname, listen, socket,
};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A port of 127.0.0.1 that refuses connections and is nobody else's while this lives: bound, not listening.
pub(crate) struct RefusingPort(OwnedFd);

impl RefusingPort {
    pub(crate) fn new() -> Self {
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None).unwrap();
        bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
        Self(socket)
    }

    pub(crate) fn port(&self) -> String {
        let address: SockaddrIn = getsockname(self.0.as_raw_fd()).unwrap();
        address.port().to_string()
    }
}

/// A port of 127.0.0.1 at which somebody listens and never accepts; the queue of connections is full.
pub(crate) struct FullPort {
    port: String,
    #[expect(dead_code, reason = "hold the queue")]
    held: Vec<OwnedFd>,
}

impl FullPort {
    pub(crate) fn new() -> Self {
        let bound = RefusingPort::new();
        let port = bound.port();
        listen(&bound.0, Backlog::new(0).unwrap()).unwrap();
        let mut held = vec![bound.0];
        let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
        // Ends: the queue holds few connections; the first one that is not taken shows it to be full.
        while let Ok(client) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            held.push(client.into());
            assert!(held.len() < 12, "the queue has no end");
        }
        Self { port, held }
    }

    pub(crate) fn port(&self) -> String {
        self.port.clone()
    }
}

/// A server whose connections are handled by a script, each in a thread of its own that ends with the connection.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    ended: Receiver<()>,
}

/// One accepted connection in the hands of a script.
pub(crate) struct Conversation {
    pub(crate) stream: TcpStream,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// A server on 127.0.0.1 whose connections are given to `script`.
    pub(crate) fn start(script: impl Fn(&mut Conversation) + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", script)
    }

    /// A server on `address`.
    pub(crate) fn start_at(
        address: &str,
        script: impl Fn(&mut Conversation) + Send + Sync + 'static,
    ) -> Self {
        Self::start_on(TcpListener::bind(address).unwrap(), script)
    }

    /// A server on a socket that listens.
    pub(crate) fn start_on(
        listener: TcpListener,
        script: impl Fn(&mut Conversation) + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (sender, ended) = channel();
        let (script, seen) = (Arc::new(script), Arc::clone(&requests));
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (script, seen, sender): (_, _, Sender<()>) =
                    (Arc::clone(&script), Arc::clone(&seen), sender.clone());
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(super::PATIENCE)).unwrap();
                    let mut conversation = Conversation {
                        stream,
                        requests: seen,
                    };
                    script(&mut conversation);
                    drop(conversation);
                    let _ = sender.send(());
                });
            }
        });
        Self {
            address,
            requests,
            ended,
        }
    }

    /// A server that answers every request with `reply` and reads to the client's end before it closes.
    pub(crate) fn replying(reply: impl Into<Vec<u8>>) -> Self {
        let reply = reply.into();
        Self::start(move |conversation| {
            conversation.read_request();
            conversation.send(&reply);
            conversation.read_to_end();
        })
    }

    /// A server that answers every request with a good reply.
    pub(crate) fn healthy() -> Self {
        Self::replying("HTTP/1.1 200 OK\r\n\r\n")
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// The requests so far, each up to its blank line.
    pub(crate) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, count: usize) {
        super::wait_for(&format!("{count} requests"), || {
            (self.requests().len() >= count).then_some(())
        });
    }

    /// Waits until `count` more requests have come than now.
    #[track_caller]
    pub(crate) fn wait_for_checks(&self, count: usize) {
        self.wait_for_requests(self.requests().len() + count);
    }

    /// Waits until a script has come to its end.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) {
        self.ended
            .recv_timeout(super::PATIENCE)
            .expect("no conversation ended");
    }
}

impl Conversation {
    /// Reads an HTTP request to its blank line and keeps it; what a client left unsaid is kept as far as it came.
    pub(crate) fn read_request(&mut self) -> Vec<u8> {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && matches!(self.stream.read(&mut byte), Ok(1)) {
            request.push(byte[0]);
        }
        self.requests.lock().unwrap().push(request.clone());
        request
    }

    /// Sends; a client that has gone is no error of the script.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends byte by byte, `pause` apart, until the client has gone or all is sent.
    pub(crate) fn drip(&mut self, bytes: &[u8], pause: Duration) {
        self.stream.set_nodelay(true).unwrap();
        for byte in bytes {
            if self.stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(pause);
        }
    }

    /// Reads until the client closes; says whether it closed in good order (no reset).
    pub(crate) fn read_to_end(&mut self) -> bool {
        let mut rest = [0; 4096];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Closes with a RST.
    pub(crate) fn reset(&mut self) {
        use nix::sys::socket::{setsockopt, sockopt};
        let linger = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&self.stream, sockopt::Linger, &linger).unwrap();
    }
}
