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
    /// Whatever a user says.
    Named(Arc<str>),
}

impl Unit {
    /// As outputs write it: `ms`, `count`, `per second`, `bytes`, `share`.
    pub fn name(&self) -> &str {
        match self {
            Unit::Ms => "ms",
            Unit::Count => "count",
            Unit::PerSecond => "per second",
            Unit::Bytes => "bytes",
            Unit::Share => "share",
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
    /// A value of a declared metric.
    Custom(MetricId),
}

/// How many measures are built in.
pub const BUILT_IN: usize = 17;

/// What is said about a built-in measure.
struct About {
    name: &'static str,
    unit: Unit,
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
        doc: "from the send to the last byte of the answer; the response time counts from the instant the request was due (Tene, How NOT to Measure Latency)",
    },
    About {
        name: "dns",
        unit: Unit::Ms,
        doc: "from the call to the resolved name",
    },
    About {
        name: "connect",
        unit: Unit::Ms,
        doc: "from the resolved name to the connected socket (RFC 9293, three-way handshake)",
    },
    About {
        name: "tls",
        unit: Unit::Ms,
        doc: "from the connected socket to the finished handshake (RFC 8446 §2)",
    },
    About {
        name: "first_byte",
        unit: Unit::Ms,
        doc: "from the sent head of the request to the first byte of the answer",
    },
    About {
        name: "receive",
        unit: Unit::Ms,
        doc: "from the first byte of the answer to its last",
    },
    About {
        name: "ttft",
        unit: Unit::Ms,
        doc: "time to first token: c1 − t0, the first chunk with content, reasoning included",
    },
    About {
        name: "ttfo",
        unit: Unit::Ms,
        doc: "time to first output: the first chunk with visible text − t0, reasoning left out",
    },
    About {
        name: "tpot",
        unit: Unit::Ms,
        doc: "time per output token: (e2e − ttft) / (N − 1) with e2e = cK − t0; answers of one token have none (vLLM, benchmarks/serve.py)",
    },
    About {
        name: "chunk_gap",
        unit: Unit::Ms,
        doc: "c(i+1) − ci, the gaps between chunks of all answers together; a chunk may carry several tokens or a part of one",
    },
    About {
        name: "events",
        unit: Unit::Count,
        doc: "events of an answer",
    },
    About {
        name: "tokens",
        unit: Unit::Count,
        doc: "output tokens N of an answer, as its `usage` tells",
    },
    About {
        name: "tokens_by_chunks",
        unit: Unit::Count,
        doc: "output tokens N of an answer that has no `usage`: its chunks with content, each taken for one token, though it may carry several or a part of one",
    },
    About {
        name: "tokens_per_s",
        unit: Unit::PerSecond,
        doc: "output tokens of an answer by its time: N / (cK − t0)",
    },
    About {
        name: "ws_connect",
        unit: Unit::Ms,
        doc: "from the call to the finished upgrade (RFC 6455 §4)",
    },
    About {
        name: "round_trip",
        unit: Unit::Ms,
        doc: "from a sent message to the message that answers it",
    },
    About {
        name: "messages_per_s",
        unit: Unit::PerSecond,
        doc: "messages received by a WebSocket per second that it was open",
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
