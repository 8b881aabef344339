//! The JSON output, in the form of Locust's `--json`.
//!
//! In: a snapshot. Out: a list with an object for each endpoint that was used, in
//! the order of first sight, written as Python's `json.dumps(…, indent=4)` writes
//! it. The response times are in ascending order; Locust's are in the order in which
//! they first occurred, which a histogram does not know.

use gatecrash_metrics::{Second, Snapshot};

use crate::format::float_repr;
use crate::locust::{Entry, Rules, Span, rounded};

/// All used endpoints of a snapshot.
pub fn entries(snapshot: &Snapshot, rules: &Rules) -> String {
    let span = Span::of(&snapshot.total);
    let all = snapshot
        .endpoints
        .iter()
        .map(|e| Entry::new(e, span, &rules.rounding));
    let objects: Vec<String> = all
        .filter(|entry| !entry.is_unused())
        .map(|entry| object(&entry))
        .collect();
    block('[', objects, ']', 0)
}

fn object(entry: &Entry<'_>) -> String {
    let endpoint = entry.endpoint;
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".into());
    let times = entry
        .times
        .iter()
        .map(|(ms, n)| (rounded(ms).to_string(), n));
    let members = vec![
        member("name", string(&endpoint.name)),
        member("method", string(&endpoint.method)),
        member(
            "last_request_timestamp",
            or_null(endpoint.last_request_epoch_s.map(float_repr)),
        ),
        member("start_time", float_repr(endpoint.start_epoch_s)),
        member("num_requests", endpoint.requests.to_string()),
        member("num_none_requests", endpoint.none_requests.to_string()),
        member("num_failures", endpoint.failures.to_string()),
        member(
            "total_response_time",
            entry.total_response_time_ms().to_string(),
        ),
        member("max_response_time", entry.max_ms().to_string()),
        member(
            "min_response_time",
            or_null(entry.min_ms().map(|min| min.to_string())),
        ),
        member(
            "total_content_length",
            endpoint.total_content_length.to_string(),
        ),
        member("response_times", counts(times)),
        member(
            "num_reqs_per_sec",
            counts(per_second(entry, |second| second.requests)),
        ),
        member(
            "num_fail_per_sec",
            counts(per_second(entry, |second| second.failures)),
        ),
    ];
    block('{', members, '}', 1)
}

fn per_second(
    entry: &Entry<'_>,
    count: impl Fn(&Second) -> u32,
) -> impl Iterator<Item = (String, u64)> {
    let counted = move |second: &Second| (second.epoch_s.to_string(), u64::from(count(second)));
    entry
        .endpoint
        .seconds
        .iter()
        .map(counted)
        .filter(|&(_, n)| n > 0)
}

fn counts(pairs: impl Iterator<Item = (String, u64)>) -> String {
    let members = pairs.map(|(key, n)| member(&key, n.to_string())).collect();
    block('{', members, '}', 2)
}

fn member(key: &str, value: String) -> String {
    format!("{}: {value}", string(key))
}

/// Items one below the other, indented by four spaces for each level.
fn block(open: char, items: Vec<String>, close: char, level: usize) -> String {
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let outer = " ".repeat(level * 4);
    let items = items.join(&format!(",\n{outer}    "));
    format!("{open}\n{outer}    {items}\n{outer}{close}")
}

/// A string in ASCII only, as Python writes it.
fn string(text: &str) -> String {
    let mut json = String::from("\"");
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('"') => json.push_str("\\\""),
            Some('\\') => json.push_str("\\\\"),
            Some('\n') => json.push_str("\\n"),
            Some('\r') => json.push_str("\\r"),
            Some('\t') => json.push_str("\\t"),
            Some('\u{8}') => json.push_str("\\b"),
            Some('\u{c}') => json.push_str("\\f"),
            Some(c @ ' '..='~') => json.push(c),
            _ => json.push_str(&format!("\\u{unit:04x}")),
        }
    }
    json.push('"');
    json
}
