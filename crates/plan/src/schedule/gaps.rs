//! Places of Poisson arrivals in the integral of a rate.
//!
//! In: draws, and how large the integral becomes. Out: one place after the other. Never:
//! a time; the profile knows when its integral gets to a place.
//!
//! Measured in expected arrivals, a Poisson process has gaps that are exponentially
//! distributed with mean 1, whatever the rate does. How many arrivals fit into a run would
//! then be chance as well: 1000 ± 32 where 1000 were asked for. So the number is fixed and
//! the process is the one that is left when the number is known: N places, even over the
//! integral and independent of each other. In ascending order each is drawn from the one
//! before it: with n places left on the length L, the next gap is L·(1 − e^(−E/n)) for an
//! exponential E, because the smallest of n even numbers exceeds x with (1−x)ⁿ. Without an
//! end, gaps stay exponential.

use super::profile::ARRIVAL;
use crate::draw::{Purpose, Stream, exponential};
use crate::portable::one_minus_exp;

/// Part of the integral over which the rate is as it was when it began.
#[derive(Debug, Clone, Copy)]
struct Chapter {
    begins: u128,
    /// Where the places have to be before; `None` without end.
    ends: Option<u128>,
    /// Where the next chapter took over, if one did.
    cut: Option<u128>,
}

impl Chapter {
    /// Arrivals wanted: all that are expected, a part of one counting as one.
    fn planned(&self) -> Option<u64> {
        self.ends
            .map(|ends| places_before(ends.saturating_sub(self.begins)))
    }
}

/// How many of the places 0, 1, 2 … arrivals lie before the end of this integral.
pub(crate) fn places_before(area: u128) -> u64 {
    u64::try_from(area.div_ceil(ARRIVAL)).unwrap_or(u64::MAX)
}

/// Somewhere in the sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    /// Index of the next arrival.
    index: u64,
    chapter: usize,
    /// Of the arrival before, or the beginning of the chapter.
    place: u128,
    /// Arrivals left in the chapter; `None` without end.
    left: Option<u64>,
}

/// The sequence of places, and how it changed so far.
#[derive(Debug, Clone)]
pub(crate) struct Gaps {
    draws: Stream,
    chapters: Vec<Chapter>,
}

impl Gaps {
    /// Places before `ends`.
    pub(crate) fn new(seed: u64, ends: Option<u128>) -> Self {
        let whole = Chapter {
            begins: 0,
            ends,
            cut: None,
        };
        Self {
            draws: Stream::new(seed, Purpose::Arrival),
            chapters: vec![whole],
        }
    }

    /// Where to start.
    pub(crate) fn start(&self) -> Walk {
        self.enter(0, 0)
    }

    /// From `begins` on there are other places, which end at `ends`.
    pub(crate) fn replan(&mut self, begins: u128, ends: Option<u128>) {
        if let Some(last) = self.chapters.last_mut() {
            last.cut = Some(begins);
        }
        self.chapters.push(Chapter {
            begins,
            ends,
            cut: None,
        });
    }

    /// The next arrival's index and place; `walk` stands behind it then.
    pub(crate) fn step(&self, walk: &mut Walk) -> Option<(u64, u128)> {
        loop {
            let chapter = self.chapters[walk.chapter];
            let place = self.place_after(walk, &chapter);
            match (place, chapter.cut) {
                (Some(place), cut) if cut.is_none_or(|cut| place < cut) => {
                    let index = walk.index;
                    walk.index += 1;
                    walk.place = place;
                    walk.left = walk.left.map(|left| left - 1);
                    return Some((index, place));
                }
                (_, Some(_)) => *walk = self.enter(walk.chapter + 1, walk.index),
                (_, None) => return None,
            }
        }
    }

    /// Arrivals in all, as seen from `walk`; `None` without end.
    pub(crate) fn total(&self, mut walk: Walk) -> Option<u64> {
        while walk.chapter + 1 < self.chapters.len() && self.step(&mut walk).is_some() {}
        walk.left.map(|left| walk.index.saturating_add(left))
    }

    fn enter(&self, chapter: usize, index: u64) -> Walk {
        let entered = &self.chapters[chapter];
        Walk {
            index,
            chapter,
            place: entered.begins,
            left: entered.planned(),
        }
    }

    fn place_after(&self, walk: &Walk, chapter: &Chapter) -> Option<u128> {
        let gap = exponential(self.draws.at(walk.index));
        let Some((ends, left)) = chapter.ends.zip(walk.left) else {
            return Some(walk.place + (gap * ARRIVAL as f64) as u128);
        };
        if left == 0 {
            return None;
        }
        let length = ends.saturating_sub(walk.place) as f64;
        let part = one_minus_exp(gap / left as f64);
        let place = walk.place + (length * part) as u128;
        Some(place.min(ends.saturating_sub(1)))
    }
}
