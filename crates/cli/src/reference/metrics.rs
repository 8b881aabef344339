//! The page of metrics: what is measured, and what the run itself is judged by.

use gatecrash_metrics::objective::term::RESPONSE_TIME;
use gatecrash_metrics::validity::{
    ACHIEVED_MIN, FULL_CORE, LAG_BESIDE_MAX_MS, LAG_DOUBTFUL_MS, LAG_INVALID_MS, LAG_SHARE_MAX,
    MISSED_CAP_MAX, RETRANSMITTED_DOUBTFUL, THROTTLED_DOUBTFUL, THROTTLED_INVALID,
};
use gatecrash_metrics::watch::{CONTAINER, GENERATOR, GPU, HOST, PROCESS, SELF};
use gatecrash_metrics::{Kind, Measure};

use super::MADE;
use super::table::{code, table};

const TOP: &str = "\
## Of requests

Each endpoint has these, and so have all requests together; `measures.csv`, `run.json`, the tables and
[objectives](objectives.md) know them by these names. What a request does not have is not recorded: a kept
connection has no `dns`, an answer that says nothing of a cache no `cache_hit`.

For streams `t0` is the instant of the send, `c1 … cK` are the arrivals of the chunks with content, `N` is the
number of output tokens.

";

const KINDS: &str = "\
## Kinds

Of the measures above and of metrics of your own: `metrics:` of a [plan](plan.md), `from gatecrash import metrics`
in a locustfile, `context.trend(…)` and its like in Rust.

";

const TIME: &str = "from the instant a request was due, under a rate, or from its call to the last byte of the body, \
                    with lookup, connection, TLS and redirects inside";

const GAUGES: &str = "\
## Gauges

What is [watched](../guides/watching.md) beside the load (`watch:` of a plan, `--watch`) gives gauges whose names
begin with that of the watch: `api.cpu`. Those that pages of metrics, a Prometheus and commands give are called as the
plan calls them. Every run has those of `generator`, the process that makes the load.

";

/// Where the gauges of a source come from, and what they are.
fn gauges() -> String {
    let sources = [
        ("process", PROCESS),
        ("container", CONTAINER),
        ("host", HOST),
        ("gpu", GPU),
        (GENERATOR, SELF),
    ];
    let rows = sources.into_iter().flat_map(|(source, gauges)| {
        gauges.iter().map(move |about| {
            [
                source.to_owned(),
                code(about.name),
                about.unit.to_owned(),
                about.doc.to_owned(),
            ]
        })
    });
    let table = table(["source", "name", "unit", "what it is"], rows);
    format!("{GAUGES}{table}")
}

/// The page.
pub(super) fn page() -> String {
    let first = [
        code(RESPONSE_TIME),
        "trend".to_owned(),
        "ms".to_owned(),
        TIME.to_owned(),
    ];
    let measures = Measure::ALL.into_iter().filter_map(measure);
    let rows = std::iter::once(first).chain(measures);
    let measures = table(["name", "kind", "unit", "what it is"], rows);
    let kinds = [Kind::Trend, Kind::Counter, Kind::Gauge, Kind::Rate];
    let kinds = kinds.map(|kind| {
        [
            code(kind.name()),
            becomes(kind).to_owned(),
            asked(kind).to_owned(),
        ]
    });
    let kinds = table(
        ["kind", "what becomes of its values", "in an objective"],
        kinds,
    );
    format!(
        "# Metrics\n\n{MADE}{TOP}{measures}{KINDS}{kinds}{}{}",
        gauges(),
        validity()
    )
}

fn measure(measure: Measure) -> Option<[String; 4]> {
    Some([
        code(measure.name()?),
        measure.kind()?.name().to_owned(),
        measure.unit()?.name().to_owned(),
        measure.doc()?.to_owned(),
    ])
}

fn becomes(kind: Kind) -> &'static str {
    match kind {
        Kind::Trend => "a distribution: mean, extremes, percentiles",
        Kind::Counter => "a sum that grows",
        Kind::Gauge => "the latest value, with the extremes",
        Kind::Rate => "the share of values that are not 0",
    }
}

fn asked(kind: Kind) -> &'static str {
    match kind {
        Kind::Trend => "`p95 NAME < …`, `avg NAME < …`, `max NAME < …`",
        Kind::Counter => "`NAME < …`, or `sum NAME < …`",
        Kind::Gauge => {
            "`NAME < …`, `last NAME < …`, `avg of NAME < …`, `growth of NAME < … per 10m`"
        }
        Kind::Rate => "`NAME > …`, or `rate NAME > …`",
    }
}

/// What makes a run doubtful or INVALID, by the limits that judge it.
fn validity() -> String {
    let percent = |share: f64| format!("{} %", (share * 1e6).round() / 1e4);
    let rows = [
        [
            "arrivals that started, of those planned".to_owned(),
            "–".to_owned(),
            format!("below {}", percent(ACHIEVED_MIN)),
        ],
        [
            "arrivals missed because `max_in_flight` was reached".to_owned(),
            "any".to_owned(),
            format!("above {}", percent(MISSED_CAP_MAX)),
        ],
        [
            "schedule lag P99: from due to started".to_owned(),
            format!("above {LAG_DOUBTFUL_MS} ms"),
            format!("above {LAG_INVALID_MS} ms"),
        ],
        [
            "time for which the CPU limit of the container held the generator still".to_owned(),
            format!("above {}", percent(THROTTLED_DOUBTFUL)),
            format!("above {}", percent(THROTTLED_INVALID)),
        ],
        [
            "TCP segments sent again".to_owned(),
            format!("above {}", percent(RETRANSMITTED_DOUBTFUL)),
            "–".to_owned(),
        ],
        [
            "a lane, or the interpreter of a locustfile".to_owned(),
            format!("busy for {} of a core or more", percent(FULL_CORE)),
            "–".to_owned(),
        ],
    ];
    let rows = table(["what is looked at", "doubtful", "INVALID"], rows);
    format!(
        "## Of the run itself\n\n\
         Whether the load was the one asked for, and the times are those of the target. A percentile is touched as \
         soon as the generator disturbs the share of requests above it; that is where the limits come from.\n\n\
         {rows}\
         A lag of at most {} of the response time P99, and at most {} ms, is harmless: that much of it is inside anyway. \
         Connections that found no free local port or file make a run INVALID, too. The report gives each reason with \
         its figure and what to do.\n",
        percent(LAG_SHARE_MAX),
        LAG_BESIDE_MAX_MS,
    )
}
