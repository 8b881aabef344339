//! The run in short: for pull requests, for scripts, for CI systems.

use gatecrash_metrics::objective::{Outcome, Severity, Tier};
use gatecrash_metrics::{EndpointId, Measure, RunRecord, Sample, ScenarioRecord, Shard};
use gatecrash_report::native::{junit, summary_json, summary_md};
use roxmltree::{Document, Node};
use serde_json::{Value, json};

use crate::archive::full;
use crate::judged;
use crate::native::same;
use crate::runs::{self, START};

/// A run with a verdict of each kind.
fn verdicts() -> RunRecord {
    let mut open = runs::open();
    open.driven.missed_cap = 0;
    open.driven.missed_stopped = 0;
    open.validity = gatecrash_metrics::judge(&open.driven);
    RunRecord {
        verdicts: vec![
            judged::held(),
            judged::broken(),
            judged::tolerable(),
            judged::without_data(),
        ],
        ..runs::run(vec![runs::warm_up(), open, runs::closed()])
    }
}

#[test]
fn a_page_of_markdown_says_the_answer_first() {
    let text = summary_md::summary(&verdicts());
    same("summary.md", &text);
    let first = text.lines().next().expect("a line");
    assert_eq!(first, "## Knowledge graph API: FAIL");
    assert!(!text.contains("\n\n\n"), "{text}");
    assert!(!text.contains("warm-up"), "{text}");
    // Each row has as many cells as its head.
    for block in text.split("\n\n").filter(|block| block.starts_with('|')) {
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut widths = block.lines().map(cells);
        let head = widths.next();
        assert!(widths.all(|width| Some(width) == head), "{block}");
    }
}

#[test]
fn nothing_from_elsewhere_is_markup() {
    let mut record = runs::run(vec![runs::open()]);
    record.name = "a <b>|*c*\n# d".into();
    record.notes = vec!["</details><script>".into()];
    let text = summary_md::summary(&record);
    let first = text.lines().next().expect("a line");
    assert!(
        first.starts_with(r"## a &lt;b&gt;\|\*c\* \# d: "),
        "{first}"
    );
    assert!(!text.contains("<script>"), "{text}");
}

fn told(record: &RunRecord) -> Value {
    serde_json::from_str(&summary_json::summary(record)).expect("JSON")
}

/// Four requests, one of which failed, three of which tell of a cache.
fn cached() -> ScenarioRecord {
    let mut shard = Shard::new(START);
    let id = EndpointId(0);
    shard.define(id, "GET", "/");
    for ms in [10.0, 20.0, 30.0, 40.0004] {
        shard.record(&Sample {
            endpoint: id,
            at_epoch_s: START + 1.0,
            response_time_ms: Some(ms),
            whole_ms: false,
            response_length: 1,
        });
    }
    for hit in [1.0, 1.0, 0.0] {
        shard.measure(id, Measure::CacheHit, hit);
    }
    shard.fail(id, "500", START + 1.0);
    ScenarioRecord {
        name: "cached".into(),
        ..runs::bare(shard)
    }
}

#[test]
fn scripts_find_the_keys_that_they_look_for() {
    let told = told(&runs::run(vec![runs::warm_up(), cached(), runs::closed()]));
    assert_eq!(told["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(
        told["test_results"][0],
        json!({
            "scenario": "cached",
            "total_requests": 4,
            "successful": 3,
            "failed": 1,
            "success_rate": 75.0,
            "cached_responses": 2,
            "cache_hit_rate": 66.7,
            "avg_latency_ms": 25.0,
            "median_latency_ms": 20.0,
            "p95_latency_ms": 40.0,
            "p99_latency_ms": 40.0,
        })
    );
    assert_eq!(told["test_results"][1]["cache_hit_rate"], Value::Null);
    assert_eq!(told["test_results"][1]["success_rate"], 100.0);
    assert_eq!(
        told["summary"],
        json!({
            "total_scenarios": 2,
            "scenarios_passed": 1,
            "average_cache_hit_rate": 66.7,
        })
    );
}

#[test]
fn a_scenario_passes_by_its_objectives_or_without_failures() {
    let passed = |record: &RunRecord| told(record)["summary"]["scenarios_passed"].clone();
    let mut record = verdicts();
    assert_eq!(
        passed(&record),
        1,
        "the crowd alone, which was asked nothing"
    );
    record.verdicts = vec![judged::held(), judged::tolerable()];
    assert_eq!(
        passed(&record),
        2,
        "failed requests do not decide where objectives do"
    );
    record.verdicts = vec![judged::without_data()];
    assert_eq!(passed(&record), 1);
    record.verdicts = Vec::new();
    assert_eq!(passed(&record), 1, "five requests of the burst failed");
    let nothing = told(&runs::run(Vec::new()));
    assert_eq!(nothing["test_results"], json!([]));
    assert_eq!(nothing["summary"]["average_cache_hit_rate"], Value::Null);
}

fn named<'a>(node: Node<'a, 'a>, tag: &str) -> Vec<Node<'a, 'a>> {
    node.children()
        .filter(|child| child.has_tag_name(tag))
        .collect()
}

fn number(node: Node<'_, '_>, name: &str) -> usize {
    let number = node.attribute(name).map(str::parse);
    number.expect("an attribute").expect("a number")
}

/// The counts of each suite are those of its cases, and those of all suites together.
fn check_counts(root: Node<'_, '_>) {
    let mut all = [0; 3];
    for suite in named(root, "testsuite") {
        let cases = named(suite, "testcase");
        let with = |tag: &str| {
            cases
                .iter()
                .filter(|case| !named(**case, tag).is_empty())
                .count()
        };
        let counts = [cases.len(), with("failure"), with("error")];
        let told = ["tests", "failures", "errors"].map(|name| number(suite, name));
        assert_eq!(told, counts);
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    assert_eq!(
        ["tests", "failures", "errors"].map(|name| number(root, name)),
        all
    );
}

#[test]
fn verdicts_are_test_cases() {
    let mut record = verdicts();
    let mut across = judged::held();
    (across.scenario, across.severity) = (None, Severity::Warn);
    across.outcome = Outcome::Failed;
    record.verdicts.push(across);
    let xml = junit::junit(&record);
    same("junit.xml", &xml);
    let document = Document::parse(&xml).expect("XML");
    let root = document.root_element();
    check_counts(root);
    let suites = named(root, "testsuite");
    let suite_names: Vec<_> = suites.iter().map(|one| one.attribute("name")).collect();
    assert_eq!(
        suite_names,
        [Some("burst"), Some("crowd"), Some("across scenarios")]
    );
    let came = |case: &Node<'_, '_>| {
        let first = case.children().find(Node::is_element);
        first
            .map_or("passed", |node| node.tag_name().name())
            .to_owned()
    };
    let cases: Vec<String> = named(suites[0], "testcase").iter().map(came).collect();
    // Driven as asked; held, broken, tolerable, without data.
    assert_eq!(
        cases,
        ["passed", "passed", "failure", "system-out", "error"]
    );
    let warned: Vec<String> = named(suites[2], "testcase").iter().map(came).collect();
    assert_eq!(warned, ["system-out"], "a warning does not fail a job");
}

#[test]
fn a_run_that_was_not_driven_as_asked_is_an_error() {
    let mut record = full();
    record.name = "a & \"b\" <c>\u{1}\u{fffe}".into();
    record.verdicts[0].tier = Some(Tier::Met);
    let xml = junit::junit(&record);
    let document = Document::parse(&xml).expect("XML");
    let root = document.root_element();
    check_counts(root);
    assert_eq!(root.attribute("name"), Some("a & \"b\" <c>\u{fffd}"));
    let errors = document
        .descendants()
        .filter(|node| node.has_tag_name("error"));
    let kinds: Vec<_> = errors.map(|node| node.attribute("type")).collect();
    assert!(kinds.contains(&Some("invalid")), "{kinds:?}");
}
