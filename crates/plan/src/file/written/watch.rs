//! What is watched beside the load, as written.

use std::time::Duration;

use gatecrash_metrics::watch::Selector;

use super::hooks::CommandFile;
use super::{Headers, Queries, Takes};
use crate::file::node::{Node, Value, quoted};
use crate::file::read::{At, Entries, Read, Reader};
use crate::file::scalar::{Whole, leaf};
use crate::file::shape::{Kind, Leaf, choice, record};

/// Words for sources that need no more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WatchWord {
    Host,
    Gpu,
}

choice!(WatchWord, "source", "`host` or `gpu`", [
    "host" => WatchWord::Host,
    "gpu" => WatchWord::Gpu,
]);

record! {
    /// Something that is watched while the load runs. Each gives gauges, whose names begin with
    /// the name that it has here.
    WatchKeys "a watch" one of [
        "process", "container", "host", "gpu", "command", "prometheus_text", "prometheus",
    ] {
        /// Processes of this machine, all that fit together: a number (`4711`), a name
        /// (`uvicorn`), or `{ port: 8010 }`, those that listen there.
        process: ProcessFile = "{ port: 8010 }";
        /// A container or another control group of this machine: its name as Docker or Podman
        /// have it, its id, the name of a unit such as `redis.service`, or the path of its group.
        container: String = "redis";
        /// This machine. Written shorter: `load: host`.
        host: bool = "true";
        /// The GPU with this number. All of them together are written `card: gpu`.
        gpu: Whole = "0";
        /// A program that prints numbers, run anew each time in the plan's folder: lines of a name
        /// and a number, which `take` then names, or a number alone, the gauge `value`.
        command: CommandFile = "./queue-depth.sh";
        /// A page of metrics, in Prometheus' text format or OpenMetrics; relative to the plan's
        /// `host`. What is taken of it stands under `take`.
        prometheus_text: String = "/metrics";
        /// A Prometheus server. What it is asked stands under `query`.
        prometheus: String = "http://127.0.0.1:9090";
        /// The gauges: of a page, which series they are (`p95 request_duration_seconds{path="/"}`);
        /// of a command, their units.
        take: Entries<Takes, TakenFile> = "{ queue: queue_depth }";
        /// The gauges, and their questions in PromQL, or one of the usual questions.
        query: Entries<Queries, QueryFile> = "{ p95: { p95: http_request_duration_seconds } }";
        /// Headers that are sent to the page or the server.
        headers: Entries<Headers, String> = "{ Authorization: \"Bearer ${PROMETHEUS_TOKEN}\" }";
        /// How often it is read; 100 ms at the least.
        every: Duration = "5s" (default "1s");
    }
}

/// Something that is watched.
pub(crate) enum WatchFile {
    Word(WatchWord),
    Keys(Box<WatchKeys>),
}

impl Read for WatchFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![WatchWord::kind(), WatchKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(_) => WatchWord::read(node, reader).map(WatchFile::Word),
            Value::Map(_) => {
                WatchKeys::read(node, reader).map(|keys| WatchFile::Keys(Box::new(keys)))
            }
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

record! {
    /// Which processes.
    ProcessKeys "`process`" one of ["pid", "name", "port"] {
        /// The process with this number.
        pid: Whole = "4711";
        /// All whose program, or whose script, is called so.
        name: String = "uvicorn";
        /// All that listen at this TCP port.
        port: Whole = "8010";
    }
}

/// Which processes: a number, a name, or a map that says more.
pub(crate) enum ProcessFile {
    Pid(u64),
    Name(String),
    Keys(ProcessKeys),
}

impl Read for ProcessFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![Whole::kind(), String::kind(), ProcessKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => ProcessKeys::read(node, reader).map(ProcessFile::Keys),
            Value::Number(..) => Whole::read(node, reader).map(|whole| ProcessFile::Pid(whole.0)),
            Value::Text(_) => {
                let name = String::read(node, reader)?;
                // What a variable says is a text, and may be a number.
                Some(
                    name.parse()
                        .map_or(ProcessFile::Name(name), ProcessFile::Pid),
                )
            }
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

/// A selector that has been read once.
#[derive(Clone, Debug)]
pub(crate) struct SelectorText(pub(crate) Selector);

leaf!(
    SelectorText,
    "selector",
    "a selector such as `queue_depth{queue=\"a\"}` or `p95 request_duration_seconds`",
    r#"{"type":"string"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = String::read(node, reader)?;
        match Selector::parse(&text) {
            Ok(selector) => Some(SelectorText(selector)),
            Err(fault) => reader.refuse(node, format!("{}: {fault}", quoted(&text))),
        }
    }
);

record! {
    /// A number of a page of metrics.
    TakenKeys "a gauge" {
        /// The series: a name with its labels. Counters become their growth per second; `p95` or
        /// another percentile before a histogram takes that of what came since the last look,
        /// `avg` the mean, `rate` the growth per second and `value` the value as it stands. Those
        /// of several series are added up.
        select: SelectorText = "queue_depth{queue=\"a\"}";
        /// The unit: `ms`, `s`, `bytes`, `share`, or any word.
        unit: String = "ms" (default "what the name ends with: `_seconds`, `_bytes`, `_ratio`");
    }
}

/// A gauge of a page or of a command: a selector or a unit, or a map that says more.
pub(crate) enum TakenFile {
    Text(At<String>),
    Keys(TakenKeys),
}

impl Read for TakenFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![String::kind(), TakenKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => TakenKeys::read(node, reader).map(TakenFile::Keys),
            _ => String::read(node, reader).map(|text| TakenFile::Text(At::new(text, node.span))),
        }
    }
}

record! {
    /// A question to a Prometheus, in PromQL or one of the usual ones.
    QueryKeys "a query" one of ["promql", "p50", "p90", "p95", "p99", "error_ratio", "request_rate"] {
        /// A question in PromQL that gives one number.
        promql: String = "sum(rate(http_requests_total[1m]))";
        /// The median of a histogram, by its name without `_bucket` and its labels.
        p50: SelectorText = "http_request_duration_seconds";
        /// Its 90th percentile.
        p90: SelectorText = "http_request_duration_seconds";
        /// Its 95th percentile.
        p95: SelectorText = "http_request_duration_seconds{job=\"api\"}";
        /// Its 99th percentile.
        p99: SelectorText = "http_request_duration_seconds";
        /// The share of failed requests: of a counter, those whose `status` begins with a 5.
        error_ratio: SelectorText = "http_requests_total{job=\"api\"}";
        /// Requests per second, of a counter.
        request_rate: SelectorText = "http_requests_total";
        /// The label of `error_ratio` that says how a request ended.
        status: String = "code" (default "status");
        /// Over which time the usual questions look.
        over: Duration = "30s" (default "1m");
        /// Asks for all points at this distance since the last answer, rather than for the value
        /// of the moment: for a Prometheus that is not read as often as it scrapes.
        step: Duration = "5s";
        /// The unit: `ms`, `s`, `bytes`, `share`, or any word.
        unit: String = "s" (default "of PromQL `count`; of the usual questions what they give");
    }
}

/// A question: PromQL alone, or a map that says more.
pub(crate) enum QueryFile {
    Text(String),
    Keys(Box<QueryKeys>),
}

impl Read for QueryFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![String::kind(), QueryKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => {
                QueryKeys::read(node, reader).map(|keys| QueryFile::Keys(Box::new(keys)))
            }
            _ => String::read(node, reader).map(QueryFile::Text),
        }
    }
}
