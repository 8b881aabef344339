//! What a target is asked to be: its service, its manners and its limits.
//!
//! In: values, or the short texts that people type (`bimodal:5ms,200ms@2%`). Out: checked types.
//! Never: command-line parsing, which is the caller's.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::latency::Latency;
use crate::stall::StallPlan;

/// Everything that [`serve`](crate::serve) needs to know.
#[derive(Clone, Debug)]
pub struct TargetOptions {
    /// Which routes are served beside the general ones.
    pub service: Service,
    /// Address to listen on, a name or an IP.
    pub host: String,
    /// Port to listen on; 0 lets the system choose one.
    pub port: u16,
    /// How long an answer is held back, counted from the last byte of the request.
    pub latency: Latency,
    /// How many times longer everything takes: the drawn latency and the handler's own work.
    pub slow: f64,
    /// Share of requests that are answered by an injected 500.
    pub errors: Percent,
    /// Memory that it takes and never gives back, bytes per second; up to 2 GiB.
    pub leak_bytes_per_s: u64,
    /// Share of one core that it uses beside what serving takes.
    pub busy: Percent,
    /// When the whole service freezes by itself.
    pub stall: Option<StallPlan>,
    /// Seed of the draws for latency and errors, the model's too, and of nothing else but the
    /// traces that a service begins.
    pub seed: u64,
    /// SQLite file of the service; `None` takes a temporary one. An empty or absent file is seeded.
    pub db: Option<PathBuf>,
    /// The model behind the service, where it has one.
    pub model: ModelOptions,
    /// The cache in front of it, where the service has one.
    pub cache: CacheOptions,
    /// Requests per second that a service with keys lets in; beyond them comes 429. `None` lets
    /// all in.
    pub rate_limit_per_s: Option<u32>,
    /// Threads that serve; each owns its connections and its database handle.
    pub threads: usize,
    /// Serve HTTPS instead of HTTP.
    pub tls: Option<TlsOptions>,
    /// What a peer may ask of the target.
    pub limits: Limits,
}

impl Default for TargetOptions {
    fn default() -> Self {
        Self {
            service: Service::Clinic,
            host: "127.0.0.1".to_owned(),
            port: 8000,
            latency: Latency::Constant(Duration::ZERO),
            slow: 1.0,
            errors: Percent::default(),
            leak_bytes_per_s: 0,
            busy: Percent::default(),
            stall: None,
            seed: 0,
            db: None,
            model: ModelOptions::default(),
            cache: CacheOptions::default(),
            rate_limit_per_s: None,
            threads: 1,
            tls: None,
            limits: Limits::default(),
        }
    }
}

/// The services there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// An API on a language model: chats, whole or streamed, behind a key, a cache and a breaker.
    AiService,
    /// A clinic's API: encounters, notes, patients, dashboards.
    Clinic,
    /// A knowledge graph's API: retrieval, extraction, facets, a degraded mode.
    KnowledgeGraph,
    /// The general routes alone.
    Plain,
    /// A record store's API: patients, encounters, claims, documents.
    Records,
    /// Questions to a slow model, behind a cache and a queue.
    SupportChat,
    /// A triage desk's API: messages to a slow model behind a queue.
    Triage,
}

impl FromStr for Service {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        Ok(match text {
            "ai-service" => Self::AiService,
            "clinic" => Self::Clinic,
            "knowledge-graph" => Self::KnowledgeGraph,
            "plain" => Self::Plain,
            "records" => Self::Records,
            "support-chat" => Self::SupportChat,
            "triage" => Self::Triage,
            _ => return Err(OptionError::new(text, SERVICES)),
        })
    }
}

const SERVICES: &str =
    "a service: ai-service, clinic, knowledge-graph, plain, records, support-chat or triage";

impl Service {
    /// The port that its users' load tests expect it on.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Clinic | Self::Plain => 8000,
            Self::Records => 8001,
            Self::AiService | Self::Triage => 8002,
            Self::SupportChat => 8003,
            Self::KnowledgeGraph => 8010,
        }
    }
}

/// A model that answers slowly, behind a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelOptions {
    /// How long it works on a request; `None` is the service's own.
    pub time: Option<Latency>,
    /// Requests that it works on at once, 1 at least.
    pub slots: usize,
    /// Requests that may wait; beyond them comes 503.
    pub waiting: usize,
    /// Share of requests at which it fails.
    pub errors: Percent,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            time: None,
            slots: 64,
            waiting: 1000,
            errors: Percent::default(),
        }
    }
}

/// A cache of answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheOptions {
    /// URL of the Redis that keeps them (`redis://127.0.0.1:6379/0`); `None` keeps them in this
    /// process.
    pub redis: Option<String>,
    /// How long an answer lives; `None` is an hour.
    pub ttl: Option<Duration>,
    /// How many are kept, the one that ends first making room; `None` is 10,000.
    pub entries: Option<usize>,
    /// Nothing is kept.
    pub off: bool,
}

impl CacheOptions {
    /// How long an answer lives.
    pub(crate) fn ttl(&self) -> Duration {
        self.ttl.unwrap_or(Duration::from_secs(3600))
    }

    /// How many are kept, 1 at least.
    pub(crate) fn entries(&self) -> usize {
        self.entries.unwrap_or(10_000).max(1)
    }
}

/// How HTTPS is served.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Certificate chain and key in PEM; `None` makes a fresh authority and certificate at start.
    pub identity: Option<TlsFiles>,
    /// Where to write the PEM certificate that a client has to trust.
    pub ca_out: Option<PathBuf>,
    /// PEM certificates of the authorities that client certificates must come from; `None` asks
    /// clients for none.
    pub client_ca: Option<PathBuf>,
}

/// A certificate chain and its private key, each a PEM file.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What a peer may take; beyond it comes 408, 413, 431 or 503, or the connection is closed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of request line and headers.
    pub head_bytes: usize,
    /// Bytes of a request body, chunk framing included.
    pub body_bytes: usize,
    /// Bytes of the bodies of all requests and the messages of all WebSockets at once.
    pub all_bodies_bytes: usize,
    /// Connections at once; `None` takes as many as this process may open files for.
    pub connections: Option<usize>,
    /// WebSockets at once.
    pub sockets: usize,
    /// Bytes of a WebSocket's message.
    pub message_bytes: usize,
    /// Messages that wait for one WebSocket, or in a room. A reader that falls behind by more in
    /// a room is dropped (by the next power of two); an echo is not read until there is room.
    pub queue_messages: usize,
    /// Rooms at once.
    pub rooms: usize,
    /// From the first byte of a head to its last, and for a TLS handshake.
    pub head_time: Duration,
    /// From the end of the head to the end of the body.
    pub body_time: Duration,
    /// How long a WebSocket's peer may leave unread what is sent to it, before it is dropped.
    pub reader_time: Duration,
    /// How long a connection may rest between requests, or wait for an answer that never comes.
    pub idle_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 64 << 10,
            body_bytes: 64 << 20,
            all_bodies_bytes: 1 << 30,
            connections: None,
            sockets: 20_000,
            message_bytes: 1 << 20,
            queue_messages: 256,
            rooms: 1000,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(300),
            reader_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(600),
        }
    }
}

/// Longest duration that any option accepts, so that sums of a few of them cannot overflow.
const LONGEST: Duration = Duration::from_secs(3600);

/// `5ms`, `1.5s`, `250us`, `0`: at most an hour.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds_per_unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "" if number.trim() == "0" => 1.0,
        _ => return None,
    };
    let seconds = number.trim().parse::<f64>().ok()? * seconds_per_unit;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| *duration <= LONGEST)
}

/// A share between 0 and 100 per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percent(f64);

impl Percent {
    /// The share as a number from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }
}

impl FromStr for Percent {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        let number = text
            .trim()
            .strip_suffix('%')
            .and_then(|number| number.trim().parse().ok());
        match number {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Self(percent)),
            _ => Err(OptionError::new(text, "a share from 0% to 100%, as in 5%")),
        }
    }
}

/// A text that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    text: String,
    wanted: &'static str,
}

impl OptionError {
    pub(crate) fn new(text: &str, wanted: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            wanted,
        }
    }
}

impl std::fmt::Display for OptionError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} is not {}", self.text, self.wanted)
    }
}

impl std::error::Error for OptionError {}
