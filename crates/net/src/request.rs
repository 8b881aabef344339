//! What is asked of a server and what came of it, as plain data.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::http1::MAX_BODY_BYTES;
use crate::{Head, Timings, TlsSettings};

/// How bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS over TCP.
    Https,
}

impl Scheme {
    /// The port where none is written.
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Where a connection leads: connections are kept and reused per origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Plain or TLS.
    pub scheme: Scheme,
    /// A name or an address, without the brackets of IPv6.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `host` when it is an address already.
    pub address: Option<IpAddr>,
    /// Whom to trust and what to show, with [`Scheme::Https`].
    pub tls: TlsSettings,
}

impl Origin {
    /// An origin; `host` may be a name or an address literal.
    pub fn new(scheme: Scheme, host: &str, port: u16, tls: TlsSettings) -> Self {
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let address = host.parse().ok();
        Origin {
            scheme,
            host,
            port,
            address,
            tls,
        }
    }

    /// The host and, where it is not the scheme's own, the port: the value of `Host`.
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == self.scheme.default_port() {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }
}

/// What becomes of the body of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyUse {
    /// It is collected. A larger one is a failure, at once when its length is declared.
    Keep {
        /// The most bytes that are collected, without chunk framing.
        limit_bytes: u64,
    },
    /// Its bytes are counted and never stored. A larger one is a failure as well: nobody
    /// reads on for ever.
    Discard {
        /// The most bytes that are read, without chunk framing.
        limit_bytes: u64,
    },
}

impl BodyUse {
    /// The most bytes that the body may have.
    pub(crate) fn limit_bytes(self) -> u64 {
        match self {
            BodyUse::Keep { limit_bytes } | BodyUse::Discard { limit_bytes } => limit_bytes,
        }
    }
}

impl Default for BodyUse {
    /// Kept, up to 512 MiB.
    fn default() -> Self {
        let limit_bytes = MAX_BODY_BYTES;
        BodyUse::Keep { limit_bytes }
    }
}

/// One request, encoded by the caller byte for byte.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to.
    pub origin: Arc<Origin>,
    /// Request line, headers, blank line, body.
    pub wire: Bytes,
    /// Where in `wire` the body begins.
    pub body_at: usize,
    /// The method was HEAD: the answer has no body whatever it declares.
    pub is_head: bool,
    /// Send the body only after `100 Continue` (or after a second without it).
    pub expects_continue: bool,
    /// Close the connection after the answer.
    pub closes: bool,
    /// Hand the body over piece by piece instead of collecting it.
    pub streams: bool,
    /// What becomes of the body of the answer, unless it is handed over in pieces.
    pub body: BodyUse,
    /// Longest time to resolve, connect and secure.
    pub connect_timeout: Option<Duration>,
    /// Longest silence of the server while its answer is read.
    pub read_timeout: Option<Duration>,
    /// Longest time for the whole exchange; until the head of the answer where its body
    /// is handed over piece by piece.
    pub total_timeout: Option<Duration>,
}

impl Request {
    /// A request without further wishes: no timeouts, and a body that is kept. `wire` is
    /// the encoded request, its body begins at `body_at`.
    pub fn new(origin: Arc<Origin>, wire: Bytes, body_at: usize) -> Self {
        Request {
            origin,
            is_head: wire.starts_with(b"HEAD "),
            wire,
            body_at,
            expects_continue: false,
            closes: false,
            streams: false,
            body: BodyUse::default(),
            connect_timeout: None,
            read_timeout: None,
            total_timeout: None,
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Status and headers.
    pub head: Head,
    /// The body as it came, still encoded (gzip …) but without chunk framing.
    /// Empty where nobody keeps it.
    pub body: Bytes,
    /// How many bytes of the body have been received, kept or not, without chunk
    /// framing. Of a body that is read in pieces none have been when its head is there.
    pub body_bytes: u64,
    /// When each phase ended.
    pub timings: Timings,
    /// The connection had served an earlier request.
    pub reused: bool,
}
