//! A slow model behind a bounded queue.
//!
//! In: when a request comes, and how long the model works on it. Out: how long its answer takes,
//! or that there is no place. Never: a task or a timer. Whoever comes first is served first, so
//! the end of each request is known when it comes. A client that leaves does not end the model's
//! work on it, as with most models.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Requests that the model works on, and those that wait.
#[derive(Debug)]
pub(crate) struct ModelQueue {
    slots: usize,
    waiting_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each request that was let in is done, the first one on top; no more than slots.
    done_at: BinaryHeap<Reverse<Instant>>,
    /// When those that wait will begin, in order.
    begin_at: VecDeque<Instant>,
}

/// A request that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Requests that wait before it.
    pub(crate) ahead: usize,
    /// How long it waits.
    pub(crate) waits: Duration,
    /// How long until its answer: waiting and work.
    pub(crate) takes: Duration,
}

impl ModelQueue {
    /// A model that works on up to `slots` requests at once while up to `waiting_max` wait.
    pub(crate) fn new(slots: usize, waiting_max: usize) -> Self {
        Self {
            slots,
            waiting_max,
            state: Mutex::default(),
        }
    }

    /// Lets a request in that comes at `at` and needs `work`; `None` where the queue is full.
    pub(crate) fn enter(&self, at: Instant, work: Duration) -> Option<Place> {
        let mut state = self.lock();
        let ahead = state.waiting(at);
        let begin = state.begin(self.slots, at);
        if begin > at {
            if ahead >= self.waiting_max {
                return None;
            }
            state.begin_at.push_back(begin);
        }
        if state.done_at.len() >= self.slots {
            state.done_at.pop();
        }
        state.done_at.push(Reverse(begin + work));
        let waits = begin - at;
        Some(Place {
            ahead,
            waits,
            takes: waits + work,
        })
    }

    /// Requests that wait at `at`.
    pub(crate) fn waiting(&self, at: Instant) -> usize {
        self.lock().waiting(at)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn waiting(&mut self, at: Instant) -> usize {
        while self.begin_at.front().is_some_and(|begin| *begin <= at) {
            self.begin_at.pop_front();
        }
        self.begin_at.len()
    }

    /// When the next request begins: at once, or when the first slot is free.
    fn begin(&self, slots: usize, at: Instant) -> Instant {
        match self.done_at.peek() {
            Some(Reverse(free)) if self.done_at.len() >= slots => (*free).max(at),
            _ => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    const WORK: Duration = Duration::from_secs(10);

    #[test]
    fn who_comes_first_is_served_first() {
        let (queue, begin) = (ModelQueue::new(2, 2), now());
        let enter = |after_s| {
            let place = queue.enter(begin + Duration::from_secs(after_s), WORK);
            place.map(|place| (place.ahead, place.waits.as_secs(), place.takes.as_secs()))
        };
        assert_eq!(enter(0), Some((0, 0, 10)));
        assert_eq!(enter(4), Some((0, 0, 10)));
        assert_eq!(enter(5), Some((0, 5, 15)));
        assert_eq!(enter(6), Some((1, 8, 18)));
        assert_eq!(enter(7), None, "two wait already");
        assert_eq!(queue.waiting(begin + Duration::from_secs(10)), 1);
        assert_eq!(enter(10), Some((1, 10, 20)));
        assert_eq!(enter(100), Some((0, 0, 10)));
    }

    #[test]
    fn without_a_place_to_wait_only_the_slots_are_served() {
        let (queue, at) = (ModelQueue::new(1, 0), now());
        assert!(queue.enter(at, WORK).is_some());
        assert_eq!(queue.enter(at, WORK), None);
        assert!(queue.enter(at + WORK, WORK).is_some());
    }
}
