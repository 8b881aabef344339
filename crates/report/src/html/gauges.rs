//! Curves of what was watched beside the load.
//!
//! In: the slices of a scenario. Out: charts, one for each thing that was watched and each unit
//! of its gauges, over the same time as the response times. A second in which nothing could be
//! read is a gap in the line.

use std::collections::BTreeMap;

use gatecrash_metrics::watch::GENERATOR;
use gatecrash_metrics::{Kind, Measure, Measured, ScenarioRecord, Slice, Unit};

use super::chart::{Chart, Curve, Mark, POINTS, Stroke};

/// How curves of one chart are told apart.
const STROKES: [&str; 6] = ["g1", "g2", "g3", "g4", "g5", "g6"];

/// Charts at most; the table has all gauges.
const CHARTS: usize = 24;

/// One gauge over the time of the scenario.
struct Line {
    measure: Measure,
    name: String,
    unit: Unit,
    values: Vec<Option<f64>>,
}

/// The charts, the generator's own last.
pub(super) fn charts<'a>(scenario: &ScenarioRecord, marks: &'a [Mark]) -> Vec<Chart<'a>> {
    let step = scenario.slices.len().div_ceil(POINTS).max(1);
    let pieces: Vec<&[Slice]> = scenario.slices.chunks(step).collect();
    if pieces.len() < 2 {
        return Vec::new();
    }
    let at_s: Vec<f64> = pieces
        .iter()
        .map(|piece| piece[piece.len() - 1].to_epoch_s - scenario.started_epoch_s)
        .collect();
    let mut charts = Vec::new();
    for (title, lines) in grouped(lines(&pieces)) {
        for some in lines.chunks(STROKES.len()) {
            charts.push(chart(&title, some, &at_s, scenario.elapsed_s(), marks));
        }
    }
    charts.truncate(CHARTS);
    charts
}

fn lines(pieces: &[&[Slice]]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        for measured in piece.iter().flat_map(|slice| &slice.metrics) {
            if measured.kind() != Kind::Gauge {
                continue;
            }
            let place = *places.entry(measured.name().to_owned()).or_insert_with(|| {
                lines.push(Line {
                    measure: measured.measure,
                    name: measured.name().to_owned(),
                    unit: measured.unit(),
                    values: vec![None; pieces.len()],
                });
                lines.len() - 1
            });
            let value = &mut lines[place].values[at];
            *value = larger(*value, measured);
        }
    }
    // In the order of their declaration, whichever had a value first; what was 0 all the time
    // needs no picture.
    lines.sort_by_key(|line| line.measure);
    lines.retain(|line| line.values.iter().flatten().any(|value| *value != 0.0));
    lines
}

/// Of the seconds that became one point the largest value.
fn larger(one: Option<f64>, other: &Measured) -> Option<f64> {
    // A merged slice knows its latest value only.
    one.into_iter().chain(other.spread.last).reduce(f64::max)
}

/// The lines by what was watched and their unit, in the order in which they came; the
/// generator's last.
fn grouped(lines: Vec<Line>) -> Vec<(String, Vec<Line>)> {
    let mut groups: Vec<(String, Unit, Vec<Line>)> = Vec::new();
    for line in lines {
        let watch = line.name.split('.').next().unwrap_or_default().to_owned();
        let found = groups
            .iter_mut()
            .find(|(name, unit, _)| *name == watch && *unit == line.unit);
        match found {
            Some((_, _, lines)) => lines.push(line),
            None => groups.push((watch, line.unit.clone(), vec![line])),
        }
    }
    groups.sort_by_key(|(name, _, _)| name == GENERATOR);
    groups
        .into_iter()
        .map(|(name, _, lines)| (name, lines))
        .collect()
}

fn chart<'a>(
    title: &str,
    lines: &[Line],
    at_s: &[f64],
    lasts_s: f64,
    marks: &'a [Mark],
) -> Chart<'a> {
    let values = lines.iter().flat_map(|line| line.values.iter().flatten());
    let (unit, factor) = scale(&lines[0].unit, values.copied().fold(0.0, f64::max));
    let curves = lines.iter().zip(STROKES).map(|(line, class)| Curve {
        name: short_name(&line.name).to_owned().into(),
        stroke: Stroke {
            class,
            is_filled: false,
        },
        values: line
            .values
            .iter()
            .map(|value| value.map(|v| v * factor))
            .collect(),
    });
    Chart {
        title: title.to_owned().into(),
        unit: unit.into(),
        lasts_s,
        at_s: at_s.to_vec(),
        curves: curves.collect(),
        marks,
    }
}

/// `cpu` of `api.cpu`.
fn short_name(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, rest)| rest)
}

/// The unit that an axis has, and by what values are multiplied for it.
fn scale(unit: &Unit, largest: f64) -> (String, f64) {
    const KIB: f64 = 1024.0;
    let bytes = |end: &str| match largest {
        largest if largest < KIB * KIB => (format!("KiB{end}"), 1.0 / KIB),
        largest if largest < KIB * KIB * KIB => (format!("MiB{end}"), 1.0 / KIB / KIB),
        _ => (format!("GiB{end}"), 1.0 / KIB / KIB / KIB),
    };
    match unit {
        Unit::Share => ("%".to_owned(), 100.0),
        Unit::Bytes => bytes(""),
        Unit::Named(name) if **name == *"B/s" => bytes("/s"),
        // The axis of a count has whole numbers.
        Unit::Count => (String::new(), 1.0),
        other => (other.name().to_owned(), 1.0),
    }
}
