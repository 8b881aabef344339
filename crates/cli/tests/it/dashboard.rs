//! The dashboard for Grafana asks only for what a run tells.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::live::Watched;
use crate::plans::Desk;
use crate::prometheus::{self, Prometheus};

/// A run that has everything of which the dashboard tells: failures, a cache, costs, streams,
/// arrivals that are missed, an objective that breaks, and what is watched.
const PLAN: &str = "name: Dashboard\nhost: ${TARGET}\nparallel: true\n\
    watch: { api: { process: ${PID} }, machine: host }\n\
    prices: { of: { cached: 0.01 } }\n\
    objectives: [p95 < 1m, error_rate < 0.1%]\n\
    users:\n  reader:\n    wait: 20ms\n    tasks:\n\
    \x20   - { get: '/cached/a?ttl=1s&work=5ms', name: cached }\n\
    \x20   - { get: /status/503, name: bad }\n\
    \x20   - post: /v1/chat/completions\n      name: chat\n      stream: openai\n\
    \x20     json: { model: any, stream: true, messages: [{ role: user, content: x }], tokens: 5, first: 20ms, pace: 5ms }\n\
    \x20 slow: { tasks: [{ get: /delay/200 }] }\n\
    scenarios:\n  closed: { users: 2, for: 1h, who: [reader] }\n  \
    open: { rate: 50/s, for: 1h, max_in_flight: 1, who: [slow] }\n";

fn file(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana");
    root.join(name)
}

fn dashboard() -> Value {
    let text = std::fs::read_to_string(file("dashboards/gatecrash.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a Vec<Value> {
    let found = value.pointer(path).and_then(Value::as_array);
    found.unwrap_or_else(|| panic!("no list {path}"))
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    let found = value.pointer(path).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text {path} in {value}"))
}

/// What the charts and the marks ask.
fn questions(dashboard: &Value) -> Vec<String> {
    let panels = list(dashboard, "/panels").iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    let targets = panels.flat_map(|panel| list(panel, "/targets"));
    let marks = list(dashboard, "/annotations/list");
    let all = targets.chain(marks);
    all.map(|one| text(one, "/expr").to_owned()).collect()
}

/// Of each choice at the head the series that it reads, and the label.
fn choices(dashboard: &Value) -> Vec<(String, String)> {
    let variables = list(dashboard, "/templating/list").iter();
    let asked = variables.filter(|one| one["type"] == "query");
    let asked = asked.map(|one| {
        let query = text(one, "/query/query");
        let inside = query.strip_prefix("label_values(");
        let inside = inside.and_then(|rest| rest.strip_suffix(')'));
        let (series, label) = inside.and_then(|inside| inside.rsplit_once(", ")).unwrap();
        (series.to_owned(), label.to_owned())
    });
    asked.collect()
}

/// As Grafana asks when everything is chosen: the names in the query become what they stand for.
fn chosen(query: &str) -> String {
    let known = [
        ("$__rate_interval", "5s"),
        ("$job", ".*"),
        ("$scenario", ".*"),
        ("$endpoint", ".*"),
    ];
    let chosen = known.iter().fold(query.to_owned(), |query, (name, value)| {
        query.replace(name, value)
    });
    assert!(!chosen.contains('$'), "not everything is known: {chosen}");
    chosen
}

/// Series that a question has had in the last minutes with a value that is one.
fn had(server: &Prometheus, query: &str) -> Option<Vec<Value>> {
    let answer = server.query(&format!("({query})[5m:1s]"));
    assert_eq!(answer["status"], "success", "{query}: {answer}");
    let is_number = |point: &Value| point[1].as_str().is_some_and(|number| number != "NaN");
    let has_one = |series: &Value| list(series, "/values").iter().any(is_number);
    let mut found = list(&answer, "/data/result").clone();
    found.retain(has_one);
    (!found.is_empty()).then_some(found)
}

#[test]
fn every_question_of_the_dashboard_has_data() {
    let Some(binary) = prometheus::binary("prometheus") else {
        return;
    };
    let desk = Desk::new(&PLAN.replace("${PID}", &std::process::id().to_string()));
    let run = Watched::begin(&desk, &["--no-results"]);
    let server = Prometheus::start(&binary, &[&run.address]);
    let dashboard = dashboard();
    let questions = questions(&dashboard);
    assert!(questions.len() > 30, "{questions:?}");
    for question in questions {
        prometheus::patiently(&question, || had(&server, &chosen(&question)));
    }
    for (series, label) in choices(&dashboard) {
        let found = prometheus::patiently(&series, || had(&server, &chosen(&series)));
        let is_there = |one: &Value| one["metric"][&label].is_string();
        assert!(found.iter().all(is_there), "{label}: {found:?}");
    }
    run.end();
}

#[test]
fn panels_have_places_and_names_of_their_own() {
    let dashboard = dashboard();
    let panels = list(&dashboard, "/panels");
    let mut ids = HashSet::new();
    let mut taken = HashSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(!text(panel, "/title").is_empty());
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for (x, y) in (at("x")..at("x") + at("w"))
            .flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert((x, y)), "two panels at {x}, {y}: {panel}");
        }
    }
}

#[test]
fn prometheus_takes_its_file() {
    let Some(binary) = prometheus::binary("promtool") else {
        return;
    };
    let checked = Command::new(binary)
        .args(["check", "config"])
        .arg(file("prometheus.yml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
}
