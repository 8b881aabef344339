//! Which curves of a scenario are drawn.
//!
//! In: the history of a scenario, what was changed and what broke. Out: charts: response
//! times, throughput, users; of arrivals planned against started. A long history is made
//! coarser: counts add up, of quantiles the largest stays.

use gatecrash_metrics::objective::Verdict;
use gatecrash_metrics::{Point, ScenarioRecord};

use super::chart::{Chart, Curve, Mark, POINTS, Stroke};
use super::gauges;
use super::markup::Markup;
use crate::native::figure::clock;

/// Milliseconds from which an axis counts in seconds.
const SECONDS_FROM_MS: f64 = 10_000.0;

/// Marks of a kind at most; the list of changes has all.
const MARKS: usize = 20;

/// Draws the charts of a scenario; nothing where it was too short for a curve.
pub(super) fn draw(html: &mut Markup, scenario: &ScenarioRecord, verdicts: &[&Verdict]) {
    let lasts_s = scenario.elapsed_s();
    let points = coarse(&scenario.history);
    if points.len() < 2 || lasts_s <= 0.0 {
        return;
    }
    let marks = marks(scenario, verdicts);
    let series = Series {
        begin_epoch_s: scenario.started_epoch_s,
        lasts_s,
        points: &points,
        marks: &marks,
    };
    let mut charts = series.charts();
    let drawn = charts.len();
    charts.extend(gauges::charts(scenario, &marks));
    let class = format!("charts of-{drawn}");
    html.within("div", &[("class", &class)], |html| {
        charts.iter().for_each(|chart| chart.draw(html));
    });
    html.element("p", &[("class", "caption")], &caption(&points));
}

/// At most [`POINTS`] points.
fn coarse(history: &[Point]) -> Vec<Point> {
    let pieces = history.chunks(history.len().div_ceil(POINTS).max(1));
    let joined = pieces.map(|piece| {
        let mut point = piece[0];
        piece[1..].iter().for_each(|next| point.append(next));
        point
    });
    joined.collect()
}

fn caption(points: &[Point]) -> String {
    let longest = points.iter().map(span_s).fold(0.0, f64::max);
    let coarse = match longest > 1.9 {
        true => format!(
            " Each point stands for {}; of response times it is the largest of its seconds.",
            clock(longest)
        ),
        false => String::new(),
    };
    format!("Time runs from the beginning of the scenario.{coarse}")
}

fn span_s(point: &Point) -> f64 {
    point.to_epoch_s - point.from_epoch_s
}

fn marks(scenario: &ScenarioRecord, verdicts: &[&Verdict]) -> Vec<Mark> {
    let since = |at_epoch_s: f64| at_epoch_s - scenario.started_epoch_s;
    let changed = scenario.changes.iter().map(|change| Mark {
        at_s: since(change.at_epoch_s),
        is_broken: false,
        text: change.what.clone(),
    });
    let broken = verdicts.iter().filter_map(|verdict| {
        Some(Mark {
            at_s: since(verdict.broke_epoch_s?),
            is_broken: true,
            text: format!("first broken: {}", verdict.objective),
        })
    });
    changed.take(MARKS).chain(broken.take(MARKS)).collect()
}

/// The points of a scenario, on their way to charts.
struct Series<'a> {
    begin_epoch_s: f64,
    lasts_s: f64,
    points: &'a [Point],
    marks: &'a [Mark],
}

impl<'a> Series<'a> {
    fn charts(&self) -> Vec<Chart<'a>> {
        let mut charts = vec![self.response_times(), self.throughput()];
        if self.points.iter().any(|point| point.planned > 0) {
            charts.push(self.arrivals());
        }
        charts.push(self.users());
        charts
    }

    /// A chart of what happened within each point; `at_ends` of what was so at its end.
    fn chart(&self, title: &'static str, unit: &'static str, at_ends: bool) -> Chart<'a> {
        let at = |point: &Point| match at_ends {
            true => point.to_epoch_s,
            false => (point.from_epoch_s + point.to_epoch_s) / 2.0,
        };
        Chart {
            title: title.into(),
            unit: unit.into(),
            lasts_s: self.lasts_s,
            at_s: self
                .points
                .iter()
                .map(|p| at(p) - self.begin_epoch_s)
                .collect(),
            curves: Vec::new(),
            marks: self.marks,
        }
    }

    fn curve(
        &self,
        name: &'static str,
        stroke: Stroke,
        value: impl Fn(&Point) -> Option<f64>,
    ) -> Curve {
        let values = self.points.iter().map(value).collect();
        Curve {
            name: name.into(),
            stroke,
            values,
        }
    }

    fn response_times(&self) -> Chart<'a> {
        let largest = self.points.iter().filter_map(|point| point.p99_ms);
        let (unit, per_unit) = match largest.fold(0.0, f64::max) {
            largest if largest < SECONDS_FROM_MS => ("ms", 1.0),
            _ => ("s", 1000.0),
        };
        let scaled = |ms: Option<f64>| ms.map(|ms| ms / per_unit);
        let mut chart = self.chart("Response time", unit, false);
        chart.curves = vec![
            self.curve("P50", line("p50"), |point| scaled(point.p50_ms)),
            self.curve("P95", line("p95"), |point| scaled(point.p95_ms)),
            self.curve("P99", line("p99"), |point| scaled(point.p99_ms)),
        ];
        chart
    }

    fn throughput(&self) -> Chart<'a> {
        let mut chart = self.chart("Throughput", "per second", false);
        chart.curves = vec![
            self.curve("requests", filled("rate"), |p| per_second(p.requests, p)),
            self.curve("failures", filled("failed"), |p| per_second(p.failures, p)),
        ];
        chart
    }

    fn arrivals(&self) -> Chart<'a> {
        let mut chart = self.chart("Arrivals", "per second", false);
        chart.curves = vec![
            self.curve("planned", line("planned"), |p| per_second(p.planned, p)),
            self.curve("started", line("rate"), |p| per_second(p.started, p)),
        ];
        if self.points.iter().any(|point| point.missed > 0) {
            let missed = self.curve("missed", line("failed"), |p| per_second(p.missed, p));
            chart.curves.push(missed);
        }
        chart
    }

    fn users(&self) -> Chart<'a> {
        let mut chart = self.chart("Users", "", true);
        chart.curves = vec![
            self.curve("users", line("users"), |p| Some(p.users as f64)),
            self.curve("in flight", line("flight"), |p| Some(p.in_flight as f64)),
        ];
        chart
    }
}

fn line(class: &'static str) -> Stroke {
    let is_filled = false;
    Stroke { class, is_filled }
}

fn filled(class: &'static str) -> Stroke {
    let is_filled = true;
    Stroke { class, is_filled }
}

/// A count of a point by its time; `None` for a point without length.
fn per_second(count: u64, point: &Point) -> Option<f64> {
    let span_s = span_s(point);
    (span_s > 0.0).then(|| count as f64 / span_s)
}
