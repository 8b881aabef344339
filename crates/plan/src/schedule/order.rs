//! In which order weighted things are taken so that, after any number of takes, the
//! shares are as close to the weights as they can be.
//!
//! In: weights. Out: an endless sequence of indices, always the same for the same
//! weights. The measure is the Kullback–Leibler divergence between weights and counts
//! (Kullback and Leibler, *On Information and Sufficiency*, 1951): taking the thing of
//! weight `w` for the `n`-th time changes it by `w · log2(x / (x + 1))` with
//! `x = w + n - 1`, and each time the thing that lowers it most is taken. Counts start
//! at the weights themselves, which is what makes this Locust's order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// One thing waiting for its next turn.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Change of the divergence if this thing is taken now; the lowest goes first.
    change: f64,
    /// Weight plus the number of times taken once it will have been taken.
    taken: f64,
    weight: f64,
    index: usize,
}

impl Turn {
    fn new(taken_before: f64, weight: f64, index: usize) -> Self {
        let taken = taken_before + 1.0;
        Self {
            change: weight * (taken_before / taken).log2(),
            taken,
            weight,
            index,
        }
    }
}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.change
            .total_cmp(&other.change)
            .then(self.taken.total_cmp(&other.taken))
            .then(self.weight.total_cmp(&other.weight))
            .then(self.index.cmp(&other.index))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Turn {}

/// Endless order of indices by weight; empty if no weight is above zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    turns: BinaryHeap<Reverse<Turn>>,
}

impl Order {
    /// An order over `(index, weight)` pairs. Ties go to the lower index.
    pub(crate) fn new(weights: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let turns = weights
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(index, weight)| Reverse(Turn::new(weight, weight, index)))
            .collect();
        Self { turns }
    }
}

impl Iterator for Order {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut top = self.turns.peek_mut()?;
        let Turn {
            taken,
            weight,
            index,
            ..
        } = top.0;
        top.0 = Turn::new(taken, weight, index);
        Some(index)
    }
}
