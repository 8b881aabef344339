//! What is asked of a server and what came of it, as plain data.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{Head, Timings, TlsSettings};

/// How bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS over TCP.
    Https,
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
    /// Longest time to resolve, connect and secure.
    pub connect_timeout: Option<Duration>,
    /// Longest silence of the server while its answer is read.
    pub read_timeout: Option<Duration>,
    /// Longest time for the whole exchange.
    pub total_timeout: Option<Duration>,
    /// When the caller asked: times are counted from here.
    pub started: Instant,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Status and headers.
    pub head: Head,
    /// The body as it came, still encoded (gzip …) but without chunk framing.
    pub body: Bytes,
    /// When each phase ended.
    pub timings: Timings,
    /// The connection had served an earlier request.
    pub reused: bool,
}

impl Exchange {
    pub(crate) fn new(head: Head, body: Bytes, timings: &Timings, reused: bool) -> Self {
        Exchange {
            head,
            body,
            timings: *timings,
            reused,
        }
    }
}
