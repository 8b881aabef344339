//! A curve drawn with letters, such as the load that a plan asks for.
//!
//! In: values over time, labels, the size. Out: lines of text. Never: whether a terminal can
//! show them; the caller chooses the letters.
//!
//! ```text
//! arrivals per second
//!  100 ┤                     ▂▄▆████████
//!      │             ▁▃▅▇███████████████
//!   50 ┤       ▂▄▆██████████████████████
//!      │ ▁▃▅▇███████████████████████████
//!    0 └────────────────────────────────
//!      0s                             10m
//! ```

use crate::native::figure;

/// What a curve is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Blocks of eight heights and lines.
    Blocks,
    /// ASCII, where nothing else can be shown.
    Ascii,
}

/// Where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns, labels included; less than [`Canvas::NARROWEST`] is taken as that.
    pub width: usize,
    /// Lines of the curve itself, at least 2.
    pub height: usize,
    /// With what.
    pub letters: Letters,
}

impl Canvas {
    /// Fewer columns show nothing.
    pub const NARROWEST: usize = 24;
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve<'a> {
    /// Stands above it.
    pub title: &'a str,
    /// One value for each of equally long pieces of time, none below 0. Where there are more
    /// of them than columns the highest of each column is shown.
    pub values: &'a [f64],
    /// Stands under the left end.
    pub begins: &'a str,
    /// Stands under the right end.
    pub ends: &'a str,
}

struct Alphabet {
    /// From the lowest part of a cell to the whole of it.
    heights: &'static [char],
    tick: char,
    bar: char,
    corner: char,
    floor: char,
}

const BLOCKS: Alphabet = Alphabet {
    heights: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    tick: '┤',
    bar: '│',
    corner: '└',
    floor: '─',
};

const ASCII: Alphabet = Alphabet {
    heights: &['.', ':', '#'],
    tick: '+',
    bar: '|',
    corner: '+',
    floor: '-',
};

/// The lines of the drawing, the last one without its end.
pub fn draw(curve: &Curve<'_>, canvas: &Canvas) -> String {
    let alphabet = match canvas.letters {
        Letters::Blocks => &BLOCKS,
        Letters::Ascii => &ASCII,
    };
    let height = canvas.height.max(2);
    let top = round_top(curve.values.iter().copied().fold(0.0, f64::max));
    let middle = height / 2;
    let labels = [label(top), label(top * middle as f64 / height as f64)];
    let margin = labels.iter().map(String::len).max().unwrap_or(1) + 1;
    let columns = canvas.width.max(Canvas::NARROWEST) - margin - 2;
    let levels = levels(curve.values, columns, top, height * alphabet.heights.len());
    let mut lines = vec![curve.title.to_owned()];
    for row in (0..height).rev() {
        let (label, axis) = match row + 1 {
            at if at == height => (labels[0].as_str(), alphabet.tick),
            at if at == middle => (labels[1].as_str(), alphabet.tick),
            _ => ("", alphabet.bar),
        };
        let cells: String = levels
            .iter()
            .map(|level| cell(*level, row, alphabet))
            .collect();
        lines.push(format!("{label:>margin$} {axis}{}", cells.trim_end()));
    }
    let floor = alphabet.floor.to_string().repeat(columns);
    lines.push(format!("{:>margin$} {}{floor}", 0, alphabet.corner));
    let gap = columns.saturating_sub(curve.begins.chars().count());
    lines.push(format!(
        "{:margin$}  {}{:>gap$}",
        "", curve.begins, curve.ends
    ));
    lines.join("\n")
}

/// How many parts of a cell are filled in each column. Whatever is above 0 is seen.
fn levels(values: &[f64], columns: usize, top: f64, highest: usize) -> Vec<usize> {
    let level = |value: f64| match value > 0.0 {
        true => ((value / top * highest as f64).round() as usize).clamp(1, highest),
        false => 0,
    };
    let of_column = |column: usize| {
        let first = column * values.len() / columns;
        let end = ((column + 1) * values.len()).div_ceil(columns);
        let of_it = values.get(first..end).unwrap_or_default();
        level(of_it.iter().copied().fold(0.0, f64::max))
    };
    (0..columns).map(of_column).collect()
}

fn cell(level: usize, row: usize, alphabet: &Alphabet) -> char {
    let parts = alphabet.heights.len();
    match level.saturating_sub(row * parts).min(parts) {
        0 => ' ',
        filled => alphabet.heights[filled - 1],
    }
}

/// The next of 1, 2, 4, 5, 6, 8 times a power of ten, so that halves are short numbers.
fn round_top(highest: f64) -> f64 {
    if highest <= 0.0 || !highest.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(highest.log10().floor());
    let steps = [1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let reaches = |step: &&f64| **step * power >= highest * (1.0 - 1e-9);
    steps.iter().find(reaches).copied().unwrap_or(10.0) * power
}

/// A short number: at most three digits behind the point, thousands set apart.
fn label(value: f64) -> String {
    if value >= 1000.0 {
        return figure::count(value.round() as u64);
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
