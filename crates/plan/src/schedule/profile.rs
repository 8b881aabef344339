//! A rate of arrivals as a function of time, its integral, and the inverse of that.
//!
//! In: pieces of constant or linearly changing rate. Out: how many arrivals are expected
//! up to an instant, and the instant at which the integral leaves a given place. All in
//! whole numbers of 128 bits, so that nothing drifts in however long a run. Never: which
//! places arrivals have; that is [`super::open`]'s.

use std::fmt;
use std::time::Duration;

use super::slope::Slope;
use crate::rate::Rate;

/// What one arrival counts in the integral: rates are in millionths per hour and times in
/// nanoseconds, and a ramp's halves stay whole numbers because all is counted twice.
pub(crate) const ARRIVAL: u128 = 2 * 1_000_000 * 3600 * 1_000_000_000;

/// A rate that is constant or changes evenly, for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatePiece {
    /// The rate at the beginning.
    pub from: Rate,
    /// The rate at the end.
    pub to: Rate,
    /// How long it takes; `None` without end, which only the last piece can be, and only
    /// with a constant rate.
    pub lasts: Option<Duration>,
}

impl RatePiece {
    /// The same rate all the time.
    pub fn constant(rate: Rate, lasts: Option<Duration>) -> Self {
        Self {
            from: rate,
            to: rate,
            lasts,
        }
    }

    /// From one rate to another in a straight line.
    pub fn ramp(from: Rate, to: Rate, lasts: Duration) -> Self {
        Self {
            from,
            to,
            lasts: Some(lasts),
        }
    }
}

/// Why pieces are not a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileError {
    /// There is no piece.
    Empty,
    /// A piece without end is followed by others.
    EndlessNotLast,
    /// A ramp has no duration.
    EndlessRamp,
    /// The pieces take more than 584 years.
    TooLong,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a load needs at least one stage",
            Self::EndlessNotLast => "only the last stage can be without a duration",
            Self::EndlessRamp => "a ramp needs a duration",
            Self::TooLong => "the stages take more than 584 years together",
        })
    }
}

impl std::error::Error for ProfileError {}

/// The rate of arrivals over a whole scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateProfile {
    pieces: Vec<Piece>,
}

impl RateProfile {
    /// One piece after the other.
    ///
    /// # Errors
    /// [`ProfileError`] if they do not follow each other so.
    pub fn new(pieces: &[RatePiece]) -> Result<Self, ProfileError> {
        let Some((last, before)) = pieces.split_last() else {
            return Err(ProfileError::Empty);
        };
        if before.iter().any(|piece| piece.lasts.is_none()) {
            return Err(ProfileError::EndlessNotLast);
        }
        if last.lasts.is_none() && last.from != last.to {
            return Err(ProfileError::EndlessRamp);
        }
        let mut profile = Self { pieces: Vec::new() };
        for piece in pieces {
            let lasts_ns = piece.lasts.map(nanos).transpose()?;
            let (from, to) = (piece.from.micro_per_hour(), piece.to.micro_per_hour());
            profile.append(Slope::new(from, to, lasts_ns.unwrap_or(1)), lasts_ns)?;
        }
        Ok(profile)
    }

    /// One rate, for some time or without end.
    ///
    /// # Errors
    /// [`ProfileError::TooLong`].
    pub fn constant(rate: Rate, lasts: Option<Duration>) -> Result<Self, ProfileError> {
        Self::new(&[RatePiece::constant(rate, lasts)])
    }

    /// How long it takes; `None` without end.
    pub fn duration(&self) -> Option<Duration> {
        self.ends_ns().map(Duration::from_nanos)
    }

    /// The rate at `at`, per second; where a piece ends that of the next one, and 0 from
    /// the end on.
    pub fn rate_at(&self, at: Duration) -> f64 {
        let at_ns = saturating_nanos(at);
        self.piece_at(at_ns)
            .map_or(0.0, |piece| piece.slope.rate_at(at_ns - piece.starts_ns))
    }

    /// Arrivals expected before `at`: the integral of the rate.
    pub fn expected_at(&self, at: Duration) -> f64 {
        arrivals(self.area_at(saturating_nanos(at)))
    }

    /// Arrivals expected in all; `None` without end.
    pub fn expected(&self) -> Option<f64> {
        self.area().map(arrivals)
    }

    /// The highest rate that any instant has.
    pub fn peak(&self) -> Rate {
        let ends = |piece: &Piece| piece.slope.from.max(piece.slope.to);
        let lasting = self.pieces.iter().filter(|piece| piece.lasts_ns != Some(0));
        Rate::from_micro_per_hour(lasting.map(ends).max().unwrap_or(0))
    }

    /// Instants at which one piece ends and the next begins, and the end of the last.
    pub fn boundaries(&self) -> impl Iterator<Item = Duration> {
        self.pieces
            .iter()
            .filter_map(|piece| piece.ends_ns().map(Duration::from_nanos))
    }

    /// All that decides it, for a hash.
    pub(crate) fn definition(&self) -> impl Iterator<Item = u64> {
        self.pieces.iter().flat_map(|piece| {
            let lasts = piece.lasts_ns.unwrap_or(u64::MAX);
            piece.slope.definition().into_iter().chain([lasts])
        })
    }

    /// The same up to `now`; from there to the same end `rate`.
    pub(crate) fn retargeted(&self, now: Duration, rate: Rate) -> Self {
        let now_ns = saturating_nanos(now);
        let lasts_ns = self.ends_ns().map(|end| end.saturating_sub(now_ns));
        let mut changed = self.until(now_ns);
        changed.append_within(Slope::constant(rate.micro_per_hour()), lasts_ns);
        changed
    }

    /// The same up to `now`, and then at once the pieces that follow the present one;
    /// `None` if it is the last.
    pub(crate) fn next_piece(&self, now: Duration) -> Option<Self> {
        let now_ns = saturating_nanos(now);
        let following = self
            .pieces
            .iter()
            .filter(|piece| piece.starts_ns > now_ns)
            .collect::<Vec<_>>();
        let mut changed = self.until(now_ns);
        for piece in &following {
            changed.append_within(piece.slope, piece.lasts_ns);
        }
        (!following.is_empty()).then_some(changed)
    }

    /// The integral up to `at_ns`, in parts of which [`ARRIVAL`] make an arrival.
    pub(crate) fn area_at(&self, at_ns: u64) -> u128 {
        match self.piece_at(at_ns) {
            Some(piece) => piece.area_before + piece.slope.area(at_ns - piece.starts_ns),
            None => self.area().unwrap_or(u128::MAX),
        }
    }

    /// The integral over the whole; `None` without end.
    pub(crate) fn area(&self) -> Option<u128> {
        match self.pieces.last() {
            Some(last) => last.area_after(),
            None => Some(0),
        }
    }

    /// When the integral leaves `place`: the last nanosecond at which it is not yet more.
    /// `None` if it never becomes more.
    pub(crate) fn leaves(&self, place: u128) -> Option<Duration> {
        let reached = |piece: &Piece| piece.area_after().is_some_and(|area| area <= place);
        let piece = self.pieces.get(self.pieces.partition_point(reached))?;
        let within_ns = piece.leaves_ns(place - piece.area_before);
        Some(Duration::from_nanos(piece.starts_ns + within_ns))
    }

    fn ends_ns(&self) -> Option<u64> {
        self.pieces.last().map_or(Some(0), Piece::ends_ns)
    }

    fn piece_at(&self, at_ns: u64) -> Option<&Piece> {
        let over = |piece: &Piece| piece.ends_ns().is_some_and(|end| end <= at_ns);
        self.pieces.get(self.pieces.partition_point(over))
    }

    fn append(&mut self, slope: Slope, lasts_ns: Option<u64>) -> Result<(), ProfileError> {
        let starts_ns = self.ends_ns().unwrap_or(u64::MAX);
        if starts_ns.checked_add(lasts_ns.unwrap_or(0)).is_none() {
            return Err(ProfileError::TooLong);
        }
        self.pieces.push(Piece {
            slope,
            lasts_ns,
            starts_ns,
            area_before: self.area().unwrap_or(u128::MAX),
        });
        Ok(())
    }

    /// Appends a piece that ends no later than this profile did, so that it fits.
    fn append_within(&mut self, slope: Slope, lasts_ns: Option<u64>) {
        let room = u64::MAX - self.ends_ns().unwrap_or(u64::MAX);
        let fits = self.append(slope, lasts_ns.map(|lasts| lasts.min(room)));
        debug_assert_eq!(fits, Ok(()));
    }

    /// What of it lies before `now_ns`.
    fn until(&self, now_ns: u64) -> Self {
        let mut pieces = self.pieces.clone();
        pieces.retain(|piece| piece.starts_ns < now_ns);
        if let Some(last) = pieces.last_mut() {
            let left = now_ns - last.starts_ns;
            last.lasts_ns = Some(last.lasts_ns.map_or(left, |lasts| lasts.min(left)));
        }
        Self { pieces }
    }
}

/// A slope that lasts some time, and where that lies in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    slope: Slope,
    /// May be less than what the slope takes, where the rate was changed on the way.
    lasts_ns: Option<u64>,
    starts_ns: u64,
    area_before: u128,
}

impl Piece {
    fn ends_ns(&self) -> Option<u64> {
        self.lasts_ns.map(|lasts| self.starts_ns + lasts)
    }

    fn area_after(&self) -> Option<u128> {
        match self.lasts_ns {
            Some(lasts) => Some(self.area_before + self.slope.area(lasts)),
            None if self.slope.from == 0 => Some(self.area_before),
            None => None,
        }
    }

    /// As [`RateProfile::leaves`] but from the piece's own start; it is left in this piece.
    fn leaves_ns(&self, place: u128) -> u64 {
        let last_ns = self.lasts_ns.unwrap_or(u64::MAX).saturating_sub(1);
        self.slope.leaves_ns(place, last_ns)
    }
}

/// A part of the integral as a number of arrivals.
fn arrivals(area: u128) -> f64 {
    area as f64 / ARRIVAL as f64
}

/// Nanoseconds, if they are not more than 584 years.
pub(crate) fn nanos(duration: Duration) -> Result<u64, ProfileError> {
    u64::try_from(duration.as_nanos()).map_err(|_| ProfileError::TooLong)
}

/// Nanoseconds, at most 584 years of them.
pub(crate) fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
