//! The page that Locust's `--html` writes, and that its own page offers for download.
//!
//! In: the page's text. Out: a record, from the JSON that the page shows
//! (`window.templateArgs`). Its times are rounded: extremes to whole milliseconds, quantiles
//! to two digits.

use std::collections::{BTreeMap, HashMap};

use gatecrash_metrics::RunRecord;
use serde::Deserialize;
use serde_json::Value;

use super::{Beside, NotLocusts, Row, record};
use crate::cut::is_cut_off;

const BEGIN: &str = "window.templateArgs";

/// What the page says of single seconds comes every five of them.
const COARSE: &str = "the page tells nothing of single seconds";

/// The run of which this page tells.
///
/// # Errors
/// What is wrong with it.
pub fn read(page: &str) -> Result<RunRecord, NotLocusts> {
    let told = told(page)?;
    let times = told.times();
    let statistics = told.requests_statistics.iter();
    let rows: Vec<Row> = statistics.map(|one| row(one, &times)).collect();
    let users = told.history.iter().map(|moment| moment.user_count.1);
    let beside = Beside {
        users: users.fold(0.0, f64::max) as u64,
        notes: vec![COARSE.to_owned()],
        host: told.host.clone().filter(|host| host != "None"),
        ..Beside::default()
    };
    record(&rows, beside)
}

/// The JSON of the page. The script before it mentions its name as well, but only what
/// is behind an equals sign and has the figures is meant.
fn told(page: &str) -> Result<Told, NotLocusts> {
    let mut why = "it is no report of Locust: it has no `window.templateArgs`".to_owned();
    for (at, _) in page.match_indices(BEGIN) {
        let rest = page[at + BEGIN.len()..].trim_start();
        let Some(json) = rest.strip_prefix('=') else {
            continue;
        };
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Told>();
        match values.next() {
            Some(Ok(told)) => return Ok(told),
            Some(Err(fault)) => why = unreadable(json, &fault),
            None => {}
        }
    }
    Err(NotLocusts(why))
}

fn unreadable(json: &str, fault: &serde_json::Error) -> String {
    let what = match is_cut_off(json, fault) {
        true => "it ends in the middle, so it is not complete".to_owned(),
        false => fault.to_string(),
    };
    format!("the figures in its `{BEGIN}` cannot be read: {what}")
}

#[derive(Deserialize)]
struct Told {
    requests_statistics: Vec<Statistics>,
    #[serde(default)]
    response_time_statistics: Vec<Times>,
    #[serde(default)]
    history: Vec<Moment>,
    host: Option<String>,
}

#[derive(Deserialize)]
struct Statistics {
    method: Option<String>,
    name: String,
    num_requests: u64,
    num_failures: u64,
    avg_response_time: f64,
    min_response_time: f64,
    max_response_time: f64,
    total_rps: f64,
    #[serde(default)]
    avg_content_length: f64,
    /// `response_time_percentile_0.95`, and whatever else there is.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Times {
    method: Option<String>,
    name: String,
    /// `0.5` and other shares with their times.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Moment {
    /// When, and how many.
    user_count: (Value, f64),
}

/// Quantiles by method and name.
type TimesOf<'a> = HashMap<(&'a str, &'a str), &'a Times>;

impl Told {
    fn times(&self) -> TimesOf<'_> {
        let all = self.response_time_statistics.iter();
        all.map(|times| (key(&times.method, &times.name), times))
            .collect()
    }
}

fn key<'a>(method: &'a Option<String>, name: &'a str) -> (&'a str, &'a str) {
    (method.as_deref().unwrap_or_default(), name)
}

fn row(one: &Statistics, times: &TimesOf<'_>) -> Row {
    let key = key(&one.method, &one.name);
    let times = times.get(&key).into_iter();
    let times = times.flat_map(|times| quantiles(&times.others, ""));
    let own = quantiles(&one.others, "response_time_percentile_");
    Row {
        method: key.0.to_owned(),
        name: one.name.clone(),
        requests: one.num_requests,
        failures: one.num_failures,
        mean_ms: one.avg_response_time,
        min_ms: one.min_response_time,
        max_ms: one.max_response_time,
        mean_bytes: one.avg_content_length,
        per_second: one.total_rps,
        quantiles: times.chain(own).collect(),
    }
}

/// Shares, named behind `before`, and their times.
fn quantiles<'a>(
    values: &'a BTreeMap<String, Value>,
    before: &'a str,
) -> impl Iterator<Item = (f64, f64)> + 'a {
    values.iter().filter_map(move |(key, value)| {
        let share: f64 = key.strip_prefix(before)?.parse().ok()?;
        (0.0..=1.0).contains(&share).then_some(())?;
        Some((share, value.as_f64()?))
    })
}
