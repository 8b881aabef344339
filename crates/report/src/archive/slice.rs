//! How a scenario went, endpoint by endpoint, as it stands in the file: most of its bytes,
//! so names stand in tables and everything else in lists.
//!
//! In: slices. Out: the same, and back.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use gatecrash_metrics::{Measure, Measured, Metric, Part, Slice, Spread};
use serde::{Deserialize, Serialize};

use super::number::Number;
use super::packed::Packed;
use super::read_books::measured;

/// The slices of a scenario.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Slices {
    /// Method and name of what has requests; without a method a class of users.
    names: Vec<(String, String)>,
    /// Name, kind and unit of what is measured, and the number of a declared metric.
    series: Vec<(String, String, String, Option<u16>)>,
    slices: Vec<Row>,
}

/// What happened between two instants.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    from_epoch_s: f64,
    to_epoch_s: f64,
    users: u64,
    planned: u64,
    started: u64,
    missed: u64,
    lag_ms: Values,
    total: Requests,
    endpoints: Vec<Requests>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<Requests>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<Measurement>,
}

/// Place in `names`, requests, failures, bytes, response times, measures.
#[derive(Debug, Serialize, Deserialize)]
struct Requests(usize, u64, u64, u64, Values, Vec<Measurement>);

/// Place in `series`, values.
#[derive(Debug, Serialize, Deserialize)]
struct Measurement(usize, Values);

/// Sum, the latest value of a gauge, histogram.
#[derive(Debug, Serialize, Deserialize)]
struct Values(Number, Option<Number>, Packed);

/// Things that are written once and named by their places.
struct Table<K> {
    places: HashMap<K, usize>,
    rows: Vec<K>,
}

impl<K: Eq + Hash + Clone> Table<K> {
    fn new() -> Self {
        Table {
            places: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn place(&mut self, key: K) -> usize {
        if let Some(&place) = self.places.get(&key) {
            return place;
        }
        self.places.insert(key.clone(), self.rows.len());
        self.rows.push(key);
        self.rows.len() - 1
    }
}

/// What the file's lists refer to.
struct Tables {
    names: Table<(Arc<str>, Arc<str>)>,
    /// By name and number; of each the first.
    series: Table<(String, Measure)>,
    told: Vec<(String, String, String, Option<u16>)>,
}

impl Slices {
    pub(super) fn of(slices: &[Slice]) -> Slices {
        let mut tables = Tables {
            names: Table::new(),
            series: Table::new(),
            told: Vec::new(),
        };
        let rows = slices.iter().map(|slice| tables.row(slice)).collect();
        let names = tables.names.rows.into_iter();
        Slices {
            names: names
                .map(|(method, name)| (method.to_string(), name.to_string()))
                .collect(),
            series: tables.told,
            slices: rows,
        }
    }

    pub(super) fn slices(self) -> Result<Vec<Slice>, String> {
        let names = self.names.into_iter();
        let series = self.series.iter();
        let series =
            series.map(|(name, kind, unit, declared)| measured(name, kind, unit, *declared));
        let known = Known {
            names: names
                .map(|(method, name)| (method.into(), name.into()))
                .collect(),
            series: series.collect::<Result<_, String>>()?,
        };
        let slices = self.slices.into_iter().map(|row| known.slice(row));
        slices.collect()
    }
}

impl Tables {
    fn row(&mut self, slice: &Slice) -> Row {
        Row {
            from_epoch_s: slice.from_epoch_s,
            to_epoch_s: slice.to_epoch_s,
            users: slice.users,
            planned: slice.planned,
            started: slice.started,
            missed: slice.missed,
            lag_ms: values(&slice.lag_ms),
            total: self.requests(&slice.total),
            endpoints: slice
                .endpoints
                .iter()
                .map(|one| self.requests(one))
                .collect(),
            classes: slice.classes.iter().map(|one| self.requests(one)).collect(),
            metrics: self.measured(&slice.metrics),
        }
    }

    fn requests(&mut self, part: &Part) -> Requests {
        let place = self.names.place((part.method.clone(), part.name.clone()));
        let times = values(&part.times);
        let measures = self.measured(&part.measures);
        Requests(
            place,
            part.requests,
            part.failures,
            part.bytes,
            times,
            measures,
        )
    }

    fn measured(&mut self, all: &[Measured]) -> Vec<Measurement> {
        let mut place = |one: &Measured| {
            let place = self.series.place((one.name().to_owned(), one.measure));
            if place == self.told.len() {
                let declared = match one.measure {
                    Measure::Custom(id) => Some(id.0),
                    _ => None,
                };
                let (kind, unit) = (one.kind().name(), one.unit());
                let (name, unit) = (one.name().to_owned(), unit.name().to_owned());
                self.told.push((name, kind.to_owned(), unit, declared));
            }
            place
        };
        all.iter()
            .map(|one| Measurement(place(one), values(&one.spread)))
            .collect()
    }
}

fn values(spread: &Spread) -> Values {
    Values(
        Number(spread.sum),
        spread.last.map(Number),
        Packed::of(&spread.hist),
    )
}

/// What the lists of a file refer to.
struct Known {
    names: Vec<(Arc<str>, Arc<str>)>,
    series: Vec<(Measure, Option<Arc<Metric>>)>,
}

impl Known {
    fn slice(&self, row: Row) -> Result<Slice, String> {
        let parts = |all: Vec<Requests>| -> Result<Vec<Part>, String> {
            all.into_iter().map(|one| self.part(one)).collect()
        };
        Ok(Slice {
            from_epoch_s: row.from_epoch_s,
            to_epoch_s: row.to_epoch_s,
            users: row.users,
            planned: row.planned,
            started: row.started,
            missed: row.missed,
            lag_ms: spread(&row.lag_ms)?,
            total: self.part(row.total)?,
            endpoints: parts(row.endpoints)?,
            classes: parts(row.classes)?,
            metrics: self.measured(&row.metrics)?,
        })
    }

    fn part(&self, told: Requests) -> Result<Part, String> {
        let Requests(place, requests, failures, bytes, times, measures) = told;
        let (method, name) = self.names.get(place).ok_or("a slice names no endpoint")?;
        Ok(Part {
            method: method.clone(),
            name: name.clone(),
            requests,
            failures,
            bytes,
            times: spread(&times)?,
            measures: self.measured(&measures)?,
        })
    }

    fn measured(&self, all: &[Measurement]) -> Result<Vec<Measured>, String> {
        let measured = all.iter().map(|Measurement(place, values)| {
            let series = self.series.get(*place);
            let (measure, metric) = series.ok_or("a slice names no series")?;
            Ok(Measured {
                measure: *measure,
                metric: metric.clone(),
                spread: spread(values)?,
            })
        });
        measured.collect()
    }
}

fn spread(Values(sum, last, histogram): &Values) -> Result<Spread, String> {
    let hist = histogram.thin();
    Ok(Spread {
        sum: sum.0,
        last: last.map(|Number(value)| value),
        hist: hist.ok_or("a slice has a damaged histogram")?,
    })
}
