//! What was watched beside the load, and other gauges of a scenario.
//!
//! In: a snapshot. Out: a table: of each gauge the smallest, the mean, the largest and the last
//! value. Those of the generator itself are for whoever doubts it.

use gatecrash_metrics::watch::GENERATOR;
use gatecrash_metrics::{Kind, Series, Snapshot, Unit};

use super::figure::{self, NOTHING, bytes, percent};
use super::harmless;
use super::table::Table;

/// Which gauges are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All but those of the generator itself.
    Others,
    /// Those of the generator itself.
    Generator,
}

/// The gauges of a scenario.
pub fn gauges(snapshot: &Snapshot, which: Which) -> Table {
    gauges_of(snapshot, |watch| {
        (watch == Some(GENERATOR)) == (which == Which::Generator)
    })
}

/// The gauges whose names begin with that of a watch that fits; of a gauge without a dot in its
/// name there is none.
pub fn gauges_of(snapshot: &Snapshot, fits: impl Fn(Option<&str>) -> bool) -> Table {
    let mut table = Table {
        heads: vec!["gauges", "min", "mean", "max", "last", "readings"],
        texts: 1,
        ..Table::default()
    };
    let is_shown = |series: &&Series| {
        let watch = series.name().split_once('.').map(|(watch, _)| watch);
        series.kind() == Kind::Gauge && fits(watch)
    };
    for series in snapshot.metrics.iter().filter(is_shown) {
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
