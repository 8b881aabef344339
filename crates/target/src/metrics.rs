//! The truth as a page of metrics, as services show it to a Prometheus.
//!
//! In: the counts of each endpoint. Out: Prometheus' text format, version 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;

use crate::answer::{Answer, Reply};
use crate::routes::Call;
use crate::services::Gauge;
use crate::truth::Tallied;

/// Upper bounds of the buckets, seconds.
const BOUNDS_S: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

pub(crate) fn show(call: &Call<'_>) -> Result<Reply, Answer> {
    let shared = &call.worker.shared;
    let page = page(&shared.truth.tallied(), &shared.state.gauges());
    Ok(Answer::new(200, "text/plain; version=0.0.4; charset=utf-8", page).into())
}

// Writing to a text cannot fail.
fn page(all: &[Tallied], gauges: &[Gauge]) -> String {
    let mut out = String::from(
        "# HELP http_requests_total Answers by status.\n# TYPE http_requests_total counter\n",
    );
    for one in all {
        for (status, count) in &one.statuses {
            let _ = writeln!(
                out,
                "http_requests_total{{method=\"{}\",path=\"{}\",status=\"{status}\"}} {count}",
                escaped(&one.method),
                escaped(one.path)
            );
        }
    }
    out += "# HELP http_requests_in_flight Requests that are being answered.\n\
            # TYPE http_requests_in_flight gauge\n";
    let in_flight: u64 = all.iter().map(|one| one.in_flight).sum();
    let _ = writeln!(out, "http_requests_in_flight {in_flight}");
    for Gauge { name, help, value } in gauges {
        let _ = writeln!(
            out,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}"
        );
    }
    out += "# HELP http_request_duration_seconds From the last byte of a request to that of its answer.\n\
            # TYPE http_request_duration_seconds histogram\n";
    for one in all {
        histogram(&mut out, one);
    }
    out
}

fn histogram(out: &mut String, one: &Tallied) {
    const NAME: &str = "http_request_duration_seconds";
    let labels = format!(
        "method=\"{}\",path=\"{}\"",
        escaped(&one.method),
        escaped(one.path)
    );
    for bound_s in BOUNDS_S {
        let count = one.latency.at_most((bound_s * 1e9) as u64);
        let _ = writeln!(out, "{NAME}_bucket{{{labels},le=\"{bound_s}\"}} {count}");
    }
    let (count, sum_s) = one.latency.count_and_sum_s();
    let _ = writeln!(out, "{NAME}_bucket{{{labels},le=\"+Inf\"}} {count}");
    let _ = writeln!(out, "{NAME}_sum{{{labels}}} {sum_s}");
    let _ = writeln!(out, "{NAME}_count{{{labels}}} {count}");
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::latency_record::LatencyRecord;

    #[test]
    fn a_page_has_counters_and_cumulative_buckets() {
        let mut latency = LatencyRecord::default();
        for ms in [2, 2, 40, 20_000] {
            latency.add(Duration::from_millis(ms));
        }
        let one = Tallied {
            method: "GET\"".to_owned(),
            path: "/a",
            statuses: [(200, 3), (500, 1)].into(),
            in_flight: 2,
            latency,
        };
        let gauge = Gauge {
            name: "queue_waiting",
            help: "Requests that wait.",
            value: 3.0,
        };
        let page = page(&[one], &[gauge]);
        let has = |line: &str| assert!(page.lines().any(|one| one == line), "{line} in {page}");
        has("http_requests_total{method=\"GET\\\"\",path=\"/a\",status=\"500\"} 1");
        has("http_requests_in_flight 2");
        has("# TYPE queue_waiting gauge");
        has("queue_waiting 3");
        let bucket = "http_request_duration_seconds_bucket{method=\"GET\\\"\",path=\"/a\",le=";
        has(&format!("{bucket}\"0.001\"}} 0"));
        has(&format!("{bucket}\"0.0025\"}} 2"));
        has(&format!("{bucket}\"0.05\"}} 3"));
        has(&format!("{bucket}\"+Inf\"}} 4"));
        has("http_request_duration_seconds_sum{method=\"GET\\\"\",path=\"/a\"} 20.044");
    }
}
