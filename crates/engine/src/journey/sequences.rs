//! The counters of a run: `sequence()` in templates.

use std::collections::HashMap;
use std::sync::Mutex;

/// The most names; a name that is made up per request would fill all memory.
const MAX_NAMES: usize = 10_000;

/// Counters by name, shared by all users of a run.
#[derive(Debug, Default)]
pub(super) struct Sequences(Mutex<HashMap<Box<str>, u64>>);

impl Sequences {
    /// The next number of a name: 1, 2, 3 …
    ///
    /// # Errors
    /// A sentence when there are too many names.
    pub(super) fn next(&self, name: &str) -> Result<u64, String> {
        let mut counters = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(last) = counters.get_mut(name) {
            *last += 1;
            return Ok(*last);
        }
        if counters.len() >= MAX_NAMES {
            return Err(format!("there are more than {MAX_NAMES} names"));
        }
        counters.insert(name.into(), 1);
        Ok(1)
    }
}
