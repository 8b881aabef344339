//! Numbers that nobody can foresee, for ids that must not come twice. Whatever a run draws and
//! must be able to draw again comes from its seed, and never from here.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Another number each time, from the randomness that the standard library asks the system for.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
