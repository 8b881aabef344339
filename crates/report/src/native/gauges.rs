//! What was watched beside the load, and other gauges of a scenario.
//!
//! In: a snapshot. Out: a table: of each gauge the smallest, the mean, the largest and the last
//! value. Those of the generator itself are for whoever doubts it.

use gatecrash_metrics::watch::GENERATOR;
use gatecrash_metrics::{Kind, Series, Snapshot, Unit};

use super::figure::{self, NOTHING, bytes, percent};
use super::harmless;
use super::table::Table;

/// Whether a series is a gauge that a scenario has, of the generator or of others.
fn is_shown(series: &Series, generator: bool) -> bool {
    let name = series.name();
    let is_own = name
        .split_once('.')
        .is_some_and(|(watch, _)| watch == GENERATOR);
    series.kind() == Kind::Gauge && is_own == generator
}

/// The gauges of a scenario; with `generator` those of the generator itself.
pub fn gauges(snapshot: &Snapshot, generator: bool) -> Table {
    let mut table = Table {
        heads: vec!["gauges", "min", "mean", "max", "last", "readings"],
        texts: 1,
        ..Table::default()
    };
    for series in snapshot.metrics.iter().filter(|s| is_shown(s, generator)) {
        let unit = series.unit();
        let values = &series.values;
        let told = |value: Option<f64>| match value {
            Some(value) => figure_of(&unit, value).into(),
            None => NOTHING.into(),
        };
        table.rows.push(vec![
            harmless(series.name()).into(),
            told(values.min()),
            told(values.mean()),
            told(values.max()),
            told(series.last.map(|(last, _)| last)),
            figure::count(values.count()).into(),
        ]);
    }
    table
}

/// A value with its unit: `45.2 %`, `812 MiB`, `1.2 MiB/s`.
pub fn figure_of(unit: &Unit, value: f64) -> String {
    let size = |value: f64| bytes(value.max(0.0).round() as u64);
    match unit {
        Unit::Share => percent(value),
        Unit::Bytes => size(value),
        Unit::Seconds => figure::ms(value * 1000.0),
        Unit::Named(name) if **name == *"B/s" => format!("{}/s", size(value)),
        unit => harmless(&figure::with_unit(unit, value, None)),
    }
}
