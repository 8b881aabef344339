//! A chart: curves over the time of a scenario.
//!
//! In: curves with common instants, and instants worth a mark. Out: a figure: an SVG of the
//! curves that takes whatever width there is, and round it its title, unit, legend and ticks
//! as text of the page, which keeps its size. What stands below the pointer is told without
//! a script.

use std::borrow::Cow;
use std::fmt::Write;

use super::axis::{self, Tick};
use super::markup::Markup;
use crate::native::figure::{NOTHING, clock, short};

/// Instants of a chart at most.
pub(super) const POINTS: usize = 600;

/// Parts of a chart at most that tell their values when they are pointed at.
const BANDS: usize = 100;

/// The size of the drawing, in units of its own.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 250.0;

/// How a curve is drawn; a name in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    /// Its colour and its dashes.
    pub(super) class: &'static str,
    /// Whether the room below it is filled.
    pub(super) is_filled: bool,
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// What the legend calls it.
    pub(super) name: Cow<'static, str>,
    pub(super) stroke: Stroke,
    /// A value for each instant of the chart; `None` leaves a gap.
    pub(super) values: Vec<Option<f64>>,
}

/// An instant worth a look.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// Since the beginning, seconds.
    pub(super) at_s: f64,
    /// Whether an objective broke; else something was changed.
    pub(super) is_broken: bool,
    /// What happened.
    pub(super) text: String,
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chart<'a> {
    pub(super) title: Cow<'static, str>,
    /// The unit of all values; empty for a number of things.
    pub(super) unit: Cow<'static, str>,
    /// How long the scenario lasted, seconds.
    pub(super) lasts_s: f64,
    /// The instants of all curves, seconds since the beginning, rising.
    pub(super) at_s: Vec<f64>,
    pub(super) curves: Vec<Curve>,
    pub(super) marks: &'a [Mark],
}

impl Chart<'_> {
    /// Draws it.
    pub(super) fn draw(&self, html: &mut Markup) {
        let ticks = axis::values(self.largest(), self.unit.is_empty());
        let frame = Frame {
            lasts_s: self.lasts_s,
            top: ticks.last().map_or(1.0, |tick| tick.value),
        };
        html.within("figure", &[("class", "chart")], |html| {
            html.within("figcaption", &[], |html| self.caption(html));
            html.within("div", &[("class", "plot")], |html| {
                html.within("div", &[("class", "y")], |html| {
                    let at = |tick: &Tick| format!("bottom:{:.2}%", 100.0 * tick.value / frame.top);
                    ticks.iter().for_each(|tick| label(html, &at(tick), tick));
                });
                let told = self.told();
                let attributes = [
                    ("viewBox", "0 0 1000 250"),
                    ("preserveAspectRatio", "none"),
                    ("role", "img"),
                    ("aria-label", told.as_str()),
                ];
                html.within("svg", &attributes, |html| {
                    self.drawing(html, &frame, &ticks)
                });
                html.within("div", &[("class", "x")], |html| {
                    for tick in axis::times(self.lasts_s) {
                        let at = format!("left:{:.2}%", 100.0 * tick.value / self.lasts_s);
                        label(html, &at, &tick);
                    }
                });
            });
        });
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let curves = self.curves.iter();
        curves.flat_map(|curve| curve.values.iter().copied().flatten())
    }

    fn largest(&self) -> f64 {
        self.values().fold(0.0, f64::max)
    }

    fn caption(&self, html: &mut Markup) {
        html.within("span", &[("class", "title")], |html| {
            html.element("b", &[], &self.title);
            if !self.unit.is_empty() {
                html.element("span", &[("class", "unit")], &self.unit);
            }
        });
        html.within("span", &[("class", "legend")], |html| {
            for curve in &self.curves {
                let class = format!("key {}", curve.stroke.class);
                html.element("span", &[("class", &class)], &curve.name);
            }
            for (is_broken, class, name) in [
                (false, "key mark changed", "changed"),
                (true, "key mark broken", "first broken"),
            ] {
                if self.marks.iter().any(|mark| mark.is_broken == is_broken) {
                    html.element("span", &[("class", class)], name);
                }
            }
        });
    }

    /// The chart in a sentence, for whoever cannot see it.
    fn told(&self) -> String {
        let curves = self.curves.iter().map(|curve| {
            let largest = curve.values.iter().copied().flatten().reduce(f64::max);
            let largest = largest.map_or_else(|| NOTHING.to_owned(), short);
            format!("{} {largest} {} at most", curve.name, self.unit)
        });
        let curves: Vec<String> = curves.collect();
        let lasts = clock(self.lasts_s);
        format!("{} over {lasts}: {}", self.title, curves.join(", "))
    }

    fn drawing(&self, html: &mut Markup, frame: &Frame, ticks: &[Tick]) {
        let mut grid = String::new();
        for tick in ticks {
            let _ = write!(grid, "M0 {:.1}H{WIDTH}", frame.y(tick.value));
        }
        html.within("path", &[("class", "grid"), ("d", &grid)], |_| {});
        for curve in self.curves.iter().filter(|curve| curve.stroke.is_filled) {
            let class = format!("area {}", curve.stroke.class);
            let path = self.path(curve, frame, true);
            html.within("path", &[("class", &class), ("d", &path)], |_| {});
        }
        for curve in &self.curves {
            let class = format!("line {}", curve.stroke.class);
            let path = self.path(curve, frame, false);
            html.within("path", &[("class", &class), ("d", &path)], |_| {});
        }
        self.bands(html, frame);
        for mark in self.marks {
            let class = if mark.is_broken { "broken" } else { "changed" };
            let class = format!("mark {class}");
            let path = format!("M{:.1} 0V{HEIGHT}", frame.x(mark.at_s));
            html.within("path", &[("class", &class), ("d", &path)], |html| {
                html.element(
                    "title",
                    &[],
                    &format!("{}: {}", clock(mark.at_s), mark.text),
                );
            });
        }
    }

    /// A path through the values, or round the room below them.
    fn path(&self, curve: &Curve, frame: &Frame, is_filled: bool) -> String {
        let mut path = String::new();
        let points = self.at_s.iter().zip(&curve.values);
        let points: Vec<(f64, Option<f64>)> = points.map(|(at_s, v)| (*at_s, *v)).collect();
        for piece in points.split(|(_, value)| value.is_none()) {
            let (Some((first, _)), Some((last, _))) = (piece.first(), piece.last()) else {
                continue;
            };
            let mut letter = 'M';
            if is_filled {
                let _ = write!(path, "M{:.1} {HEIGHT}", frame.x(*first));
                letter = 'L';
            }
            for (at_s, value) in piece {
                let (x, y) = (frame.x(*at_s), frame.y(value.unwrap_or_default()));
                let _ = write!(path, "{letter}{x:.1} {y:.1}");
                letter = 'L';
            }
            match is_filled {
                true => {
                    let _ = write!(path, "V{HEIGHT}H{:.1}Z", frame.x(*first));
                }
                // A single value is a dot.
                false if first == last => path.push_str("h.1"),
                false => {}
            }
        }
        path
    }

    /// What tells its values when it is pointed at.
    fn bands(&self, html: &mut Markup, frame: &Frame) {
        let size = self.at_s.len().div_ceil(BANDS).max(1);
        let places: Vec<usize> = (0..self.at_s.len()).collect();
        let middle = |left: usize, right: usize| (self.at_s[left] + self.at_s[right]) / 2.0;
        html.within("g", &[("class", "bands")], |html| {
            for band in places.chunks(size) {
                let (first, last) = (band[0], band[band.len() - 1]);
                let from = if first == 0 {
                    0.0
                } else {
                    middle(first - 1, first)
                };
                let to = match last + 1 == places.len() {
                    true => self.lasts_s,
                    false => middle(last, last + 1),
                };
                let x = format!("{:.1}", frame.x(from));
                let width = format!("{:.1}", (frame.x(to) - frame.x(from)).max(0.0));
                let attributes = [("x", x.as_str()), ("width", &width), ("height", "250")];
                html.within("rect", &attributes, |html| {
                    html.within("title", &[], |html| html.lines(&self.band_text(band)));
                });
            }
        });
    }

    fn band_text(&self, band: &[usize]) -> String {
        let (first, last) = (self.at_s[band[0]], self.at_s[band[band.len() - 1]]);
        let mut text = match band.len() {
            1 => clock(first),
            _ => format!("{} to {}, largest values", clock(first), clock(last)),
        };
        for curve in &self.curves {
            let values = band.iter().filter_map(|at| curve.values[*at]);
            if let Some(largest) = values.reduce(f64::max) {
                let _ = write!(text, "\n{} {} {}", curve.name, short(largest), self.unit);
            }
        }
        text
    }
}

fn label(html: &mut Markup, at: &str, tick: &Tick) {
    html.element("span", &[("style", at)], &tick.text);
}

/// From values to places in the drawing.
struct Frame {
    lasts_s: f64,
    top: f64,
}

impl Frame {
    fn x(&self, at_s: f64) -> f64 {
        (WIDTH * at_s / self.lasts_s).clamp(0.0, WIDTH)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - (HEIGHT * value / self.top).clamp(0.0, HEIGHT)
    }
}
