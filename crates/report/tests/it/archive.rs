//! `run.json`: a run is the same after it was written and read.

use std::sync::Arc;

use gatecrash_metrics::endpoint::ToldQuantiles;
use gatecrash_metrics::history::{History, POINTS};
use gatecrash_metrics::objective::{Breaking, Outcome, Severity, Sighting, Tier, Verdict};
use gatecrash_metrics::record::{HookRecord, Machine, Origin, OriginKind, PlanText, When};
use gatecrash_metrics::validity::KEYS;
use gatecrash_metrics::{
    Change, Driven, Ended, Endpoint, EndpointId, FailureKind, Kind, Lag, LaneUse, Measure, Metric,
    MetricId, Model, Overflow, Reason, RunRecord, Sample, ScenarioRecord, Shard, Snapshot, TaskId,
    Unit, Validity, Why, Window,
};
use gatecrash_report::archive::journal::{Beginning, Journal, replay};
use gatecrash_report::archive::{self, Unreadable};
use serde_json::Value;

use crate::runs::{self, START};

/// The record without what the file does not keep.
pub(crate) fn without_windows(mut record: RunRecord) -> RunRecord {
    for scenario in &mut record.scenarios {
        strip(&mut scenario.snapshot);
    }
    record
}

fn strip(snapshot: &mut Snapshot) {
    let all = snapshot.endpoints.iter_mut().chain(&mut snapshot.users);
    for endpoint in all.chain([&mut snapshot.total]) {
        Arc::make_mut(endpoint).window = Window::default();
    }
}

fn check(record: RunRecord) -> String {
    let text = archive::write(&record);
    let read = archive::read(&text).expect("a run");
    let expected = without_windows(record);
    assert_eq!(read.scenarios.len(), expected.scenarios.len());
    for (ours, theirs) in read.scenarios.iter().zip(&expected.scenarios) {
        assert_eq!(ours.snapshot, theirs.snapshot, "{}", theirs.name);
        assert_eq!(ours.slices, theirs.slices, "{}", theirs.name);
        assert_eq!(ours, theirs);
    }
    assert_eq!(read, expected);
    // And once more the same to the byte.
    assert_eq!(archive::write(&read), text);
    text
}

/// A run in which every field says something.
pub(crate) fn full() -> RunRecord {
    let open = ScenarioRecord {
        hooks: vec![
            HookRecord {
                name: "degrade".into(),
                when: When::Before,
                ok: true,
                told: "status 204".into(),
                elapsed_s: 0.25,
                file: None,
            },
            HookRecord {
                name: "flame graph".into(),
                when: When::Beside,
                ok: false,
                told: "no such pid".into(),
                elapsed_s: 60.1,
                file: Some("flame.svg".into()),
            },
        ],
        sightings: vec![Sighting {
            objective: "error_rate > 5% for 10s".into(),
            endpoint: Some("/chat".into()),
            worst: Some(0.071),
            limit: Some(0.05),
            unit: Some(Unit::Share),
            longest_s: Some(4.0),
            broke_epoch_s: Some(START + 11.0),
            complete: true,
        }],
        ..runs::open()
    };
    let odd = odd();
    RunRecord {
        ended_by: Ended::Interrupted("SIGTERM".into()),
        origin: Origin {
            kind: OriginKind::Rust,
            gatecrash: "0.1.0".into(),
            command: "gatecrash run 'a plan.yaml'".into(),
            python: Some("3.13.1".into()),
            machine: Machine {
                os: "Linux 6.1".into(),
                cpus: 8,
                memory_bytes: 1 << 34,
                hostname: "bench".into(),
            },
            plan: Some(PlanText {
                format: "yaml".into(),
                text: "host: '***'\n".into(),
            }),
            host: Some("http://127.0.0.1:8000".into()),
        },
        verdicts: vec![verdict(), bare_verdict()],
        notes: vec!["the budget was reached".into()],
        currency: Some("USD".into()),
        per_month_at: Some(1000.0),
        ..runs::run(vec![runs::warm_up(), open, runs::closed(), odd])
    }
}

fn verdict() -> Verdict {
    Verdict {
        objective: "p95: { target: 3s, acceptable: 5s }".into(),
        scenario: Some("burst".into()),
        endpoint: Some("/chat".into()),
        outcome: Outcome::Failed,
        severity: Severity::Fail,
        tier: Some(Tier::Broken),
        grade: Some("poor".into()),
        observed: Some(0.1 + 0.2),
        limit: Some(f64::INFINITY),
        unit: Unit::Named("widgets".into()),
        why: "p95 was 6 s, must be < 5 s".into(),
        broke_epoch_s: Some(START + 7.123_456_7),
        breaking: Some(Breaking {
            held: Some(40.0),
            broke: 50.5,
            unit: Unit::PerSecond,
        }),
    }
}

fn bare_verdict() -> Verdict {
    Verdict {
        objective: "p95 < 3s".into(),
        scenario: None,
        endpoint: None,
        outcome: Outcome::NoData,
        severity: Severity::Warn,
        tier: None,
        grade: None,
        observed: None,
        limit: None,
        unit: Unit::Ms,
        why: String::new(),
        broke_epoch_s: None,
        breaking: None,
    }
}

/// A scenario of odd numbers: every kind of failure, values beyond their histogram, names of
/// metrics that clash, quantiles from elsewhere.
fn odd() -> ScenarioRecord {
    let snapshot = odd_books();
    let reasons = KEYS.map(|key| Reason {
        key,
        text: format!("about {key}"),
    });
    ScenarioRecord {
        name: "odd".into(),
        load: "whatever".into(),
        validity: Validity::Invalid(reasons.to_vec()),
        driven: Driven {
            planned: 9,
            started: 8,
            missed_cap: 1,
            missed_stopped: 2,
            max_in_flight: Some(7),
            schedule_lag: Some(Lag {
                p50_ms: 0.1,
                p99_ms: 0.2,
                max_ms: 0.3,
            }),
            response_p99_ms: Some(1.0),
            lanes: vec![LaneUse { cpu_share: 0.5 }],
            throttled_share: Some(0.01),
            retransmitted_share: Some(0.02),
            ports_exhausted: 3,
            files_exhausted: 4,
            interpreter_share: Some(0.9),
            ..Driven::of(Model::Locust, None, &snapshot)
        },
        changes: vec![Change {
            at_epoch_s: START + 0.1,
            what: "users 1 → 2".into(),
        }],
        abandoned: 3,
        snapshot,
        ..runs::bare(Shard::new(START))
    }
}

fn odd_books() -> Snapshot {
    let mut shard = Shard::new(START);
    let id = EndpointId(0);
    shard.define(id, "GET", "/ä \"b\"\\ \u{1} </x>");
    let user = shard.follow_user("reader", START).expect("room");
    for (at, ms) in [0.0, 1e-9, 0.3, 7.0, 1e12, 2.5].into_iter().enumerate() {
        let sample = Sample {
            endpoint: id,
            at_epoch_s: START + 3.0 * at as f64,
            response_time_ms: Some(ms),
            whole_ms: ms == 7.0,
            response_length: 3,
        };
        shard.record(&sample);
        shard.record_user(user, &sample, at == 2);
    }
    shard.record(&Sample {
        endpoint: id,
        at_epoch_s: START + 40.5,
        response_time_ms: None,
        whole_ms: false,
        response_length: 0,
    });
    let kinds = [
        "timeout",
        "connect",
        "tls",
        "reset",
        "status 503",
        "check",
        "stream",
    ];
    for kind in kinds.into_iter().chain(["exception", "other"]) {
        let why = Why {
            kind: FailureKind::named(kind).expect("a kind"),
            text: kind,
        };
        shard.fail(id, why, START + 1.0);
    }
    shard.exception("boom", "Traceback\n  line 1", "node-1");
    shard.exception("boom", "Traceback\n  line 1", "node-2");
    measure(&mut shard, id);
    shard.define_task(TaskId(0), "reader", "read");
    shard.task_started(TaskId(0), Some(0.125));
    shard.task_ended(TaskId(0), 12.0, false);
    shard.user_started(3.5);
    let mut snapshot = shard.snapshot();
    let mut told = Endpoint::new("GET", "/from elsewhere", START);
    (told.requests, told.min_ms, told.max_ms) = (10, Some(1.0), 9.0);
    told.total_response_time_ms = 50.0;
    told.told = Some(ToldQuantiles::new(vec![(0.5, 4.0), (0.95, 8.5)]));
    snapshot.endpoints.push(Arc::new(told));
    snapshot.overflow = Overflow {
        names: 1,
        errors: 2,
        exceptions: 3,
        clamped_times: 4,
        forgotten_seconds: 5,
        unusable_values: 6,
    };
    snapshot
}

/// Values of every measure, and of metrics of every kind and unit.
fn measure(shard: &mut Shard, id: EndpointId) {
    let units = [
        Unit::Bytes,
        Unit::Share,
        Unit::PerSecond,
        Unit::Seconds,
        Unit::Money,
    ];
    let kinds = [
        Kind::Trend,
        Kind::Counter,
        Kind::Gauge,
        Kind::Rate,
        Kind::Trend,
    ];
    for (at, (unit, kind)) in units.into_iter().zip(kinds).enumerate() {
        // The first has the name of a built-in measure.
        let name = if at == 0 {
            "ttft".into()
        } else {
            format!("metric {at}").into()
        };
        shard.declare(MetricId(at as u16), Metric { name, unit, kind });
        for value in [-1.5, 1e300, 3.0] {
            shard.measure(id, Measure::Custom(MetricId(at as u16)), value);
            shard.metric(MetricId(at as u16), value, START + value.min(9.0));
        }
    }
    for measure in Measure::ALL {
        shard.measure(id, measure, 1.0 / 3.0);
    }
}

#[test]
fn a_run_is_the_same_after_it_was_written_and_read() {
    let text = check(full());
    assert!(text.ends_with("}\n") && text.lines().count() == 1);
    let ends = [
        Ended::Done,
        Ended::Stopped,
        Ended::Failed("why".into()),
        Ended::Unknown,
    ];
    for ended_by in ends {
        check(RunRecord {
            ended_by,
            ..RunRecord::default()
        });
    }
}

#[test]
fn slices_and_points_are_kept() {
    let record = with_slices();
    assert!(record.slices.len() > 10 && record.history.len() == 30);
    assert!(record.slices.iter().any(|slice| !slice.metrics.is_empty()));
    check(runs::run(vec![record]));
}

/// A scenario of thirty seconds with its history.
fn with_slices() -> ScenarioRecord {
    let mut shard = Shard::new(START);
    let mut history = History::new(START, &shard.snapshot(), POINTS);
    for second in 1..=30 {
        step(&mut shard, second);
        history.push(START + f64::from(second), &shard.snapshot());
    }
    ScenarioRecord {
        name: "sliced".into(),
        history: history.points().to_vec(),
        slices: history.all_slices(&shard.snapshot()),
        ..runs::bare(shard)
    }
}

/// What happens in a second.
fn step(shard: &mut Shard, second: u32) {
    let at_epoch_s = START + f64::from(second) - 0.5;
    for (id, path) in ["/a", "/b", "/c"].into_iter().enumerate() {
        let id = EndpointId(id as u32);
        shard.define(id, "GET", path);
        // The second one is quiet now and then, the third comes late.
        let quiet = (id.0 == 1 && !second.is_multiple_of(4)) || (id.0 == 2 && second < 20);
        for n in 0..if quiet { 0 } else { 20 } {
            shard.record(&Sample {
                endpoint: id,
                at_epoch_s,
                response_time_ms: Some(f64::from(second * 7 + n * n) / 3.0),
                whole_ms: false,
                response_length: 10,
            });
            shard.measure(id, Measure::Ttft, f64::from(n) / 7.0);
        }
    }
    shard.declare(
        MetricId(0),
        Metric {
            name: "queue".into(),
            unit: Unit::Count,
            kind: Kind::Gauge,
        },
    );
    shard.metric(MetricId(0), f64::from(second), at_epoch_s);
    shard.planned(20);
    (0..20).for_each(|n| shard.arrival_started(f64::from(n) / 10.0));
    shard.define_task(TaskId(0), "reader", "read");
    shard.task_started(TaskId(0), None);
    shard.task_ended(TaskId(0), 5.0, true);
    shard.occupied(u64::from(second), 3);
    shard.user_started(1.0);
    if second.is_multiple_of(10) {
        shard.fail(EndpointId(0), "timed out", at_epoch_s);
        shard.exception("boom", "Traceback", "");
    }
}

#[test]
fn programs_find_figures_beside_the_histograms() {
    let text = archive::write(&runs::run(vec![runs::open(), runs::closed()]));
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["format"], archive::FORMAT);
    assert_eq!(told["version"], archive::VERSION);
    assert_eq!(told["validity"]["verdict"], "invalid");
    let burst = &told["scenarios"][0];
    let p99 = |of: &str| burst["total"][of]["p99"].as_f64().expect("a number");
    assert!(p99("response_time_ms") > 10.0 * p99("service_time_ms"));
    assert_eq!(burst["arrivals"]["missed_cap"], 4);
    assert_eq!(burst["endpoints"][1]["measures"]["ttft"]["count"], 200);
    assert_eq!(burst["metrics"]["cache hits"]["sum"], 24_500.0);
    assert_eq!(burst["history"].as_array().map(Vec::len), Some(20));
    let crowd = &told["scenarios"][1];
    let times = |of: &str| {
        let mut times = crowd["endpoints"][0][of].clone();
        times
            .as_object_mut()
            .expect("an object")
            .remove("histogram");
        times
    };
    assert_eq!(times("response_time_ms"), times("service_time_ms"));
    // What was not measured is not told as nothing.
    assert!(crowd["endpoints"][0].get("measures").is_none());
    assert!(crowd["arrivals"].get("schedule_lag_ms").is_none());
}

#[test]
fn a_list_of_runs_reads_only_a_glance() {
    let record = full();
    let glance = archive::glance(&archive::write(&record)).expect("a run");
    assert_eq!(glance.record.name, record.name);
    assert_eq!(glance.record.verdicts, record.verdicts);
    assert_eq!(glance.record.validity, record.validity);
    assert_eq!(glance.per_second, Some(50.0));
    assert!(glance.p95_ms.expect("times") > 900.0);
    assert_eq!(archive::glance("{}"), None);
}

fn refused(text: &str, said: &str) -> Unreadable {
    let fault = archive::read(text).expect_err("no run");
    assert!(fault.to_string().contains(said), "{fault}");
    fault
}

#[test]
fn what_is_no_run_is_called_what_it_is() {
    let text = archive::write(&runs::run(vec![runs::closed()]));
    let ends = (0..text.trim_end().len()).filter(|end| text.is_char_boundary(*end));
    for end in ends {
        let fault = refused(&text[..end], "cut off");
        assert!(matches!(fault, Unreadable::CutOff), "{fault:?}");
    }
    for other in ["Type,Name,Request Count\r\n", r#"{"lag": 1.}"#, "an end."] {
        refused(other, "it is no JSON");
    }
    for other in ["[]", "{}", "3", r#"{"format": "k6"}"#, r#"{"version": 9}"#] {
        let fault = refused(other, "no run of Gatecrash");
        assert!(matches!(fault, Unreadable::OtherFormat), "{fault:?}");
    }
    let newer = text.replacen("\"version\":1", "\"version\":9", 1);
    refused(&newer, "version 9");
    refused(
        r#"{"format": "gatecrash-run", "version": 2}"#,
        "use a newer Gatecrash",
    );
    refused(
        r#"{"format": "gatecrash-run", "version": 1}"#,
        "missing field",
    );
    refused(
        &text.replacen("\"closed\"", "\"ajar\"", 1),
        "\"ajar\" is no model of load",
    );
    refused(
        &text.replacen("\"ended_by\":\"done\"", "\"ended_by\":\"x\"", 1),
        "no way to end",
    );
}

#[test]
fn histograms_that_were_tampered_with_are_refused() {
    let text = archive::write(&runs::run(vec![runs::closed()]));
    let with = |histogram: &str| {
        let at = text.find("\"histogram\":[").expect("one") + "\"histogram\":[".len();
        let end = at + text[at..].find(']').expect("its end");
        format!("{}{histogram}{}", &text[..at], &text[end..])
    };
    refused(&with("1,2,3"), "a gap without a count");
    refused(&with("99999,1"), "beyond its last bucket");
    refused(
        &with("18446744073709551615,1,18446744073709551615,1"),
        "beyond its last bucket",
    );
    refused(&with("1,-2"), "damaged");
    assert!(archive::read(&with("1,2")).is_ok());
}

#[test]
fn packed_histograms_that_were_tampered_with_are_refused() {
    let record = runs::run(vec![with_slices()]);
    let text = archive::write(&record);
    // The last text of a list of values is a histogram.
    let end = text.rfind("\"]").expect("values");
    let start = text[..end].rfind('"').expect("a histogram") + 1;
    let with = |histogram: &str| format!("{}{histogram}{}", &text[..start], &text[end..]);
    assert!(archive::read(&with(&text[start..end])).is_ok());
    // No base64, a number that does not end, a count that is missing, too large numbers.
    for damaged in ["!", "gA", "Aw", "////////fw", "//////////////////8"] {
        refused(&with(damaged), "damaged histogram");
    }
}

fn beginning(name: &str) -> Beginning {
    Beginning {
        place: 0,
        name: name.into(),
        load: "20/s".into(),
        measured: true,
        started_epoch_s: START,
        model: Model::Open,
        max_in_flight: Some(10),
    }
}

/// The lines of thirty seconds, and the scenario as it really was.
fn journal() -> (Vec<String>, ScenarioRecord) {
    let mut journal = Journal::default();
    let mut shard = Shard::new(START);
    let mut lines = Vec::new();
    for second in 1..=30 {
        step(&mut shard, second);
        let at = START + f64::from(second);
        lines.push(journal.second(&beginning("sliced"), at, &shard.snapshot()));
    }
    (lines, with_slices())
}

#[test]
fn a_journal_gives_the_scenario_back() {
    let (lines, mut truth) = journal();
    let replayed = replay(Vec::new(), &lines.concat());
    assert_eq!(replayed.len(), 1);
    strip(&mut truth.snapshot);
    assert_eq!(replayed[0].snapshot, truth.snapshot);
    assert_eq!(replayed[0].history, truth.history);
    assert_eq!(replayed[0].slices, truth.slices);
    assert_eq!(replayed[0].ended_epoch_s, START + 30.0);
    assert_eq!(replayed[0].driven.model, Model::Open);
}

#[test]
fn a_line_that_was_cut_off_costs_that_line() {
    let (lines, _) = journal();
    let whole = lines[..10].concat();
    let cut = format!("{whole}{}", &lines[10][..lines[10].len() / 2]);
    let (whole, cut) = (replay(Vec::new(), &whole), replay(Vec::new(), &cut));
    assert_eq!(whole, cut);
    assert_eq!(whole[0].ended_epoch_s, START + 10.0);
    assert!(replay(Vec::new(), "garbage\n").is_empty());
}

#[test]
fn a_journal_goes_on_from_what_the_file_has() {
    let mut journal = Journal::default();
    let mut shard = Shard::new(START);
    let mut known = Vec::new();
    let mut lines = String::new();
    for second in 1..=30 {
        step(&mut shard, second);
        let at = START + f64::from(second);
        lines += &journal.second(&beginning("sliced"), at, &shard.snapshot());
        if second.is_multiple_of(7) {
            known = replay(known, &lines);
            journal.restart();
            lines.clear();
        }
    }
    let replayed = replay(known, &lines);
    let mut truth = with_slices();
    strip(&mut truth.snapshot);
    assert_eq!(replayed[0].snapshot, truth.snapshot);
    let seconds = |record: &ScenarioRecord| {
        record
            .history
            .iter()
            .map(|p| p.requests)
            .collect::<Vec<_>>()
    };
    assert_eq!(seconds(&replayed[0]), seconds(&truth));
    assert_eq!(replayed.len(), 1);
}

#[test]
fn what_has_ended_is_taken_from_the_file() {
    let (lines, truth) = journal();
    let ended = ScenarioRecord {
        ended_epoch_s: START + 30.2,
        ..truth
    };
    assert_eq!(replay(vec![ended.clone()], &lines.concat()), [ended]);
}
