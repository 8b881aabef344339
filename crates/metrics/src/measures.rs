//! The measured values of one endpoint, or of what belongs to no endpoint.
//!
//! In: values by their [`Measure`]. Out: one [`Series`] for each measure that was seen.
//! A measure that never was costs nothing.

use std::sync::Arc;

use crate::measure::{BUILT_IN, Kind, Measure, Metric, Unit};
use crate::values::Values;

/// The values of one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was measured.
    pub measure: Measure,
    /// The declaration of a custom one.
    pub metric: Option<Arc<Metric>>,
    /// All values; a counter and a rate tell by sum and count.
    pub values: Values,
    /// The latest value and when it came, seconds since the Unix epoch; of gauges only.
    pub last: Option<(f64, f64)>,
}

impl Series {
    /// As outputs write it.
    pub fn name(&self) -> &str {
        match &self.metric {
            Some(metric) => &metric.name,
            None => self.measure.name().unwrap_or_default(),
        }
    }

    /// The unit of its values.
    pub fn unit(&self) -> Unit {
        match &self.metric {
            Some(metric) => metric.unit.clone(),
            None => self.measure.unit().unwrap_or(Unit::Count),
        }
    }

    /// What becomes of its values.
    pub fn kind(&self) -> Kind {
        match &self.metric {
            Some(metric) => metric.kind,
            None => self.measure.kind().unwrap_or(Kind::Trend),
        }
    }

    fn same(&self, other: &Series) -> bool {
        match (&self.metric, &other.metric) {
            (Some(ours), Some(theirs)) => ours.name == theirs.name,
            (None, None) => self.measure == other.measure,
            _ => false,
        }
    }

    fn merge(&mut self, other: &Series) {
        self.values.merge(&other.values);
        let latest = |one: (f64, f64), two: (f64, f64)| if two.1 > one.1 { two } else { one };
        self.last = self.last.into_iter().chain(other.last).reduce(latest);
    }
}

/// One series for each measure that was seen, in the order of first sight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Place of each built-in measure in `series`, plus one; 0 while it was never seen.
    places: [u8; BUILT_IN],
    series: Vec<Series>,
}

impl Measures {
    /// Counts one value of a built-in measure, which must be finite.
    pub fn record(&mut self, measure: Measure, value: f64) {
        let Some(index) = measure.index() else {
            debug_assert!(false, "a declared metric is recorded with its declaration");
            return;
        };
        if self.places[index] == 0 {
            self.push(measure, None);
        }
        let place = usize::from(self.places[index]) - 1;
        self.series[place].values.record(value);
    }

    /// Counts one value of a declared metric, which must be finite. `at_epoch_s` is told
    /// with the latest value of a gauge.
    pub fn record_custom(
        &mut self,
        measure: Measure,
        metric: &Arc<Metric>,
        value: f64,
        at_epoch_s: f64,
    ) {
        let found = self.series.iter().position(|s| s.measure == measure);
        let place = found.unwrap_or_else(|| self.push(measure, Some(metric.clone())));
        let series = &mut self.series[place];
        match metric.kind {
            Kind::Trend | Kind::Counter => {}
            Kind::Rate => return series.values.record(f64::from(value != 0.0)),
            Kind::Gauge => series.last = Some((value, at_epoch_s)),
        }
        series.values.record(value);
    }

    /// Counts one value of a built-in measure, or with its declaration of a custom one.
    pub(crate) fn record_any(
        &mut self,
        measure: Measure,
        metric: Option<&Arc<Metric>>,
        value: f64,
        at_epoch_s: f64,
    ) {
        match metric {
            Some(metric) => self.record_custom(measure, metric, value, at_epoch_s),
            None => self.record(measure, value),
        }
    }

    fn push(&mut self, measure: Measure, metric: Option<Arc<Metric>>) -> usize {
        // There are only a few, and each is copied with its endpoint.
        self.series.reserve_exact(1);
        self.series.push(Series {
            measure,
            metric,
            values: Values::default(),
            last: None,
        });
        if let Some(index) = measure.index() {
            self.places[index] = self.series.len() as u8;
        }
        self.series.len() - 1
    }

    /// What was written down before, in the order of first sight; of series of the same
    /// measure only the first counts.
    pub fn restored(series: impl IntoIterator<Item = Series>) -> Measures {
        let mut restored = Measures::default();
        for one in series {
            if !restored.series.iter().any(|known| known.same(&one)) {
                let place = restored.push(one.measure, None);
                restored.series[place] = one;
            }
        }
        restored
    }

    /// All series in the order of first sight.
    pub fn in_order(&self) -> &[Series] {
        &self.series
    }

    /// What changed since they were as `earlier`; see [`crate::Snapshot::since`].
    pub(crate) fn since(&self, earlier: &Measures) -> Measures {
        let changed = self.series.iter().filter_map(|now| {
            let before = earlier.series.iter().find(|before| before.same(now));
            match before {
                Some(before) if before == now => None,
                Some(before) => Some(Series {
                    values: now.values.since(&before.values),
                    ..now.clone()
                }),
                None => Some(now.clone()),
            }
        });
        Measures::restored(changed)
    }

    /// Takes over what changed.
    pub(crate) fn advance(&mut self, change: &Measures) {
        for theirs in &change.series {
            let found = self.series.iter().position(|ours| ours.same(theirs));
            let place = found.unwrap_or_else(|| self.push(theirs.measure, theirs.metric.clone()));
            self.series[place].values.advance(&theirs.values);
            self.series[place].last = theirs.last;
        }
    }

    /// The values of a built-in measure, or of a declared metric by its number.
    pub fn get(&self, measure: Measure) -> Option<&Values> {
        let found = self.series.iter().find(|s| s.measure == measure);
        found.map(|s| &s.values)
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// All series: the built-in ones in the order of [`Measure::ALL`], then the declared
    /// ones by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Series> {
        let mut sorted: Vec<&Series> = self.series.iter().collect();
        sorted.sort_by_key(|series| series.measure);
        sorted.into_iter()
    }

    /// Adds what another endpoint measured. Declared metrics are the same if their names
    /// are.
    pub fn merge(&mut self, other: &Measures) {
        for theirs in &other.series {
            let found = self.series.iter().position(|ours| ours.same(theirs));
            let place = found.unwrap_or_else(|| self.push(theirs.measure, theirs.metric.clone()));
            self.series[place].merge(theirs);
        }
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        let values: usize = self.series.iter().map(|s| s.values.heap_bytes()).sum();
        values + self.series.capacity() * size_of::<Series>()
    }
}
