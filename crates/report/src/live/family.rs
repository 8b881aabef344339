//! Metrics before they are written in a format: families, each with its series.
//!
//! In: names, units and values. Out: families whose names and series are distinct, so that
//! every reader takes them, and not more series than [`MOST_SERIES`]. What a target or a user
//! may make up (names of endpoints, declared metrics) can therefore break no output.

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use gatecrash_metrics::Hist;

/// So many series are told at once; a histogram is as many as it has buckets, and two.
/// What comes first in the list of families is told first.
pub const MOST_SERIES: usize = 30_000;

/// What the values of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FamilyKind {
    /// A sum that grows.
    Counter,
    /// A value that comes and goes.
    Gauge,
    /// Counts by size.
    Histogram,
    /// Words: its value is always 1.
    Info,
}

/// What the values count in: base units, as Prometheus and OpenTelemetry want them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BaseUnit {
    /// Things.
    #[default]
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A share of 1.
    Ratio,
    /// Things per second.
    PerSecond,
    /// Whatever a user says.
    Named(String),
}

impl BaseUnit {
    /// What the name of a metric ends with.
    pub(super) fn suffix(&self) -> String {
        match self {
            BaseUnit::None => String::new(),
            BaseUnit::Seconds => "seconds".to_owned(),
            BaseUnit::Bytes => "bytes".to_owned(),
            BaseUnit::Ratio => "ratio".to_owned(),
            BaseUnit::PerSecond => "per_second".to_owned(),
            BaseUnit::Named(name) => plain(name),
        }
    }
}

/// Where the values of a histogram are cut. All are upper limits, smallest first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds(pub &'static [f64]);

/// Seconds, from a millisecond to a minute.
pub const SECONDS: Bounds = Bounds(&[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0,
    30.0, 60.0,
]);

/// Shares of 1.
pub const SHARES: Bounds = Bounds(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]);

/// Anything else: from one to a million.
pub const NUMBERS: Bounds = Bounds(&[
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    50.0,
    100.0,
    200.0,
    500.0,
    1_000.0,
    2_000.0,
    5_000.0,
    10_000.0,
    100_000.0,
    1_000_000.0,
]);

/// Counts by size.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// The upper limit of each bucket but the last, which has none.
    pub bounds: Bounds,
    /// How many values each bucket has by itself.
    pub counts: Vec<u64>,
    /// How many values there are.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

impl Buckets {
    /// The counts of a histogram and the sum of its values, in another unit: one of its own
    /// is `scale` of that. A value within a thousandth of a limit may stand on either side.
    pub fn of(hist: &Hist, sum: f64, scale: f64, bounds: Bounds) -> Buckets {
        let mut counts = vec![0; bounds.0.len() + 1];
        // So that a limit is not beyond itself after it was scaled.
        let within = |limit: f64, value: f64| value <= limit * (1.0 + 1e-9);
        let mut place = 0;
        for bucket in hist.iter() {
            let value = bucket.representative_ms() * scale;
            while place < bounds.0.len() && !within(bounds.0[place], value) {
                place += 1;
            }
            counts[place] += bucket.count;
        }
        Buckets {
            bounds,
            counts,
            count: hist.count(),
            sum: sum * scale,
        }
    }
}

/// What a series has.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Number(f64),
    /// Counts by size.
    Buckets(Buckets),
}

impl Value {
    fn series(&self) -> usize {
        match self {
            Value::Number(_) => 1,
            Value::Buckets(buckets) => buckets.counts.len() + 2,
        }
    }
}

/// Names and values that tell a series from the others of its family.
pub type Labels = Vec<(&'static str, String)>;

/// One series, or one histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What tells it apart.
    pub labels: Labels,
    /// Since when it is counted, seconds since the Unix epoch.
    pub since_epoch_s: f64,
    /// Its value.
    pub value: Value,
}

/// Series of one meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// What it is called, with dots where a user wrote some: `gatecrash_metric.api.cpu`.
    pub name: String,
    /// The same as Prometheus writes it, with its unit: `gatecrash_metric_api_cpu_ratio`.
    pub text_name: String,
    /// What it says, in one line.
    pub help: String,
    /// What its values are.
    pub kind: FamilyKind,
    /// What they count in.
    pub unit: BaseUnit,
    /// Its series.
    pub points: Vec<Point>,
}

/// Families in the making.
#[derive(Debug, Default)]
pub struct Families {
    families: Vec<Family>,
    /// Every name that a line of a family may begin with.
    taken: HashSet<String>,
    /// Each series by its family and labels.
    known: HashSet<u64>,
    series: usize,
    left_out: u64,
}

impl Families {
    /// The place of a family, which is made if there is none of that name, kind and unit.
    pub fn family(&mut self, name: &str, kind: FamilyKind, unit: BaseUnit, help: &str) -> usize {
        let same = |one: &Family| one.name == name && one.kind == kind && one.unit == unit;
        if let Some(place) = self.families.iter().position(same) {
            return place;
        }
        let text_name = self.free_name(name, kind, &unit);
        self.taken.extend(names_of(&text_name, kind));
        self.families.push(Family {
            name: name.to_owned(),
            text_name,
            help: help.to_owned(),
            kind,
            unit,
            points: Vec::new(),
        });
        self.families.len() - 1
    }

    /// A name that no other family has: two of users may differ only in what cannot be
    /// written.
    fn free_name(&self, name: &str, kind: FamilyKind, unit: &BaseUnit) -> String {
        let suffix = unit.suffix();
        let named = |number: u32| {
            let mut text = plain(name);
            if number > 1 {
                let _ = write!(text, "_{number}");
            }
            if !suffix.is_empty() && !text.ends_with(&format!("_{suffix}")) {
                let _ = write!(text, "_{suffix}");
            }
            text
        };
        let is_free = |text: &String| !names_of(text, kind).any(|one| self.taken.contains(&one));
        let mut free = (1..).map(named).filter(is_free);
        free.next().expect("there are more numbers than families")
    }

    /// Adds a series, unless it is there already or one too many.
    pub fn add(&mut self, place: usize, labels: Labels, since_epoch_s: f64, value: Value) {
        let mut hasher = DefaultHasher::new();
        (place, &labels).hash(&mut hasher);
        let more = value.series();
        if self.series + more > MOST_SERIES || !self.known.insert(hasher.finish()) {
            self.left_out += more as u64;
            return;
        }
        self.series += more;
        self.families[place].points.push(Point {
            labels,
            since_epoch_s,
            value,
        });
    }

    /// How many series were not added.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The families that have any series.
    pub fn done(self) -> Vec<Family> {
        let mut families = self.families;
        families.retain(|family| !family.points.is_empty());
        families
    }
}

/// What the lines of a family may begin with.
fn names_of(name: &str, kind: FamilyKind) -> impl Iterator<Item = String> {
    let ends: &[&str] = match kind {
        FamilyKind::Counter => &["", "_total", "_created"],
        FamilyKind::Gauge => &[""],
        FamilyKind::Histogram => &["", "_bucket", "_count", "_sum", "_created"],
        FamilyKind::Info => &["", "_info"],
    };
    ends.iter().map(move |end| format!("{name}{end}"))
}

/// A name with nothing in it but letters, digits and `_`, and no two of these beside each other.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' => plain.push(letter),
            _ if plain.ends_with('_') || plain.is_empty() => {}
            _ => plain.push('_'),
        }
    }
    plain.trim_end_matches('_').to_owned()
}
