//! What requests are measured by beside their response times.

use std::collections::HashSet;

use gatecrash_metrics::{
    EndpointId, Kind, Measure, Metric, MetricId, Phases, Sample, Shard, Snapshot, Unit,
};

const LIST: EndpointId = EndpointId(0);
const VIEW: EndpointId = EndpointId(1);

fn shard() -> Shard {
    let mut shard = Shard::new(100.0);
    for (id, name) in [(LIST, "/list"), (VIEW, "/view")] {
        shard.define(id, "GET", name);
        shard.record(&Sample {
            endpoint: id,
            at_epoch_s: 101.0,
            response_time_ms: Some(5.0),
            whole_ms: false,
            response_length: 1,
        });
    }
    shard
}

fn metric(name: &str, kind: Kind) -> Metric {
    Metric {
        name: name.into(),
        unit: Unit::Count,
        kind,
    }
}

/// Count and mean of each measure of an endpoint, by its name.
fn told(snapshot: &Snapshot, name: &str) -> Vec<(String, u64, f64)> {
    let endpoint = snapshot.find("GET", name).unwrap();
    let series = endpoint.measures.iter();
    series
        .map(|s| {
            (
                s.name().to_string(),
                s.values.count(),
                s.values.mean().unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_table_of_measures_agrees_with_itself() {
    for (at, measure) in Measure::ALL.into_iter().enumerate() {
        assert_eq!(measure.index(), Some(at));
        assert!(measure.doc().is_some_and(|doc| doc.len() > 10));
        assert!(measure.unit().is_some() && measure.kind().is_some());
        assert_eq!(measure.name().and_then(Measure::named), Some(measure));
    }
    let names: HashSet<_> = Measure::ALL.iter().map(|m| m.name().unwrap()).collect();
    assert_eq!(names.len(), Measure::ALL.len());
    assert!(Measure::ALL.is_sorted(), "outputs sort by measure");
    assert_eq!(Measure::Custom(MetricId(0)).name(), None);
}

#[test]
fn phases_that_did_not_happen_are_not_counted() {
    let mut shard = shard();
    let new = Phases {
        dns_ms: Some(1.0),
        connect_ms: Some(2.0),
        tls_ms: None,
        first_byte_ms: Some(3.0),
        receive_ms: Some(4.0),
    };
    let kept = Phases {
        first_byte_ms: Some(5.0),
        receive_ms: Some(f64::NAN),
        ..Phases::default()
    };
    shard.phases(LIST, &new);
    shard.phases(LIST, &kept);
    let snapshot = shard.snapshot();
    let expected = [
        ("dns", 1, 1.0),
        ("connect", 1, 2.0),
        ("first_byte", 2, 4.0),
        ("receive", 1, 4.0),
    ];
    let expected = expected.map(|(name, count, mean)| (name.to_string(), count, mean));
    assert_eq!(told(&snapshot, "/list"), expected);
    assert_eq!(told(&snapshot, "/view"), []);
    assert_eq!(snapshot.overflow.unusable_values, 1);
}

#[test]
fn the_measures_of_all_endpoints_are_merged_for_who_asks() {
    let mut shard = shard();
    shard.measure(LIST, Measure::ServiceTime, 3.0);
    shard.measure(VIEW, Measure::ServiceTime, 9.0);
    shard.measure(VIEW, Measure::Ttft, 2.0);
    let all = shard.snapshot().measures();
    let service = all.get(Measure::ServiceTime).unwrap();
    assert_eq!((service.count(), service.sum), (2, 12.0));
    assert_eq!((service.min(), service.max()), (Some(3.0), Some(9.0)));
    assert_eq!(all.get(Measure::Ttft).unwrap().count(), 1);
    assert!(all.get(Measure::Tpot).is_none());
    assert!(shard.total().measures.is_empty());
}

#[test]
fn a_measured_value_does_not_bring_an_endpoint_in_sight() {
    let mut shard = Shard::new(100.0);
    shard.define(LIST, "GET", "/list");
    shard.measure(LIST, Measure::Ttft, 3.0);
    assert_eq!(shard.snapshot().endpoints.len(), 0);
}

#[test]
fn each_kind_of_declared_metric_is_told_in_its_way() {
    let mut shard = shard();
    let kinds = [Kind::Trend, Kind::Counter, Kind::Gauge, Kind::Rate];
    for (at, kind) in kinds.into_iter().enumerate() {
        shard.declare(MetricId(at as u16), metric(kind.name(), kind));
        for (n, value) in [4.0, -1.0, 0.0].into_iter().enumerate() {
            shard.metric(MetricId(at as u16), value, 200.0 + n as f64);
        }
    }
    let metrics = shard.snapshot().metrics;
    let series: Vec<_> = metrics.iter().collect();
    assert_eq!(series.len(), 4);
    for trend in &series[..3] {
        assert_eq!((trend.values.count(), trend.values.sum), (3, 3.0));
        assert_eq!(trend.values.min(), Some(-1.0));
        assert_eq!(trend.values.max(), Some(4.0));
    }
    assert_eq!(series[2].last, Some((0.0, 202.0)));
    assert_eq!(series[0].last, None);
    assert_eq!(series[3].values.mean(), Some(2.0 / 3.0));
    assert_eq!(series[3].kind(), Kind::Rate);
}

#[test]
fn declared_metrics_merge_by_name_and_the_later_gauge_wins() {
    let value = |id: u16, name: &str, value: f64, at: f64| {
        let mut shard = shard();
        shard.declare(MetricId(id), metric(name, Kind::Gauge));
        shard.metric(MetricId(id), value, at);
        shard.measure(LIST, Measure::Custom(MetricId(id)), value);
        shard.snapshot()
    };
    let mut merged = value(0, "depth", 7.0, 205.0);
    merged.merge(&value(3, "depth", 9.0, 204.0));
    merged.merge(&value(0, "width", 1.0, 206.0));
    let told: Vec<_> = merged
        .metrics
        .iter()
        .map(|s| (s.name(), s.values.count(), s.last.unwrap().0))
        .collect();
    assert_eq!(told, [("depth", 2, 7.0), ("width", 1, 1.0)]);
    assert_eq!(
        merged.find("GET", "/list").unwrap().measures.iter().count(),
        2
    );
}

#[test]
fn values_that_cannot_be_counted_are_told() {
    let mut shard = shard();
    shard.measure(LIST, Measure::Ttft, f64::INFINITY);
    shard.measure(LIST, Measure::Custom(MetricId(1)), 1.0);
    shard.metric(MetricId(1), 1.0, 101.0);
    shard.declare(MetricId(u16::MAX), metric("beyond", Kind::Trend));
    shard.metric(MetricId(u16::MAX), 1.0, 101.0);
    assert_eq!(shard.snapshot().overflow.unusable_values, 4);
    assert!(shard.snapshot().measures().is_empty());
}

#[test]
fn a_number_of_a_metric_keeps_its_first_meaning() {
    let mut shard = shard();
    shard.declare(MetricId(0), metric("first", Kind::Trend));
    shard.declare(MetricId(0), metric("second", Kind::Trend));
    shard.metric(MetricId(0), 1.0, 101.0);
    let metrics = shard.snapshot().metrics;
    assert_eq!(metrics.iter().next().unwrap().name(), "first");
}

#[test]
fn reset_forgets_what_was_measured_and_keeps_the_declarations() {
    let mut shard = shard();
    shard.declare(MetricId(0), metric("size", Kind::Trend));
    shard.metric(MetricId(0), 1.0, 101.0);
    shard.measure(LIST, Measure::Ttft, 1.0);
    shard.reset(200.0);
    let snapshot = shard.snapshot();
    assert!(snapshot.measures().is_empty() && snapshot.metrics.is_empty());
    shard.metric(MetricId(0), 2.0, 201.0);
    assert_eq!(shard.snapshot().metrics.iter().count(), 1);
}

#[test]
fn quantiles_stay_between_the_exact_extremes() {
    let mut shard = shard();
    for n in 0..1000 {
        shard.measure(LIST, Measure::Ttft, 5_000.001 + f64::from(n) / 1000.0);
    }
    let all = shard.snapshot().measures();
    let ttft = all.get(Measure::Ttft).unwrap();
    assert_eq!(ttft.quantile(0.0), Some(5_000.001));
    assert_eq!(ttft.quantile(1.0), Some(5_001.0));
    assert!(ttft.quantile(0.5).unwrap() <= 5_001.0);
}
