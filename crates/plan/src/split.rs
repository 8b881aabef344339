//! Who gets how much: users and arrivals over lanes and workers, users over classes.
//!
//! In: a number and how many share it. Out: each one's part; the parts are equal to one,
//! and together the whole. Never: who the lanes are.

/// One of several equal takers of a sequence: it gets the items whose number is its own
/// modulo theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    part: u64,
    parts: u64,
}

impl Part {
    /// The one taker of everything.
    pub const WHOLE: Self = Self { part: 0, parts: 1 };

    /// Taker `part` (from 0) of `parts`.
    ///
    /// # Panics
    /// If `part` is not below `parts`.
    pub fn new(part: u64, parts: u64) -> Self {
        assert!(part < parts, "part {part} of {parts}: parts count from 0");
        Self { part, parts }
    }

    /// Of this taker's items those that its own taker `part` of `parts` gets.
    ///
    /// # Panics
    /// If `part` is not below `parts`.
    pub fn share(self, part: u64, parts: u64) -> Self {
        let inner = Self::new(part, parts);
        Self {
            part: self.part + self.parts * inner.part,
            parts: self.parts * inner.parts,
        }
    }

    /// How many of the first `whole` items are this taker's.
    pub fn of(self, whole: u64) -> u64 {
        whole.saturating_sub(self.part).div_ceil(self.parts)
    }

    /// Whether item `number` is this taker's.
    pub fn has(self, number: u64) -> bool {
        number % self.parts == self.part
    }

    /// The first of this taker's items whose number is at least `number`.
    pub fn first_from(self, number: u64) -> u64 {
        self.part + self.of(number) * self.parts
    }

    /// How many takers there are.
    pub fn parts(self) -> u64 {
        self.parts
    }
}

/// How many of `whole` taker `part` of `parts` gets. One more in the whole is one more for
/// one taker.
///
/// # Panics
/// If `part` is not below `parts`.
pub fn split(whole: u64, part: u64, parts: u64) -> u64 {
    Part::new(part, parts).of(whole)
}

/// Which class each user is of: an endless sequence in which the first n users, for every
/// n, are as the weights want them; no class is ever a whole user off.
///
/// The rule is Tijdeman's (*The Chairman Assignment Problem*, 1980): of the classes that
/// may have one more without getting ahead, the one that must have it soonest.
#[derive(Debug, Clone)]
pub struct ClassOrder {
    classes: Vec<Class>,
    /// Sum of the shares.
    total: i128,
    /// Users dealt out so far.
    users: i128,
}

#[derive(Debug, Clone)]
struct Class {
    /// Its position among the weights.
    position: usize,
    /// Its weight in [`SMALLEST_WEIGHT`]s, so that all that follows is exact.
    share: i128,
    users: i128,
}

/// Weights count in steps of this …
const SMALLEST_WEIGHT: f64 = 1e-6;
/// … and go up to this.
const LARGEST_WEIGHT: f64 = 1e9;

impl ClassOrder {
    /// The order for these weights; a class of weight 0 gets nobody. `None` if there is
    /// nobody to get, or if a weight is negative, above 10⁹ or not a number.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let valid = |weight: &f64| (0.0..=LARGEST_WEIGHT).contains(weight);
        let classes: Vec<Class> = weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(position, weight)| Class {
                position,
                share: ((weight / SMALLEST_WEIGHT).round() as i128).max(1),
                users: 0,
            })
            .collect();
        (weights.iter().all(valid) && !classes.is_empty()).then(|| Self {
            total: classes.iter().map(|class| class.share).sum(),
            classes,
            users: 0,
        })
    }
}

impl Iterator for ClassOrder {
    type Item = usize;

    /// The class of the next user: of user 0, then of user 1, and so on for ever.
    fn next(&mut self) -> Option<usize> {
        self.users += 1;
        let (users, total) = (self.users, self.total);
        // With k classes nobody gets further from its due than 1 − 1/(2k−2) users.
        let steps = 2 * self.classes.len().max(2) as i128 - 2;
        let lacks = |class: &Class| (class.share * users - total * class.users) * steps;
        let time_left = |class: &Class| total * steps - total - lacks(class);
        let chosen = self
            .classes
            .iter_mut()
            .filter(|class| lacks(class) >= total)
            .min_by(|a, b| (time_left(a) * b.share).cmp(&(time_left(b) * a.share)))?;
        chosen.users += 1;
        Some(chosen.position)
    }
}
