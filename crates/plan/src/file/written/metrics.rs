//! Numbers of the author's own, as written: metrics, and what answers say of caches.

use gatecrash_metrics::Kind as MetricKind;

use crate::file::node::{Node, Value};
use crate::file::read::{Read, Reader};
use crate::file::scalar::{Constant, JsonPath};
use crate::file::shape::{Kind, choice, record};

choice!(MetricKind, "kind of metric", "`counter`, `rate`, `gauge` or `trend`", [
    "counter" => MetricKind::Counter,
    "rate" => MetricKind::Rate,
    "gauge" => MetricKind::Gauge,
    "trend" => MetricKind::Trend,
]);

record! {
    /// A metric of the author's own.
    MetricKeys "a metric" {
        /// What becomes of its values: a sum that grows (`counter`), the share of those that are
        /// not 0 (`rate`), the latest one (`gauge`), or a distribution (`trend`).
        kind: MetricKind = "trend", required;
        /// The unit of its values: `ms`, `bytes`, or any word.
        unit: String = "ms" (default "count; of a rate share");
    }
}

/// A metric: its kind alone, or a map that says more.
pub(crate) enum MetricFile {
    Kind(MetricKind),
    Keys(MetricKeys),
}

impl Read for MetricFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![MetricKind::kind(), MetricKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => MetricKeys::read(node, reader).map(MetricFile::Keys),
            Value::Text(_) => MetricKind::read(node, reader).map(MetricFile::Kind),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

/// The words that say how an answer tells of a cache.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CacheWord {
    Headers,
    Off,
}

choice!(CacheWord, "cache", "`headers` or `off`", [
    "headers" => CacheWord::Headers,
    "off" => CacheWord::Off,
]);

record! {
    /// Where an answer tells whether it came from a cache.
    CacheKeys "`cache`" one of ["json", "header"] {
        /// A value in its JSON body (JSONPath, RFC 9535).
        json: JsonPath = "$.cached";
        /// A header.
        header: String = "X-Cache-Status";
        /// What stands there on a hit; anything else is a miss, nothing at all is unknown. Of a
        /// header a part of its text is enough.
        hit: Constant = "HIT" (default "`true`, a number above 0, or a word such as `HIT`");
    }
}

/// How an answer tells whether it came from a cache.
pub(crate) enum CacheFile {
    Word(CacheWord),
    Keys(CacheKeys),
}

impl Read for CacheFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![CacheWord::kind(), CacheKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => CacheKeys::read(node, reader).map(CacheFile::Keys),
            Value::Text(_) => CacheWord::read(node, reader).map(CacheFile::Word),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}
