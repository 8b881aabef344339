//! Answers in the memory of this process.
//!
//! In: keys, entries, and the time. Out: entries that have not ended. Never: more of them than
//! was said; the one that ends first makes room.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Entry;

/// The entries, and in which order they end.
#[derive(Debug)]
pub(super) struct Embedded {
    most: usize,
    entries: HashMap<String, (Duration, Entry)>,
    by_end: BTreeSet<(Duration, String)>,
}

impl Embedded {
    /// Nothing yet, and up to `most` entries.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            entries: HashMap::new(),
            by_end: BTreeSet::new(),
        }
    }

    /// The entry of a key, unless it has ended.
    pub(super) fn get(&self, key: &str, at: Duration) -> Option<&Entry> {
        let (ends_at, entry) = self.entries.get(key)?;
        (*ends_at > at).then_some(entry)
    }

    /// Keeps an entry until `ttl` after it is ready, unless its key has one.
    pub(super) fn keep(&mut self, key: &str, entry: Entry, ttl: Duration, at: Duration) {
        self.forget_ended(at);
        if self.entries.contains_key(key) {
            return;
        }
        if self.entries.len() >= self.most {
            self.forget_first();
        }
        let ends_at = entry.ready_at + ttl;
        self.by_end.insert((ends_at, key.to_owned()));
        self.entries.insert(key.to_owned(), (ends_at, entry));
    }

    /// How many there are.
    pub(super) fn count(&mut self, at: Duration) -> usize {
        self.forget_ended(at);
        self.entries.len()
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.by_end.clear();
    }

    fn forget_ended(&mut self, at: Duration) {
        while self.by_end.first().is_some_and(|(end, _)| *end <= at) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.by_end.pop_first() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(10);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn entry(answer: &str, ready_at_s: u64) -> Entry {
        Entry {
            answer: answer.to_owned(),
            ready_at: s(ready_at_s),
        }
    }

    #[test]
    fn an_entry_lives_from_when_it_is_ready() {
        let mut embedded = Embedded::new(9);
        embedded.keep("a", entry("one", 3), TTL, s(1));
        assert_eq!(embedded.get("a", s(12)), Some(&entry("one", 3)));
        assert_eq!(embedded.get("a", s(13)), None);
        assert_eq!((embedded.count(s(12)), embedded.count(s(13))), (1, 0));
    }

    #[test]
    fn what_is_kept_first_stays_until_its_end() {
        let mut embedded = Embedded::new(9);
        embedded.keep("a", entry("one", 3), TTL, s(1));
        embedded.keep("a", entry("two", 4), TTL, s(2));
        assert_eq!(embedded.get("a", s(5)), Some(&entry("one", 3)));
        embedded.keep("a", entry("three", 14), TTL, s(13));
        assert_eq!(embedded.get("a", s(20)), Some(&entry("three", 14)));
        assert_eq!(embedded.by_end.len(), 1, "nothing is left of the first");
    }

    #[test]
    fn what_ends_first_makes_room() {
        let mut embedded = Embedded::new(2);
        for (key, ready_at_s) in [("a", 5), ("b", 2), ("c", 4)] {
            embedded.keep(key, entry(key, ready_at_s), TTL, s(1));
        }
        let kept = ["a", "b", "c"].map(|key| embedded.get(key, s(1)).is_some());
        assert_eq!(kept, [true, false, true]);
        embedded.clear();
        assert_eq!(embedded.count(s(1)), 0);
    }
}
