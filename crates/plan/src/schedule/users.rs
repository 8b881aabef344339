//! The closed model of a plan: how many users there should be, as a function of time.
//!
//! In: a number of users with a spawn rate, or stages. Out: the number at any instant, and
//! the instants at which it changes. Never: which class a user is of (see
//! [`crate::split::ClassOrder`]), a wait.
//!
//! Between stages the number follows a straight line, rounded up: while a part of a user
//! is wanted it is there. So the first of 100 users at 10/s comes at once and the last
//! after 9.9 s, and on the way down to 0 the last one leaves at the very end.

use std::time::Duration;

use super::profile::{ProfileError, nanos, saturating_nanos};
use crate::rate::Rate;

/// A straight way to another number of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserStage {
    /// Users at its end.
    pub to: u32,
    /// How long it takes; 0 is at once. `None`, for the last stage only: at once, and then
    /// without end.
    pub lasts: Option<Duration>,
}

/// The number of users over a whole scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSchedule {
    pieces: Vec<Piece>,
}

impl UserSchedule {
    /// This many users, started at `spawn` (all at once without it), until `lasts` after
    /// the first, or without end.
    ///
    /// # Errors
    /// [`ProfileError::TooLong`] if it takes more than 584 years.
    pub fn constant(
        users: u32,
        spawn: Option<Rate>,
        lasts: Option<Duration>,
    ) -> Result<Self, ProfileError> {
        let lasts_ns = lasts.map(nanos).transpose()?;
        let mut schedule = Self { pieces: Vec::new() };
        let over_ns = spawning_ns(users, spawn);
        if over_ns == u64::MAX && lasts_ns.is_none() {
            return Err(ProfileError::TooLong);
        }
        schedule.append_climb(0, users, over_ns, lasts_ns);
        Ok(schedule)
    }

    /// From nobody through these stages.
    ///
    /// # Errors
    /// [`ProfileError`] if there is none, if one without end is followed by others, or if
    /// they take more than 584 years.
    pub fn stages(stages: &[UserStage]) -> Result<Self, ProfileError> {
        let Some((_, before)) = stages.split_last() else {
            return Err(ProfileError::Empty);
        };
        if before.iter().any(|stage| stage.lasts.is_none()) {
            return Err(ProfileError::EndlessNotLast);
        }
        let mut schedule = Self { pieces: Vec::new() };
        let mut users = 0;
        for stage in stages {
            let lasts_ns = stage.lasts.map(nanos).transpose()?;
            let starts_ns = schedule.ends_ns().unwrap_or(u64::MAX);
            if starts_ns.checked_add(lasts_ns.unwrap_or(0)).is_none() {
                return Err(ProfileError::TooLong);
            }
            let from = if lasts_ns.is_some() { users } else { stage.to };
            schedule.append(Line::new(from, stage.to, lasts_ns.unwrap_or(0)), lasts_ns);
            users = stage.to;
        }
        Ok(schedule)
    }

    /// How many users there should be at `at`; from the end on as many as at the end.
    pub fn users_at(&self, at: Duration) -> u32 {
        let at_ns = saturating_nanos(at);
        self.pieces
            .get(self.position(at_ns))
            .map_or(0, |piece| piece.users_at(at_ns))
    }

    /// The first instant after `after` at which the number changes, and to what.
    pub fn next_change(&self, after: Duration) -> Option<(Duration, u32)> {
        let after_ns = saturating_nanos(after);
        let position = self.position(after_ns);
        let users = self.pieces.get(position)?.users_at(after_ns);
        let (at_ns, users) =
            self.pieces[position..]
                .iter()
                .enumerate()
                .find_map(|(further, piece)| {
                    let last = position + further + 1 == self.pieces.len();
                    piece.next_change(after_ns, users, last)
                })?;
        Some((Duration::from_nanos(at_ns), users))
    }

    /// How long it takes; `None` without end.
    pub fn duration(&self) -> Option<Duration> {
        self.ends_ns().map(Duration::from_nanos)
    }

    /// The most users there are at any time.
    pub fn peak(&self) -> u32 {
        let highest = |piece: &Piece| {
            let end = piece.ends_ns().unwrap_or(piece.starts_ns);
            piece.users_at(piece.starts_ns).max(piece.users_at(end))
        };
        self.pieces.iter().map(highest).max().unwrap_or(0)
    }

    /// All users' time together, seconds; `None` without end.
    pub fn user_seconds(&self) -> Option<f64> {
        self.pieces.iter().map(Piece::user_seconds).sum()
    }

    /// Instants at which one stage ends and the next begins, and the end of the last.
    pub fn boundaries(&self) -> impl Iterator<Item = Duration> {
        let ends = self.pieces.iter().filter_map(Piece::ends_ns);
        ends.map(Duration::from_nanos)
    }

    /// From `now` (by the schedule's clock) to the same end as before: this many users,
    /// started and stopped at `spawn`, or at once without it.
    pub fn retarget(&mut self, now: Duration, users: u32, spawn: Option<Rate>) {
        let (now_ns, present) = (saturating_nanos(now), self.users_at(now));
        let lasts_ns = self.ends_ns().map(|end| end.saturating_sub(now_ns));
        if lasts_ns == Some(0) {
            return;
        }
        self.cut(now_ns);
        let over_ns = spawning_ns(present.abs_diff(users), spawn);
        self.append_climb(present, users, over_ns, lasts_ns);
    }

    /// Ends the present stage at `now` (by the schedule's clock) and begins the next one,
    /// from as many users as there are. False, and nothing changes, if it is the last one.
    pub fn next_stage(&mut self, now: Duration) -> bool {
        let (now_ns, present) = (saturating_nanos(now), self.users_at(now));
        let first = self
            .pieces
            .partition_point(|piece| piece.starts_ns <= now_ns);
        let mut following = self.pieces.split_off(first);
        let Some(next) = following.first_mut() else {
            return false;
        };
        if next.line.from != next.line.to {
            next.line.from = present;
        }
        self.cut(now_ns);
        for piece in following {
            self.append(piece.line, piece.lasts_ns);
        }
        true
    }

    /// All that decides it, for a hash.
    pub(crate) fn definition(&self) -> impl Iterator<Item = u64> {
        self.pieces.iter().flat_map(|piece| {
            let Line { from, to, over_ns } = piece.line;
            let lasts = piece.lasts_ns.unwrap_or(u64::MAX);
            [u64::from(from), u64::from(to), over_ns, lasts]
        })
    }

    fn ends_ns(&self) -> Option<u64> {
        self.pieces.last().map_or(Some(0), Piece::ends_ns)
    }

    /// The piece in which `at_ns` lies: the last one from its end on.
    fn position(&self, at_ns: u64) -> usize {
        let over = |piece: &Piece| piece.ends_ns().is_some_and(|end| end <= at_ns);
        let position = self.pieces.partition_point(over);
        position.min(self.pieces.len().saturating_sub(1))
    }

    fn append(&mut self, line: Line, lasts_ns: Option<u64>) {
        let starts_ns = self.ends_ns().unwrap_or(u64::MAX);
        self.pieces.push(Piece {
            line,
            lasts_ns: lasts_ns.map(|lasts| lasts.min(u64::MAX - starts_ns)),
            starts_ns,
        });
    }

    /// From one number to another in `over_ns`, and then so to the end of `lasts_ns`.
    fn append_climb(&mut self, from: u32, to: u32, over_ns: u64, lasts_ns: Option<u64>) {
        let climbs_ns = lasts_ns.map_or(over_ns, |lasts| lasts.min(over_ns));
        if climbs_ns > 0 {
            self.append(Line::new(from, to, over_ns), Some(climbs_ns));
        }
        if lasts_ns != Some(climbs_ns) || climbs_ns == 0 {
            self.append(
                Line::new(to, to, 0),
                lasts_ns.map(|lasts| lasts - climbs_ns),
            );
        }
    }

    /// Forgets what lies beyond `now_ns`.
    fn cut(&mut self, now_ns: u64) {
        self.pieces.retain(|piece| piece.starts_ns < now_ns);
        if let Some(last) = self.pieces.last_mut() {
            let left = now_ns - last.starts_ns;
            last.lasts_ns = Some(last.lasts_ns.map_or(left, |lasts| lasts.min(left)));
        }
    }
}

/// A line for some time, and where that lies in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    line: Line,
    /// May be less than what the line takes, where something was changed on the way.
    lasts_ns: Option<u64>,
    starts_ns: u64,
}

impl Piece {
    fn ends_ns(&self) -> Option<u64> {
        self.lasts_ns.map(|lasts| self.starts_ns + lasts)
    }

    /// From its end on what it led to, or had come to where it was cut short.
    fn users_at(&self, at_ns: u64) -> u32 {
        let within = at_ns - self.starts_ns;
        let last = match self.lasts_ns {
            Some(lasts) if self.is_whole() => lasts,
            Some(lasts) => lasts - 1,
            None => u64::MAX,
        };
        self.line.users_at(within.min(last))
    }

    /// The area under the line, which the whole numbers above it are rounded from.
    fn user_seconds(&self) -> Option<f64> {
        let lasts = self.lasts_ns? as f64;
        let Line { from, to, over_ns } = self.line;
        let (from, to) = (f64::from(from), f64::from(to));
        let mean = match over_ns {
            0 => to,
            _ => from + (to - from) * lasts / over_ns as f64 / 2.0,
        };
        Some(mean * lasts / 1e9)
    }

    /// Whether its line gets to its end.
    fn is_whole(&self) -> bool {
        self.lasts_ns.is_none_or(|lasts| lasts >= self.line.over_ns)
    }

    /// The first change from `users` after `after_ns`. What the last piece does at its very
    /// end counts; elsewhere the next piece begins with it.
    fn next_change(&self, after_ns: u64, users: u32, last: bool) -> Option<(u64, u32)> {
        let lasts_ns = self.lasts_ns.unwrap_or(u64::MAX);
        if self.starts_ns > after_ns {
            let first = self.line.users_at(0);
            if first != users && (lasts_ns > 0 || last) {
                return Some((self.starts_ns, first));
            }
        }
        let within = after_ns.saturating_sub(self.starts_ns);
        let at = self.line.next_change(within)?;
        let in_time = at < lasts_ns || (last && at == lasts_ns && self.is_whole());
        in_time.then(|| (self.starts_ns + at, self.line.users_at(at)))
    }
}

/// A number of users that changes evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    from: u32,
    to: u32,
    /// 0: at once.
    over_ns: u64,
}

impl Line {
    fn new(from: u32, to: u32, over_ns: u64) -> Self {
        Self { from, to, over_ns }
    }

    /// Users in the nanosecond that begins at `ns`, from the line's start.
    fn users_at(self, ns: u64) -> u32 {
        let change = self.from.abs_diff(self.to);
        if change == 0 || self.over_ns == 0 {
            return self.to;
        }
        // Change j (from 1) up is at the nanosecond of (j−1)·over/change, down of j·over/change.
        let begun = (u128::from(ns) + 1) * u128::from(change) - 1;
        let done = begun / u128::from(self.over_ns);
        match self.to > self.from {
            true => self.from + (done + 1).min(u128::from(change)) as u32,
            false => self.from - done.min(u128::from(change)) as u32,
        }
    }

    /// The first instant after `ns` with another number of users.
    fn next_change(self, ns: u64) -> Option<u64> {
        let present = self.users_at(ns);
        if present == self.to {
            return None;
        }
        let change = u128::from(self.from.abs_diff(self.to));
        let done = u128::from(self.from.abs_diff(present));
        let next = if self.to > self.from { done } else { done + 1 };
        Some((next * u128::from(self.over_ns) / change) as u64)
    }
}

/// How long it takes to start or stop `users` at this rate, rounded up.
fn spawning_ns(users: u32, spawn: Option<Rate>) -> u64 {
    const NANOS_MICROS_PER_HOUR: u128 = 3600 * 1_000_000_000 * 1_000_000;
    match spawn.map(Rate::micro_per_hour) {
        None => 0,
        Some(_) if users == 0 => 0,
        Some(0) => u64::MAX,
        Some(rate) => {
            let ns = (u128::from(users) * NANOS_MICROS_PER_HOUR).div_ceil(u128::from(rate));
            u64::try_from(ns).unwrap_or(u64::MAX)
        }
    }
}
