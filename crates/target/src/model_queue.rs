//! A slow model behind a bounded queue.
//!
//! In: when a request comes, and how long the model works on it. Out: how long its answer takes,
//! or the refusal where there is no place. Never: a task or a timer. Whoever comes first is served first, so
//! the end of each request is known when it comes. A client that leaves does not end the model's
//! work on it, as with most models.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::answer::Answer;
use crate::services::Gauge;

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

    /// Lets a request in that comes at `at` and needs `work`, or refuses it with 503.
    pub(crate) fn admit(&self, at: Instant, work: Duration) -> Result<Place, Answer> {
        self.enter(at, work).ok_or_else(|| {
            let waiting = self.load(at).waiting;
            // At least a second: rounded down it would ask to come at once.
            let after_s = self.lets_in_after(at).as_secs_f64().ceil().max(1.0);
            Answer::error(503, format!("the model's queue is full: {waiting} wait"))
                .with("Retry-After", after_s.to_string())
        })
    }

    /// Its place; `None` where the queue is full.
    fn enter(&self, at: Instant, work: Duration) -> Option<Place> {
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

    /// How full it is at `at`.
    pub(crate) fn load(&self, at: Instant) -> Load {
        let mut state = self.lock();
        Load {
            slots: self.slots,
            working: state.working(at),
            places: self.waiting_max,
            waiting: state.waiting(at),
        }
    }

    /// From `at` until one more request would be let in.
    fn lets_in_after(&self, at: Instant) -> Duration {
        let mut state = self.lock();
        if state.waiting(at) < self.waiting_max {
            return Duration::ZERO;
        }
        let begins = state.begin_at.front().copied();
        let next = begins.unwrap_or_else(|| state.begin(self.slots, at));
        next.saturating_duration_since(at)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How full a model and its queue are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Load {
    /// Requests that it can work on at once.
    slots: usize,
    /// Requests that it works on.
    working: usize,
    /// Requests that may wait.
    places: usize,
    /// Requests that wait.
    pub(crate) waiting: usize,
}

impl Load {
    /// The same for a page of metrics.
    pub(crate) fn gauges(self) -> Vec<Gauge> {
        [
            (
                "model_slots",
                "Requests that the model can work on at once.",
                self.slots,
            ),
            (
                "model_working",
                "Requests that the model works on.",
                self.working,
            ),
            (
                "model_queue_places",
                "Requests that may wait for the model.",
                self.places,
            ),
            (
                "model_queue_waiting",
                "Requests that wait for the model.",
                self.waiting,
            ),
        ]
        .map(|(name, help, value)| Gauge {
            name,
            help,
            value: value as f64,
        })
        .into()
    }
}

impl State {
    /// A slot is at work until the last request that was given to it is done.
    fn working(&self, at: Instant) -> usize {
        self.done_at
            .iter()
            .filter(|Reverse(done)| *done > at)
            .count()
    }

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
        let lets_in_after = queue.lets_in_after(begin + Duration::from_secs(7));
        assert_eq!(lets_in_after.as_secs(), 3, "when the first of them begins");
        let load = |after_s| {
            let load = queue.load(begin + Duration::from_secs(after_s));
            (load.slots, load.working, load.places, load.waiting)
        };
        assert_eq!(load(9), (2, 2, 2, 2));
        assert_eq!(load(10), (2, 2, 2, 1));
        assert_eq!(enter(10), Some((1, 10, 20)));
        assert_eq!(load(25), (2, 1, 2, 0), "the second slot is done after 24 s");
        assert_eq!(load(30), (2, 0, 2, 0));
        assert_eq!(enter(100), Some((0, 0, 10)));
    }

    #[test]
    fn without_a_place_to_wait_only_the_slots_are_served() {
        let (queue, at) = (ModelQueue::new(1, 0), now());
        assert!(queue.enter(at, WORK).is_some());
        assert_eq!(queue.enter(at, WORK), None);
        assert_eq!(queue.lets_in_after(at), WORK);
        assert_eq!(queue.lets_in_after(at + WORK), Duration::ZERO);
        assert!(queue.enter(at + WORK, WORK).is_some());
    }
}
