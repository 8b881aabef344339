//! What every test needs: a runtime with a watchdog, requests, and a peer that
//! says exactly what a test wants to hear.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gatecrash_net::{
    Client, Error, Exchange, Fetched, Origin, Request, Scheme, Timings, TlsSettings, now,
};
use gatecrash_target::{Server, Service, TargetOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `test` on a runtime of its own.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let watched = async {
        tokio::time::timeout(PATIENCE, test)
            .await
            .expect("the test does not hang")
    };
    LocalSet::new().block_on(&runtime, watched)
}

/// Waits until `holds` does.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A target on a free port, changed as the test likes.
pub(crate) fn target(change: impl FnOnce(&mut TargetOptions)) -> Server {
    let mut options = TargetOptions {
        service: Service::Plain,
        port: 0,
        ..TargetOptions::default()
    };
    change(&mut options);
    serve(options).expect("the target starts")
}

pub(crate) fn plain(address: SocketAddr) -> Arc<Origin> {
    origin(Scheme::Http, address, TlsSettings::default())
}

pub(crate) fn origin(scheme: Scheme, address: SocketAddr, tls: TlsSettings) -> Arc<Origin> {
    let host = address.ip().to_string();
    Arc::new(Origin::new(scheme, &host, address.port(), tls))
}

/// A request with a method, and a body that a length is told of.
pub(crate) fn request(origin: &Arc<Origin>, method: &str, path: &str, body: &[u8]) -> Request {
    let length = match body.len() {
        0 => String::new(),
        length => format!("Content-Length: {length}\r\n"),
    };
    let mut wire = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{length}\r\n").into_bytes();
    let body_at = wire.len();
    wire.extend_from_slice(body);
    Request::new(origin.clone(), wire.into(), body_at)
}

pub(crate) fn get(origin: &Arc<Origin>, path: &str) -> Request {
    request(origin, "GET", path, b"")
}

/// The whole answer to a request.
pub(crate) async fn fetch(client: &Client, request: Request) -> Result<Exchange, Error> {
    timed_fetch(client, request)
        .await
        .map_err(|(fault, _)| fault)
}

pub(crate) async fn timed_fetch(
    client: &Client,
    request: Request,
) -> Result<Exchange, (Error, Timings)> {
    match client.fetch(&request, now(), || {}).await {
        Ok(Fetched::Whole(exchange)) => Ok(exchange),
        Ok(Fetched::Streamed(..)) => panic!("nobody asked for a stream"),
        Err(failure) => Err((failure.error, failure.timings)),
    }
}

/// One thing that a peer does on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads a head up to its blank line.
    HearHead,
    /// Reads so many bytes.
    Hear(usize),
    /// Reads until the client closes.
    HearEnd,
    /// Writes, in one piece.
    Say(Bytes),
    /// Does nothing for so long.
    Pause(Duration),
    /// Waits until the test lets it go on ([`Peer::go_on`]).
    Wait,
    /// Says no more, but listens on until the client closes.
    Close,
    /// Breaks the connection off.
    Reset,
}

pub(crate) fn say(bytes: impl AsRef<[u8]>) -> Step {
    Step::Say(Bytes::copy_from_slice(bytes.as_ref()))
}

/// An answer with a body and its length.
pub(crate) fn answer(body: &str) -> Step {
    let length = body.len();
    say(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

/// A server that plays one script per connection, in turn; the last one for all
/// connections that follow. At the end of its script it closes.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    shared: Rc<Shared>,
}

#[derive(Default)]
struct Shared {
    connections: Cell<usize>,
    /// Connections whose script is over.
    finished: Cell<usize>,
    heard: RefCell<Vec<u8>>,
    leave: tokio::sync::Notify,
    news: tokio::sync::Notify,
}

impl Peer {
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Rc::new(Shared::default());
        let peer = Peer {
            address,
            shared: shared.clone(),
        };
        tokio::task::spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let at = shared.connections.get();
                shared.connections.set(at + 1);
                let script = scripts[at.min(scripts.len() - 1)].clone();
                tokio::task::spawn_local(play(stream, script, shared.clone()));
            }
        });
        peer
    }

    pub(crate) fn origin(&self) -> Arc<Origin> {
        plain(self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.get()
    }

    /// All that was heard so far on all connections.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.shared.heard.borrow().clone()
    }

    /// Lets a script pass its [`Step::Wait`].
    pub(crate) fn go_on(&self) {
        self.shared.leave.notify_one();
    }

    /// Waits until so many connections have played to their end and are closed.
    pub(crate) async fn finished(&self, count: usize) {
        while self.shared.finished.get() < count {
            self.shared.news.notified().await;
        }
    }
}

async fn play(mut stream: TcpStream, script: Vec<Step>, shared: Rc<Shared>) {
    for step in script {
        // A client that has gone is no fault of the script.
        if do_step(&mut stream, step, &shared).await.is_err() {
            break;
        }
    }
    drop(stream);
    shared.finished.set(shared.finished.get() + 1);
    shared.news.notify_one();
}

async fn do_step(stream: &mut TcpStream, step: Step, shared: &Shared) -> std::io::Result<()> {
    match step {
        Step::HearHead => {
            let start = shared.heard.borrow().len();
            while !shared.heard.borrow()[start..].ends_with(b"\r\n\r\n") {
                let byte = stream.read_u8().await?;
                shared.heard.borrow_mut().push(byte);
            }
        }
        Step::Hear(count) => {
            let mut bytes = vec![0; count];
            stream.read_exact(&mut bytes).await?;
            shared.heard.borrow_mut().extend(bytes);
        }
        Step::HearEnd => {
            let mut bytes = Vec::new();
            let read = stream.read_to_end(&mut bytes).await;
            shared.heard.borrow_mut().extend(bytes);
            read?;
        }
        Step::Say(bytes) => stream.write_all(&bytes).await?,
        Step::Pause(pause) => tokio::time::sleep(pause).await,
        Step::Wait => shared.leave.notified().await,
        Step::Close => {
            stream.shutdown().await?;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        Step::Reset => stream.set_zero_linger()?,
    }
    Ok(())
}
