//! The response times of the last seconds only.
//!
//! In: the bucket of each sample and its second. Out: a histogram of what happened
//! in the last ten seconds. It holds one small entry per second and bucket that was
//! hit, so ten thousand quiet endpoints cost a few hundred bytes each, and a busy
//! one no more than its buckets.

use crate::hist::Hist;

/// How far back [`Window::hist`] can look, seconds; the usual span of a "current"
/// percentile, and Locust's.
pub const SPAN_S: u32 = 10;

/// `count` samples of one second in one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    epoch_s: u32,
    index: u16,
    count: u16,
}

/// Which buckets were hit in which of the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// By second; within the last second by bucket.
    cells: Vec<Cell>,
    /// Cells before this one are too old; they go when they are half of all.
    start: usize,
    /// Where the last second begins.
    tail: usize,
}

impl Window {
    /// Counts one sample that fell into a bucket of [`crate::hist`]. A sample older
    /// than the newest second is counted in that second.
    pub fn record(&mut self, at_epoch_s: f64, index: usize) {
        let newest = self.cells.last().map_or(0, |cell| cell.epoch_s);
        let epoch_s = (at_epoch_s as u32).max(newest);
        if epoch_s > newest {
            self.open(epoch_s);
        }
        let index = index as u16;
        let place = self.cells[self.tail..].partition_point(|cell| cell.index < index) + self.tail;
        match self.cells.get_mut(place) {
            Some(cell) if cell.index == index && cell.count < u16::MAX => cell.count += 1,
            _ => self.cells.insert(
                place,
                Cell {
                    epoch_s,
                    index,
                    count: 1,
                },
            ),
        }
    }

    /// Begins a new second and forgets those that fell out of the window.
    fn open(&mut self, epoch_s: u32) {
        while self
            .cells
            .get(self.start)
            .is_some_and(|cell| outside(cell.epoch_s, epoch_s))
        {
            self.start += 1;
        }
        if self.start * 2 >= self.cells.len() {
            self.cells.drain(..self.start);
            self.start = 0;
        }
        self.tail = self.cells.len();
    }

    /// The samples of the second of `now` and the nine before it.
    pub fn hist(&self, now_epoch_s: f64) -> Hist {
        let now = now_epoch_s as u32;
        let mut hist = Hist::new();
        for cell in &self.cells[self.start..] {
            if !outside(cell.epoch_s, now) {
                hist.add(usize::from(cell.index), u64::from(cell.count));
            }
        }
        hist
    }

    /// Adds what another window saw.
    pub fn merge(&mut self, other: &Window) {
        self.cells.drain(..self.start);
        self.start = 0;
        self.cells.extend_from_slice(&other.cells[other.start..]);
        self.cells.sort_by_key(|cell| (cell.epoch_s, cell.index));
        let newest = self.cells.last().map_or(0, |cell| cell.epoch_s);
        self.tail = self.cells.partition_point(|cell| cell.epoch_s < newest);
    }

    /// Bytes allocated beside the struct itself.
    pub fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>()
    }
}

fn outside(epoch_s: u32, now_epoch_s: u32) -> bool {
    epoch_s.saturating_add(SPAN_S) <= now_epoch_s
}
