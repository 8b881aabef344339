//! Metrics of a run that goes on: their names, their numbers, and text that every reader takes.

use std::collections::HashSet;
use std::sync::Arc;

use gatecrash_metrics::objective::live::Standing;
use gatecrash_metrics::{
    Driven, EndpointId, FailureKind, Kind, LaneUse, Measure, Metric, MetricId, Model, Sample,
    Shard, Unit, Why,
};
use gatecrash_report::live::family::MOST_SERIES;
use gatecrash_report::live::prometheus::{Format, text};
use gatecrash_report::live::state::{Phase, RunState, ScenarioState};
use gatecrash_report::live::{locust_exporter, native};

const START: f64 = 1_700_000_000.0;

fn record(shard: &mut Shard, endpoint: u32, ms: f64) {
    shard.record(&Sample {
        endpoint: EndpointId(endpoint),
        at_epoch_s: START + 1.5,
        response_time_ms: Some(ms),
        whole_ms: false,
        response_length: 100,
    });
}

fn state(name: &str, phase: Phase, shard: &Shard) -> Arc<ScenarioState> {
    Arc::new(ScenarioState {
        name: name.into(),
        phase,
        at_epoch_s: START + 2.0,
        elapsed_s: 2.0,
        snapshot: shard.snapshot(),
        driven: None,
        objectives: Vec::new(),
    })
}

fn run(scenarios: Vec<Arc<ScenarioState>>) -> RunState {
    RunState {
        name: "shop".into(),
        currency: Some("USD".into()),
        scenarios,
    }
}

fn native_text(run: &RunState, format: Format) -> String {
    text(&native::families(run), format)
}

/// The value of a series, exactly as it is written.
fn value<'a>(text: &'a str, series: &str) -> &'a str {
    let found = text.lines().find_map(|line| line.strip_prefix(series));
    let found = found.and_then(|rest| rest.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {series} in:\n{text}"))
}

#[test]
fn counts_and_times_are_those_of_the_run() {
    let mut shard = Shard::new(START);
    shard.define(EndpointId(0), "GET", "/search");
    for ms in [0.5, 1.0, 1.2, 25.0, 250.0, 2600.0, 70_000.0] {
        record(&mut shard, 0, ms);
    }
    let kind = FailureKind::Status(503);
    for text in ["503 one", "503 another"] {
        shard.fail(EndpointId(0), Why { kind, text }, START + 1.0);
    }
    let text = native_text(
        &run(vec![state("main", Phase::Running, &shard)]),
        Format::OpenMetrics,
    );
    let labels = r#"scenario="main",method="GET",name="/search""#;
    let of = |name: &str| value(&text, &format!("gatecrash_{name}{{{labels}}}"));
    assert_eq!(of("requests_total"), "7");
    assert_eq!(of("failures_total"), "2");
    assert_eq!(of("response_bytes_total"), "700");
    assert_eq!(of("response_time_seconds_count"), "7");
    let sum: f64 = of("response_time_seconds_sum").parse().unwrap();
    assert!((sum - 72.8777).abs() < 1e-9, "{sum}");
    for (le, within) in [
        ("0.001", "2"),
        ("0.0025", "3"),
        ("0.01", "3"),
        ("0.025", "4"),
        ("0.25", "5"),
        ("2.5", "5"),
        ("5.0", "6"),
        ("60.0", "6"),
        ("+Inf", "7"),
    ] {
        let series = format!(r#"gatecrash_response_time_seconds_bucket{{{labels},le="{le}"}}"#);
        assert_eq!(value(&text, &series), within, "{le}");
    }
    let errors = format!(r#"gatecrash_errors_total{{{labels},kind="status 503"}}"#);
    assert_eq!(value(&text, &errors), "2");
    let state = |one: &str| format!(r#"gatecrash_scenario_state{{scenario="main",state="{one}"}}"#);
    assert_eq!(value(&text, &state("running")), "1");
    assert_eq!(value(&text, &state("ended")), "0");
    let info = format!(
        r#"gatecrash_run_info{{run="shop",version="{}",currency="USD"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(value(&text, &info), "1");
    assert!(text.ends_with("\n# EOF\n"));
}

#[test]
fn measures_and_metrics_count_in_base_units() {
    let mut shard = Shard::new(START);
    shard.define(EndpointId(0), "GET", "/a");
    record(&mut shard, 0, 1.0);
    let metrics = [
        ("api.cpu", Unit::Share, Kind::Gauge, 0.25),
        ("api.memory", Unit::Bytes, Kind::Gauge, 2e9),
        ("queue wait", Unit::Ms, Kind::Gauge, 1500.0),
        ("rows", Unit::Named("rows".into()), Kind::Counter, 7.0),
        ("grounded", Unit::Share, Kind::Rate, 1.0),
    ];
    for (at, (name, unit, kind, value)) in metrics.into_iter().enumerate() {
        let (id, name) = (MetricId(at as u16), name.into());
        shard.declare(id, Metric { name, unit, kind });
        shard.metric(id, value, START + 1.0);
    }
    shard.metric(MetricId(4), 0.0, START + 1.0);
    shard.measure(EndpointId(0), Measure::FirstByte, 30.0);
    shard.measure(EndpointId(0), Measure::Cost, 0.5);
    for hit in [1.0, 1.0, 0.0, 1.0] {
        shard.measure(EndpointId(0), Measure::CacheHit, hit);
    }
    let text = native_text(
        &run(vec![state("main", Phase::Running, &shard)]),
        Format::OpenMetrics,
    );
    let own = r#"{scenario="main"}"#;
    for (name, expected) in [
        ("gatecrash_metric_api_cpu_ratio", "0.25"),
        ("gatecrash_metric_api_memory_bytes", "2000000000"),
        ("gatecrash_metric_queue_wait_seconds", "1.5"),
        ("gatecrash_metric_rows_total", "7"),
        ("gatecrash_metric_grounded_ratio", "0.5"),
        ("gatecrash_metric_grounded_true_total", "1"),
        ("gatecrash_metric_grounded_seen_total", "2"),
    ] {
        assert_eq!(value(&text, &format!("{name}{own}")), expected);
    }
    let own = r#"{scenario="main",method="GET",name="/a"}"#;
    for (name, expected) in [
        ("gatecrash_first_byte_seconds_sum", "0.03"),
        ("gatecrash_cost_total", "0.5"),
        ("gatecrash_cache_hit_ratio", "0.75"),
        ("gatecrash_cache_hit_true_total", "3"),
        ("gatecrash_cache_hit_seen_total", "4"),
    ] {
        assert_eq!(value(&text, &format!("{name}{own}")), expected);
    }
    assert!(text.contains("# UNIT gatecrash_first_byte_seconds seconds\n"));
}

#[test]
fn how_the_run_fares_is_told() {
    let shard = Shard::new(START);
    let mut driven = Driven::of(Model::Open, Some(5), &shard.snapshot());
    driven.lanes = vec![LaneUse { cpu_share: 0.99 }, LaneUse { cpu_share: 0.5 }];
    let standing = |objective: &str, holds| Standing {
        objective: objective.to_owned(),
        endpoint: None,
        holds,
    };
    let scenario = ScenarioState {
        driven: Some(driven),
        objectives: vec![
            standing("p95 < 300ms", Some(true)),
            standing("error_rate < 1%", Some(false)),
            standing("p99 < 1s", None),
        ],
        ..ScenarioState::clone(&state("main", Phase::Paused, &shard))
    };
    let text = native_text(&run(vec![Arc::new(scenario)]), Format::Plain);
    let own = |more: &str| format!(r#"{{scenario="main",{more}}}"#);
    let validity = |one: &str| own(&format!(r#"validity="{one}""#));
    for (name, labels, expected) in [
        ("validity", validity("doubtful"), "1"),
        ("validity", validity("valid"), "0"),
        ("generator_cpu_ratio", own(r#"lane="0""#), "0.99"),
        ("objective_holds", own(r#"objective="p95 < 300ms""#), "1"),
        (
            "objective_holds",
            own(r#"objective="error_rate < 1%""#),
            "0",
        ),
        ("scenario_state", own(r#"state="paused""#), "1"),
    ] {
        assert_eq!(value(&text, &format!("gatecrash_{name}{labels}")), expected);
    }
    // What nothing can be said of is not said.
    assert!(!text.contains("p99 < 1s"), "{text}");
}

/// Names and texts of somebody who means no good.
fn wild() -> RunState {
    let mut shard = Shard::new(START);
    let names = ["a\"b\\c\nd", "{x=\"1\"} 5", "", "ü", "# TYPE x counter"];
    for (at, name) in names.into_iter().enumerate() {
        shard.define(EndpointId(at as u32), "GET", name);
        record(&mut shard, at as u32, 1.0);
    }
    let text = "line\nbreak \"quoted\" \\";
    shard.fail(EndpointId(0), text, START + 1.0);
    let metrics = [
        ("cpu.api", Unit::Share, Kind::Gauge),
        ("cpu api", Unit::Share, Kind::Gauge),
        ("cpu-api", Unit::Share, Kind::Counter),
        ("cpu_api", Unit::Share, Kind::Trend),
        ("x", Unit::Named("total".into()), Kind::Gauge),
        ("x", Unit::Count, Kind::Counter),
        ("y_count", Unit::Count, Kind::Gauge),
        ("y", Unit::Count, Kind::Trend),
        ("…", Unit::Named("%".into()), Kind::Gauge),
        ("1st", Unit::Named("".into()), Kind::Rate),
    ];
    for (at, (name, unit, kind)) in metrics.into_iter().enumerate() {
        let (id, name) = (MetricId(at as u16), name.into());
        shard.declare(id, Metric { name, unit, kind });
        shard.metric(id, 1.0, START + 1.0);
    }
    run(vec![
        state("one\"", Phase::Ended, &shard),
        state("two", Phase::Running, &shard),
    ])
}

#[test]
fn nothing_that_somebody_makes_up_breaks_a_line() {
    let run = wild();
    let text = native_text(&run, Format::OpenMetrics);
    let odd = r#"name="a\"b\\c\nd"}"#;
    assert!(text.contains(odd), "{text}");
    let mut families = native::families(&run);
    families.extend(locust_exporter::families(&run));
    for format in [Format::OpenMetrics, Format::Plain] {
        check_lines(&gatecrash_report::live::prometheus::text(&families, format));
    }
}

/// Each family is begun once, and each line is a comment or a series that was not there before.
fn check_lines(text: &str) {
    let (mut types, mut series) = (HashSet::new(), HashSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(types.insert(rest.split(' ').next().unwrap()), "{line}");
        } else if !line.starts_with('#') {
            let (one, number) = line.rsplit_once(' ').expect(line);
            assert!(number.parse::<f64>().is_ok(), "{line}");
            assert!(series.insert(one), "twice: {line}");
            let name = one.split('{').next().unwrap();
            let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            assert!(name.chars().all(plain), "{line}");
        }
    }
}

#[test]
fn there_are_never_too_many_series() {
    let mut shard = Shard::new(START);
    for at in 0..8_000 {
        shard.define(EndpointId(at), "GET", &format!("/{at}"));
        record(&mut shard, at, 1.0);
    }
    let text = native_text(
        &run(vec![state("main", Phase::Running, &shard)]),
        Format::OpenMetrics,
    );
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series <= MOST_SERIES + 1, "{series}");
    // Counts matter more than times.
    let of = |name: &str| text.matches(&format!("\ngatecrash_{name}{{")).count();
    assert_eq!(of("requests_total"), 8_000);
    let timed = of("response_time_seconds_count");
    assert!((100..8_000).contains(&timed), "{timed}");
    let left_out: usize = value(&text, "gatecrash_series_left_out").parse().unwrap();
    assert_eq!(left_out, (8_000 - timed) * 20);
}

#[test]
fn the_older_format_names_counters_as_it_wants_them() {
    let mut shard = Shard::new(START);
    shard.define(EndpointId(0), "GET", "/");
    record(&mut shard, 0, 5.0);
    let run = run(vec![state("main", Phase::Running, &shard)]);
    let plain = native_text(&run, Format::Plain);
    assert!(plain.contains("# TYPE gatecrash_requests_total counter\n"));
    assert!(plain.contains("# TYPE gatecrash_run_info gauge\n"));
    assert!(!plain.contains("# UNIT") && !plain.contains("# EOF"));
    let open = native_text(&run, Format::OpenMetrics);
    assert!(open.contains("# TYPE gatecrash_requests counter\n"));
    assert!(open.contains("# TYPE gatecrash_run info\n"));
    let series = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(series(&plain), series(&open));
}

#[test]
fn dashboards_for_locust_find_their_names() {
    let mut shard = Shard::new(START);
    shard.define(EndpointId(0), "GET", "/a");
    for ms in [10.0, 20.0, 333.0, 20.4] {
        record(&mut shard, 0, ms);
    }
    let odd = "CatchResponseError('no \\'id\\'')";
    shard.fail(EndpointId(0), odd, START + 1.0);
    let ended = state("one", Phase::Ended, &shard);
    let text = |scenarios| {
        let run = run(scenarios);
        gatecrash_report::live::prometheus::text(&locust_exporter::families(&run), Format::Plain)
    };
    let own = r#"{method="GET",name="/a"}"#;
    let told = text(vec![ended.clone()]);
    for (name, expected) in [
        ("num_requests", "4"),
        ("num_failures", "1"),
        ("avg_response_time", "95.85"),
        ("min_response_time", "10"),
        ("max_response_time", "333"),
        ("median_response_time", "20"),
        ("avg_content_length", "100"),
        ("current_rps", "0"),
        ("current_fail_per_sec", "0"),
    ] {
        assert_eq!(
            value(&told, &format!("locust_requests_{name}{own}")),
            expected
        );
    }
    let all = r#"locust_requests_num_requests{method="",name="Aggregated"}"#;
    assert_eq!(value(&told, all), "4");
    for (name, expected) in [
        ("up", "1"),
        ("running", "0"),
        ("users", "0"),
        ("workers_count", "0"),
        ("requests_fail_ratio", "0.25"),
        ("requests_current_response_time_percentile_50", "20"),
        ("requests_current_response_time_percentile_95", "330"),
    ] {
        assert_eq!(value(&told, &format!("locust_{name}")), expected, "{told}");
    }
    let error = r#"locust_errors{method="GET",name="/a",error="no 'id'"}"#;
    assert_eq!(value(&told, error), "1");
    // Those that run are told together, and not those before them.
    let running = state("two", Phase::Running, &shard);
    let another = state("three", Phase::Running, &shard);
    let told = text(vec![ended, running, another]);
    assert_eq!(value(&told, all), "8");
    assert_eq!(value(&told, "locust_running"), "2");
}

#[test]
fn who_asks_gets_what_it_likes_better() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3";
    for (accept, plain) in [
        (prometheus, false),
        ("", false),
        ("*/*", false),
        ("text/plain", true),
        ("TEXT/Plain; version=0.0.4", true),
        (
            "text/plain; version=1.0.0, application/openmetrics-text",
            false,
        ),
        (
            "text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5",
            true,
        ),
        (
            "text/plain;q=0.3, application/openmetrics-text; version=\"1.0.0\"; q=0.5",
            false,
        ),
        ("text/html, text/*;q=0.9, */*;q=0.5", true),
        ("application/openmetrics-text;q=0, */*", true),
        ("text/plain;q=x", false),
    ] {
        let expected = if plain {
            Format::Plain
        } else {
            Format::OpenMetrics
        };
        assert_eq!(Format::accepted(accept), expected, "{accept}");
    }
}
