//! What a request is measured by beside its response time.
//!
//! In: nothing. Out: for each measure its name, unit, kind, formula and source, as data.
//! The values live in [`crate::measures`]; when an instant is taken, `net` and `engine`
//! know.

use std::fmt;
use std::sync::Arc;

/// The unit of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// A number of things.
    Count,
    /// Things per second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// A share from 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// The run's currency, which its record names.
    Money,
    /// Whatever a user says.
    Named(Arc<str>),
}

impl Unit {
    /// As outputs write it: `ms`, `count`, `per second`, `bytes`, `share`, `s`, `money`.
    pub fn name(&self) -> &str {
        match self {
            Unit::Ms => "ms",
            Unit::Count => "count",
            Unit::PerSecond => "per second",
            Unit::Bytes => "bytes",
            Unit::Share => "share",
            Unit::Seconds => "s",
            Unit::Money => "money",
            Unit::Named(name) => name,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What becomes of the values of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A distribution: mean, extremes and quantiles.
    Trend,
    /// A sum that grows.
    Counter,
    /// The latest value, with the extremes.
    Gauge,
    /// The share of values that are not 0.
    Rate,
}

impl Kind {
    /// As plans and outputs write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Trend => "trend",
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Rate => "rate",
        }
    }
}

/// A measure that a user declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name; what merges with what goes by it.
    pub name: Arc<str>,
    /// The unit of its values.
    pub unit: Unit,
    /// What becomes of its values.
    pub kind: Kind,
}

/// The number of a declared [`Metric`], given by whoever declares them, counting from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub u16);

/// What a value says about a request or a connection.
///
/// For streams, `t0` is the instant the request was sent, `c1 … cK` are the arrivals of
/// the chunks that carry content, `N` is the number of output tokens. The chunk that
/// carries only the usage and the end mark do not belong to the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// From the send to the last byte; beside the response time where that counts from
    /// the instant the request was due.
    ServiceTime,
    /// From the call to the resolved name.
    Dns,
    /// From the resolved name to the connected socket.
    Connect,
    /// From the connected socket to the finished TLS handshake.
    Tls,
    /// From the sent head of the request to the first byte of the answer.
    FirstByte,
    /// From the first byte of the answer to its last.
    Receive,
    /// `c1 − t0`.
    Ttft,
    /// The first chunk with visible text, `− t0`.
    Ttfo,
    /// `(cK − c1) / (N − 1)`.
    Tpot,
    /// `c(i+1) − ci`, all gaps of all answers together.
    ChunkGap,
    /// Events of an answer.
    Events,
    /// `N` of an answer, as its `usage` tells.
    Tokens,
    /// `N` of an answer without `usage`: each chunk that carries content is taken for one.
    TokensByChunks,
    /// `N / (cK − t0)`.
    TokensPerSecond,
    /// From the call to the finished upgrade of a WebSocket.
    WsConnect,
    /// From a sent message to the message that answers it.
    RoundTrip,
    /// Messages received by a WebSocket per second that it was open.
    MessagesPerSecond,
    /// Whether an answer came from a cache: 1 or 0; not recorded where nothing tells.
    CacheHit,
    /// Response time of an answer that came from a cache.
    HitTime,
    /// Response time of an answer that is known not to have come from a cache.
    MissTime,
    /// Input tokens of an answer, as its `usage` tells, those from a cache included.
    TokensIn,
    /// Input tokens that the server read from its cache.
    TokensCached,
    /// What a request cost.
    Cost,
    /// What its cached tokens would have cost more without the cache.
    CostSaved,
    /// How long a 429 or a 503 asked to wait.
    RetryAfter,
    /// A value of a declared metric.
    Custom(MetricId),
}

/// How many measures are built in.
pub const BUILT_IN: usize = 25;

/// What is said about a built-in measure.
struct About {
    name: &'static str,
    unit: Unit,
    kind: Kind,
    doc: &'static str,
}

impl Measure {
    /// The built-in measures in the order in which outputs show them.
    pub const ALL: [Measure; BUILT_IN] = [
        Measure::ServiceTime,
        Measure::Dns,
        Measure::Connect,
        Measure::Tls,
        Measure::FirstByte,
        Measure::Receive,
        Measure::Ttft,
        Measure::Ttfo,
        Measure::Tpot,
        Measure::ChunkGap,
        Measure::Events,
        Measure::Tokens,
        Measure::TokensByChunks,
        Measure::TokensPerSecond,
        Measure::WsConnect,
        Measure::RoundTrip,
        Measure::MessagesPerSecond,
        Measure::CacheHit,
        Measure::HitTime,
        Measure::MissTime,
        Measure::TokensIn,
        Measure::TokensCached,
        Measure::Cost,
        Measure::CostSaved,
        Measure::RetryAfter,
    ];

    /// Its place in [`Measure::ALL`]; `None` for a declared metric.
    pub fn index(self) -> Option<usize> {
        Some(match self {
            Measure::ServiceTime => 0,
            Measure::Dns => 1,
            Measure::Connect => 2,
            Measure::Tls => 3,
            Measure::FirstByte => 4,
            Measure::Receive => 5,
            Measure::Ttft => 6,
            Measure::Ttfo => 7,
            Measure::Tpot => 8,
            Measure::ChunkGap => 9,
            Measure::Events => 10,
            Measure::Tokens => 11,
            Measure::TokensByChunks => 12,
            Measure::TokensPerSecond => 13,
            Measure::WsConnect => 14,
            Measure::RoundTrip => 15,
            Measure::MessagesPerSecond => 16,
            Measure::CacheHit => 17,
            Measure::HitTime => 18,
            Measure::MissTime => 19,
            Measure::TokensIn => 20,
            Measure::TokensCached => 21,
            Measure::Cost => 22,
            Measure::CostSaved => 23,
            Measure::RetryAfter => 24,
            Measure::Custom(_) => return None,
        })
    }

    /// As plans and outputs write it; `None` for a declared metric, which has its own.
    pub fn name(self) -> Option<&'static str> {
        self.about().map(|about| about.name)
    }

    /// The unit of its values; `None` for a declared metric.
    pub fn unit(self) -> Option<Unit> {
        self.about().map(|about| about.unit.clone())
    }

    /// What becomes of its values; `None` for a declared metric.
    pub fn kind(self) -> Option<Kind> {
        self.about().map(|about| about.kind)
    }

    /// The built-in measure of that name.
    pub fn named(name: &str) -> Option<Measure> {
        let mut all = Measure::ALL.into_iter();
        all.find(|measure| measure.name() == Some(name))
    }

    /// What it is, with its formula and source; `None` for a declared metric.
    pub fn doc(self) -> Option<&'static str> {
        self.about().map(|about| about.doc)
    }

    fn about(self) -> Option<&'static About> {
        Some(&ABOUT[self.index()?])
    }
}

/// In the order of [`Measure::ALL`].
static ABOUT: [About; BUILT_IN] = [
    About {
        name: "service_time",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the send to the last byte of the answer; the response time counts from the instant the request was due (Tene, How NOT to Measure Latency)",
    },
    About {
        name: "dns",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the call to the resolved name",
    },
    About {
        name: "connect",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the resolved name to the connected socket (RFC 9293, three-way handshake)",
    },
    About {
        name: "tls",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the connected socket to the finished handshake (RFC 8446 §2)",
    },
    About {
        name: "first_byte",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the sent head of the request to the first byte of the answer",
    },
    About {
        name: "receive",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the first byte of the answer to its last",
    },
    About {
        name: "ttft",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "time to first token: c1 − t0, the first chunk with content, reasoning included",
    },
    About {
        name: "ttfo",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "time to first output: the first chunk with visible text − t0, reasoning left out",
    },
    About {
        name: "tpot",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "time per output token: (e2e − ttft) / (N − 1) with e2e = cK − t0; answers of one token have none (vLLM, benchmarks/serve.py)",
    },
    About {
        name: "chunk_gap",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "c(i+1) − ci, the gaps between chunks of all answers together; a chunk may carry several tokens or a part of one",
    },
    About {
        name: "events",
        unit: Unit::Count,
        kind: Kind::Trend,
        doc: "events of an answer",
    },
    About {
        name: "tokens",
        unit: Unit::Count,
        kind: Kind::Trend,
        doc: "output tokens N of an answer, as its `usage` tells",
    },
    About {
        name: "tokens_by_chunks",
        unit: Unit::Count,
        kind: Kind::Trend,
        doc: "output tokens N of an answer that has no `usage`: its chunks with content, each taken for one token, though it may carry several or a part of one",
    },
    About {
        name: "tokens_per_s",
        unit: Unit::PerSecond,
        kind: Kind::Trend,
        doc: "output tokens of an answer by its time: N / (cK − t0)",
    },
    About {
        name: "ws_connect",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from the call to the finished upgrade (RFC 6455 §4)",
    },
    About {
        name: "round_trip",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "from a sent message to the message that answers it",
    },
    About {
        name: "messages_per_s",
        unit: Unit::PerSecond,
        kind: Kind::Trend,
        doc: "messages received by a WebSocket per second that it was open",
    },
    About {
        name: "cache_hit",
        unit: Unit::Share,
        kind: Kind::Rate,
        doc: "share of the answers that came from a cache, of those that tell: 304, Age above 0 (RFC 9111 §5.1), X-Cache, CF-Cache-Status, X-Cache-Status, Cache-Status (RFC 9211), or a header or JSON field that the plan names",
    },
    About {
        name: "hit_time",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "response time of answers that came from a cache",
    },
    About {
        name: "miss_time",
        unit: Unit::Ms,
        kind: Kind::Trend,
        doc: "response time of answers that are known not to have come from a cache",
    },
    About {
        name: "tokens_in",
        unit: Unit::Count,
        kind: Kind::Trend,
        doc: "input tokens of an answer, as its `usage` tells: prompt_tokens (OpenAI), input_tokens with those read from and written to the cache (Anthropic)",
    },
    About {
        name: "tokens_cached",
        unit: Unit::Count,
        kind: Kind::Trend,
        doc: "input tokens that the server read from its cache: prompt_tokens_details.cached_tokens (OpenAI), cache_read_input_tokens (Anthropic)",
    },
    About {
        name: "cost",
        unit: Unit::Money,
        kind: Kind::Counter,
        doc: "what the requests cost by the plan's prices: per request + input tokens × price (cached ones at their own) + output tokens × price",
    },
    About {
        name: "cost_saved",
        unit: Unit::Money,
        kind: Kind::Counter,
        doc: "what the requests would have cost more without a cache: cached input tokens × (price in − price cached), and of a cached answer its own price against a fresh one's",
    },
    About {
        name: "retry_after",
        unit: Unit::Seconds,
        kind: Kind::Trend,
        doc: "how long the server asked to wait in the Retry-After of a 429 or 503 (RFC 9110 §10.2.3)",
    },
];

/// How long each phase of one exchange took, milliseconds; `None` where it did not
/// happen, as a kept connection has no `dns`, `connect` and `tls`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Phases {
    /// [`Measure::Dns`].
    pub dns_ms: Option<f64>,
    /// [`Measure::Connect`].
    pub connect_ms: Option<f64>,
    /// [`Measure::Tls`].
    pub tls_ms: Option<f64>,
    /// [`Measure::FirstByte`].
    pub first_byte_ms: Option<f64>,
    /// [`Measure::Receive`].
    pub receive_ms: Option<f64>,
}

impl Phases {
    /// The phases that happened, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, f64)> {
        let all = [
            (Measure::Dns, self.dns_ms),
            (Measure::Connect, self.connect_ms),
            (Measure::Tls, self.tls_ms),
            (Measure::FirstByte, self.first_byte_ms),
            (Measure::Receive, self.receive_ms),
        ];
        all.into_iter()
            .filter_map(|(measure, ms)| Some((measure, ms?)))
    }
}
