//! Streams, WebSockets and declared metrics: whatever was measured beside the usual.
//!
//! In: a snapshot. Out: tables, none where there is nothing to tell.

use gatecrash_metrics::{Kind, Measure, Series, Snapshot};

use super::figure::{count, share, unit, value_of, value_or_dash};
use super::requests::{QUANTILE_HEADS, QUANTILES, label};
use super::table::{Cell, Table};
use super::{Look, harmless};

/// The measures that have a place in tables of their own: of requests, caches and costs.
fn has_its_place(measure: Measure) -> bool {
    use Measure::{CacheHit, Connect, Cost, CostSaved, Dns, FirstByte, HitTime, MissTime};
    use Measure::{Receive, ServiceTime, Tls};
    let requests = [ServiceTime, Dns, Connect, Tls, FirstByte, Receive];
    let answers = [CacheHit, HitTime, MissTime, Cost, CostSaved];
    requests.contains(&measure) || answers.contains(&measure)
}

fn measure_name(series: &Series) -> String {
    let unit = series.unit();
    match super::figure::unit(&unit) {
        "" | "/s" => harmless(series.name()),
        unit => harmless(&format!("{}, {unit}", series.name())),
    }
}

/// The measures of streams and WebSockets, and metrics of requests: a row for each
/// endpoint and measure.
pub fn measure_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    measured(snapshot).lines(look)
}

/// As [`measure_table`], for any page.
pub fn measured(snapshot: &Snapshot) -> Table {
    let mut table = Table {
        heads: vec!["measured", "", "count", "mean"],
        texts: 2,
        ..Table::default()
    };
    table.heads.extend(QUANTILE_HEADS);
    for endpoint in &snapshot.endpoints {
        let mut name = label(&endpoint.method, &endpoint.name);
        let is_trend = |s: &&Series| s.kind() == Kind::Trend && !has_its_place(s.measure);
        for series in endpoint.measures.iter().filter(is_trend) {
            let values = &series.values;
            let mut cells: Vec<Cell> = vec![
                std::mem::take(&mut name).into(),
                measure_name(series).into(),
                count(values.count()).into(),
                value_or_dash(values.mean()).into(),
            ];
            let figure = |q| values.quantile(q).map(|v| value_of(&series.unit(), v));
            cells.extend(QUANTILES.map(|q| Cell::from(figure(q).unwrap_or_default())));
            table.rows.push(cells);
        }
    }
    table
}

/// Declared metrics: those of the scenario, and counters, gauges and rates of endpoints.
pub fn metric_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    metrics(snapshot).lines(look)
}

/// As [`metric_table`], for any page.
pub fn metrics(snapshot: &Snapshot) -> Table {
    let mut table = Table {
        heads: vec!["metrics", "", "values", "figure"],
        texts: 2,
        ..Table::default()
    };
    // Gauges of the scenario have a table of their own.
    let others = snapshot.metrics.iter().filter(|s| s.kind() != Kind::Gauge);
    for series in others {
        table.rows.push(metric_row(harmless(series.name()), series));
    }
    for endpoint in &snapshot.endpoints {
        let declared = |s: &&Series| s.kind() != Kind::Trend && !has_its_place(s.measure);
        for series in endpoint.measures.iter().filter(declared) {
            let of = label(&endpoint.method, &endpoint.name);
            let name = format!("{} of {of}", harmless(series.name()));
            table.rows.push(metric_row(name, series));
        }
    }
    table
}

fn metric_row(name: String, series: &Series) -> Vec<Cell> {
    vec![
        name.into(),
        series.kind().name().into(),
        count(series.values.count()).into(),
        figure(series).into(),
    ]
}

/// The one figure that a metric of its kind is about, with what belongs to it.
fn figure(series: &Series) -> String {
    let values = &series.values;
    let with_unit = |figure: f64| {
        let of = series.unit();
        let figure = value_of(&of, figure);
        match unit(&of) {
            "" => figure,
            "/s" => format!("{figure}/s"),
            unit => format!("{figure} {}", harmless(unit)),
        }
    };
    let quantile = |q| values.quantile(q).map_or_else(String::new, with_unit);
    match series.kind() {
        Kind::Trend => format!(
            "P50 {}, P95 {}, P99 {}, max {}",
            quantile(0.5),
            quantile(0.95),
            quantile(0.99),
            quantile(1.0)
        ),
        Kind::Counter => with_unit(values.sum),
        Kind::Rate => share(values.sum as u64, values.count()),
        Kind::Gauge => format!(
            "{} at last, {} to {}",
            series
                .last
                .map_or_else(String::new, |(last, _)| with_unit(last)),
            quantile(0.0),
            quantile(1.0)
        ),
    }
}
