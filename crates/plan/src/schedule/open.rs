//! The open model: when arrivals are due.
//!
//! In: a [`RateProfile`] and how arrivals are spaced. Out: [`Arrival`]s in the order of
//! their due times, by the schedule's own clock (see [`super::Timeline`] for pauses).
//! Never: a wait, a protocol.
//!
//! The convention: evenly spaced, arrival k (from 0) is due when the integral of the rate
//! leaves k, so the first comes at once, 100/s for 10 s are exactly 1000 arrivals, and a
//! stage with rate 0 has none. An expected half arrival counts as one. Poisson arrivals
//! are as many, at places that the seed decides ([`super::gaps`]).
//!
//! Every arrival is computed from its place, in whole numbers: nothing drifts. Lanes each
//! take a share of the same sequence, so the whole is the same for any number of lanes.

use std::time::Duration;

use super::gaps::{Gaps, Walk, places_before};
use super::profile::{ARRIVAL, saturating_nanos};
pub use super::profile::{ProfileError, RatePiece, RateProfile};
use crate::rate::Rate;
use crate::split::Part;

/// One task to be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number in the whole scenario, from 0: what its draws are keyed by
    /// ([`crate::draw`]). Unique and ascending over all lanes, whatever changes.
    pub index: u64,
    /// When, from the start of the scenario by the schedule's clock.
    pub due: Duration,
}

/// How arrivals lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spacing {
    /// One after the other at the distance that the rate asks for.
    Even,
    /// Independent of each other, as those of many separate people are.
    Poisson {
        /// Decides which ones; the same seed, the same arrivals.
        seed: u64,
    },
}

/// The arrivals of a scenario, or of one lane's share of it.
#[derive(Debug, Clone)]
pub struct OpenSchedule {
    profile: RateProfile,
    places: Places,
    part: Part,
    upcoming: Option<Arrival>,
}

#[derive(Debug, Clone)]
enum Places {
    Even {
        /// Index of the share's next arrival.
        next: u64,
    },
    Poisson {
        gaps: Gaps,
        /// Behind the last arrival that was taken.
        taken: Walk,
        /// Behind the upcoming one.
        ahead: Walk,
    },
}

impl OpenSchedule {
    /// All arrivals of this profile.
    pub fn new(profile: RateProfile, spacing: Spacing) -> Self {
        let places = match spacing {
            Spacing::Even => Places::Even { next: 0 },
            Spacing::Poisson { seed } => {
                let gaps = Gaps::new(seed, profile.area());
                let start = gaps.start();
                Places::Poisson {
                    gaps,
                    taken: start,
                    ahead: start,
                }
            }
        };
        Self {
            profile,
            places,
            part: Part::WHOLE,
            upcoming: None,
        }
    }

    /// Of the arrivals not yet taken those that one of `parts` equal takers gets: the ones
    /// whose index is `part` modulo `parts`. A share can be shared again, by a worker among
    /// its lanes.
    ///
    /// # Panics
    /// If `part` is not below `parts`.
    pub fn share(&self, part: u64, parts: u64) -> Self {
        let mut share = self.clone();
        share.part = self.part.share(part, parts);
        share.upcoming = None;
        match &mut share.places {
            Places::Even { next } => *next = share.part.first_from(*next),
            Places::Poisson { taken, ahead, .. } => *ahead = *taken,
        }
        share
    }

    /// The next arrival, which stays.
    pub fn peek(&mut self) -> Option<Arrival> {
        if self.upcoming.is_none() {
            let (index, place) = self.find()?;
            let due = self.profile.leaves(place)?;
            self.upcoming = Some(Arrival { index, due });
        }
        self.upcoming
    }

    /// How many arrivals this yields from the start of the run to its end, those already
    /// taken included: the planned number. `None` without end. Known at once, except that
    /// for Poisson arrivals whose rate was changed those until then are counted.
    pub fn total(&self) -> Option<u64> {
        let whole = match &self.places {
            Places::Even { .. } => self.profile.area().map(places_before),
            Places::Poisson { gaps, taken, .. } => gaps.total(*taken),
        };
        whole.map(|whole| self.part.of(whole))
    }

    /// How long arrivals can come; `None` without end.
    pub fn duration(&self) -> Option<Duration> {
        self.profile.duration()
    }

    /// The rate over time, with the changes so far.
    pub fn profile(&self) -> &RateProfile {
        &self.profile
    }

    /// From `now` (by the schedule's clock) to the same end as before: this rate.
    ///
    /// What is due before `now` stays due. Lanes that are told the same `now` before any of
    /// them took an arrival beyond it agree on all that follows, so choose it a little
    /// ahead. A lane that had gone further still never repeats an index; with Poisson
    /// arrivals it may then count one more or less.
    pub fn retarget(&mut self, now: Duration, rate: Rate) {
        let changed = self.profile.retargeted(now, rate);
        self.replan(now, changed);
    }

    /// Ends the present stage at `now` (by the schedule's clock) and begins the next one.
    /// False, and nothing changes, if it is the last one. For lanes the same holds as in
    /// [`OpenSchedule::retarget`].
    pub fn next_stage(&mut self, now: Duration) -> bool {
        let changed = self.profile.next_piece(now);
        let exists = changed.is_some();
        if let Some(changed) = changed {
            self.replan(now, changed);
        }
        exists
    }

    fn replan(&mut self, now: Duration, profile: RateProfile) {
        self.profile = profile;
        self.upcoming = None;
        if let Places::Poisson { gaps, taken, ahead } = &mut self.places {
            let begins = self.profile.area_at(saturating_nanos(now));
            gaps.replan(begins, self.profile.area());
            *ahead = *taken;
        }
    }

    /// Index and place of the share's next arrival, whether or not it has a time.
    fn find(&mut self) -> Option<(u64, u128)> {
        match &mut self.places {
            Places::Even { next } => Some((*next, u128::from(*next) * ARRIVAL)),
            Places::Poisson { gaps, taken, ahead } => {
                *ahead = *taken;
                loop {
                    let (index, place) = gaps.step(ahead)?;
                    if self.part.has(index) {
                        return Some((index, place));
                    }
                }
            }
        }
    }
}

impl Iterator for OpenSchedule {
    type Item = Arrival;

    /// Takes the next arrival. Take it when it is due, not before: a change of the rate
    /// moves only what was not taken.
    fn next(&mut self) -> Option<Arrival> {
        let arrival = self.peek()?;
        self.upcoming = None;
        match &mut self.places {
            Places::Even { next } => *next += self.part.parts(),
            Places::Poisson { taken, ahead, .. } => *taken = *ahead,
        }
        Some(arrival)
    }
}
