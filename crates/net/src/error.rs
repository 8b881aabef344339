//! Why an exchange failed, in terms of the connection and of HTTP/1.1.

use std::io;

use crate::{Exchange, Timings};

/// What is left of a failed exchange.
#[derive(Debug)]
pub struct Failure {
    /// Why it failed.
    pub error: Error,
    /// The instants of the phases until then.
    pub timings: Timings,
    /// The answer that had begun, with as much of its body as came.
    pub begun: Option<Box<Exchange>>,
}

/// [`Failure`] before the exchange has ended.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) error: Error,
    pub(crate) begun: Option<Box<Exchange>>,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Broken { error, begun: None }
    }
}

/// A failed exchange. The texts name what happened; who asked knows the URL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host's name has no address.
    #[error("cannot resolve {host}: {message}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's words.
        message: String,
    },
    /// TCP could not be connected.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// Every local port is taken (`EADDRNOTAVAIL`), by connections in use or by those
    /// closed within the last minute.
    #[error(
        "cannot connect: no local port is left; keep connections alive or use fewer users, \
         widen net.ipv4.ip_local_port_range, or spread the load over more addresses of the target"
    )]
    NoPortLeft(#[source] io::Error),
    /// No file is left for another connection, of this process (`EMFILE`) or of the
    /// whole system (`ENFILE`).
    #[error("cannot connect: {}", no_file_left(.0))]
    NoFileLeft(#[source] io::Error),
    /// No connection within the connect timeout.
    #[error("no connection within the connect timeout")]
    ConnectTimeout,
    /// TLS settings that cannot be used: a file that cannot be read or parsed.
    #[error("TLS settings: {0}")]
    TlsSettings(String),
    /// The TLS handshake failed.
    #[error("TLS handshake failed: {0}")]
    Tls(String),
    /// Sending the request failed.
    #[error("cannot send the request: {0}")]
    Send(#[source] io::Error),
    /// Reading the answer failed.
    #[error("cannot read the answer: {0}")]
    Receive(#[source] io::Error),
    /// The server closed the connection without an answer.
    #[error("the server closed the connection without an answer")]
    ClosedBeforeAnswer,
    /// What came is not the head of an HTTP/1 answer.
    #[error("not an HTTP answer: {0}")]
    BadHead(String),
    /// The head, or what came before it, is larger than 256 KiB, or it has more than 100
    /// headers.
    #[error("the head of the answer is too large: {0}")]
    HeadTooLarge(&'static str),
    /// The connection ended before the declared length.
    #[error("the body ended early: {received} bytes read, {missing} more expected")]
    ShortBody {
        /// Bytes that came.
        received: u64,
        /// Bytes that were still declared.
        missing: u64,
    },
    /// Chunked framing is broken.
    #[error("broken chunk framing: {line:?} is no chunk size")]
    BadChunk {
        /// The line that should have been a size.
        line: String,
        /// Body bytes that came before it.
        received: u64,
    },
    /// The body outgrows the limit on bytes kept.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The server did not agree to a WebSocket, or could not be asked for one.
    #[error("no WebSocket: {0}")]
    NoWebSocket(String),
    /// The server broke the WebSocket protocol.
    #[error("the server broke the WebSocket protocol: {0}")]
    BrokenWebSocket(&'static str),
    /// A text message, or the reason of a goodbye, is no UTF-8.
    #[error("the server broke the WebSocket protocol: a text is not UTF-8")]
    NotUtf8,
    /// A message outgrows the limit.
    #[error("a message of the WebSocket is larger than {limit} bytes")]
    MessageTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The connection of a WebSocket ended before the server said goodbye.
    #[error("the connection ended without a close frame")]
    WebSocketCutOff,
    /// The WebSocket is closed already: nothing can be sent, nothing will come.
    #[error("the WebSocket is closed")]
    WebSocketClosed,
    /// The server was silent for longer than the read timeout.
    #[error("no bytes within the read timeout")]
    ReadTimeout,
    /// The whole exchange took longer than its timeout.
    #[error("not done within the total timeout")]
    TotalTimeout,
}

impl Error {
    /// A short name for what happened, the same for all failures of a kind: texts can
    /// name a host, a line or a number.
    pub fn key(&self) -> &'static str {
        match self {
            Error::Resolve { .. } => "resolve",
            Error::Connect(_) => "connect",
            Error::NoPortLeft(_) => "no-port-left",
            Error::NoFileLeft(_) => "no-file-left",
            Error::ConnectTimeout => "connect-timeout",
            Error::TlsSettings(_) => "tls-settings",
            Error::Tls(_) => "tls",
            Error::Send(_) => "send",
            Error::Receive(_) => "receive",
            Error::ClosedBeforeAnswer => "closed",
            Error::BadHead(_) => "bad-head",
            Error::HeadTooLarge(_) => "head-too-large",
            Error::ShortBody { .. } => "short-body",
            Error::BadChunk { .. } => "bad-chunk",
            Error::BodyTooLarge { .. } => "body-too-large",
            Error::NoWebSocket(_) => "no-websocket",
            Error::BrokenWebSocket(_) => "websocket-protocol",
            Error::NotUtf8 => "websocket-not-utf8",
            Error::MessageTooLarge { .. } => "websocket-message-too-large",
            Error::WebSocketCutOff => "websocket-cut-off",
            Error::WebSocketClosed => "websocket-closed",
            Error::ReadTimeout => "read-timeout",
            Error::TotalTimeout => "total-timeout",
        }
    }

    /// A connection that could not be made for want of files, or for another reason.
    pub(crate) fn connecting(fault: io::Error) -> Error {
        match fault.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => Error::NoFileLeft(fault),
            _ => Error::Connect(fault),
        }
    }
}

fn no_file_left(fault: &io::Error) -> &'static str {
    match fault.raw_os_error() {
        Some(libc::ENFILE) => {
            "the system has no file left; raise fs.file-max with sysctl, or use fewer users"
        }
        _ => {
            "this process has no file left for another connection; raise its limit \
             (`ulimit -n`), or use fewer users"
        }
    }
}
