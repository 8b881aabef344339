//! How fast a value grows.
//!
//! In: the slices of a scenario. Out: the growth over a time, as a share of the value at
//! the start. The slope is the median of those between all pairs of points (Theil 1950,
//! Sen 1968): up to 29 % of the points may be anything.

use std::time::Duration;

use super::missing::Missing;
use super::source::Seen;
use super::tally::{Piece, Tally};
use super::term::Term;
use crate::measure::Unit;
use crate::slices::Slice;

/// The share of a scenario's time that is left out at its start: caches and heaps fill.
pub(crate) const LEFT_OUT: f64 = 0.1;

/// The fewest points that tell a growth.
const POINTS_MIN: usize = 10;

/// As many points are compared with each other; more slices are taken together.
const POINTS_MAX: usize = 300;

/// The growth of a term's value per `span`.
pub(crate) fn growth(term: &Term, slices: &[Slice], span: Duration) -> Result<Seen, Missing> {
    let points = points(term, slices)?;
    let (slope, start) = line(&points).ok_or(Missing::Growth)?;
    if start <= 0.0 {
        return Err(Missing::Start);
    }
    Ok(Seen {
        value: slope * span.as_secs_f64() / start,
        unit: Unit::Share,
    })
}

/// Instants, seconds since the first slice, and the values then.
fn points(term: &Term, slices: &[Slice]) -> Result<Vec<(f64, f64)>, Missing> {
    let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
        return Err(Missing::Growth);
    };
    let begin = first.from_epoch_s;
    let from = begin + LEFT_OUT * (last.to_epoch_s - begin);
    let kept = slices.iter().position(|slice| slice.from_epoch_s >= from);
    let kept = &slices[kept.unwrap_or(slices.len())..];
    let together = kept.len().div_ceil(POINTS_MAX).max(1);
    let mut points = Vec::new();
    let mut why = Missing::Growth;
    for group in kept.chunks(together) {
        let mut tally = Tally::new(term);
        group
            .iter()
            .for_each(|slice| tally.add(&Piece::of(term, slice, None)));
        let middle = (group[0].from_epoch_s + group[group.len() - 1].to_epoch_s) / 2.0;
        match tally.value(term) {
            Ok(seen) => points.push((middle - begin, seen.value)),
            Err(missing) => why = missing,
        }
    }
    match points.len() {
        0 => Err(why),
        _ => Ok(points),
    }
}

/// The slope of a robust line through the points, and its height at the first of them.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < POINTS_MIN {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (at, &(t1, v1)) in points.iter().enumerate() {
        let later = points[at + 1..].iter().filter(|(t2, _)| *t2 > t1);
        slopes.extend(later.map(|&(t2, v2)| (v2 - v1) / (t2 - t1)));
    }
    let slope = median(&mut slopes)?;
    let start = points[0].0;
    let mut heights: Vec<f64> = points
        .iter()
        .map(|&(t, v)| v - slope * (t - start))
        .collect();
    Some((slope, median(&mut heights)?))
}

fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let odd = !values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp);
    Some(match lower.filter(|_| !odd) {
        Some(lower) => (lower + upper) / 2.0,
        None => upper,
    })
}
