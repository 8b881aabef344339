//! A cache of answers, in this process or in a Redis.
//!
//! In: a key, and the answer that was made for it. Out: that answer, for as long as it lives.
//! Never: an answer before it was given for the first time. A question that is asked again
//! while its first answer is still being made is a miss too, as in services that do not join
//! such requests. A Redis that does not answer makes misses, no errors.

mod embedded;
mod redis;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::clock::unix_time;
use crate::options::CacheOptions;
use crate::services::Gauge;

use embedded::Embedded;
use redis::Redis;

/// What a service remembers its answers in.
pub(crate) struct Cache {
    store: Store,
    ttl: Duration,
    hits: AtomicU64,
    misses: AtomicU64,
}

enum Store {
    Off,
    Embedded(Mutex<Embedded>),
    Redis(Box<Redis>),
}

/// What was found under a key.
pub(crate) enum Found {
    /// The answer, and for how long it has been there.
    Hit { answer: String, age: Duration },
    /// Nothing that lives, or nothing yet.
    Miss,
    /// The cache is off.
    Off,
}

/// An answer as it is kept. Its times count since 1970, which processes share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Entry {
    answer: String,
    ready_at: Duration,
}

impl Cache {
    /// The cache of `service`, which nobody else's keys get into.
    ///
    /// # Errors
    /// A Redis that cannot be reached.
    pub(crate) fn prepare(options: &CacheOptions, service: &str) -> Result<Self> {
        let most = options.entries();
        let store = match &options.redis {
            _ if options.off => Store::Off,
            Some(url) => Store::Redis(Box::new(Redis::connect(url, service, most)?)),
            None => Store::Embedded(Mutex::new(Embedded::new(most))),
        };
        Ok(Self {
            store,
            ttl: options.ttl(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })
    }

    /// What is there under `key`.
    pub(crate) fn find(&self, key: &str) -> Found {
        let at = unix_time();
        let entry = match &self.store {
            Store::Off => return Found::Off,
            Store::Embedded(embedded) => lock(embedded).get(key, at).cloned(),
            Store::Redis(redis) => redis.get(key),
        };
        match entry.filter(|entry| entry.ready_at <= at) {
            Some(Entry { answer, ready_at }) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                let age = at - ready_at;
                Found::Hit { answer, age }
            }
            None => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Found::Miss
            }
        }
    }

    /// Keeps an answer that will be given in `ready_in`, and lives from then on. Where another
    /// one is being made already, that one is kept: it is there first.
    pub(crate) fn keep(&self, key: &str, answer: String, ready_in: Duration) {
        let at = unix_time();
        let entry = Entry {
            answer,
            ready_at: at + ready_in,
        };
        match &self.store {
            Store::Off => {}
            Store::Embedded(embedded) => lock(embedded).keep(key, entry, self.ttl, at),
            Store::Redis(redis) => redis.keep(key, &entry, self.ttl, at),
        }
    }

    /// Forgets all answers; says whether that could be done.
    pub(crate) fn clear(&self) -> bool {
        match &self.store {
            Store::Off => true,
            Store::Embedded(embedded) => {
                lock(embedded).clear();
                true
            }
            Store::Redis(redis) => redis.clear(),
        }
    }

    /// Answers that live; `None` where the Redis does not say.
    pub(crate) fn entries(&self) -> Option<usize> {
        let at = unix_time();
        match &self.store {
            Store::Off => Some(0),
            Store::Embedded(embedded) => Some(lock(embedded).count(at)),
            Store::Redis(redis) => redis.count(at),
        }
    }

    /// Where the answers are.
    pub(crate) fn place(&self) -> &'static str {
        match &self.store {
            Store::Off => "off",
            Store::Embedded(_) => "embedded",
            Store::Redis(_) => "redis",
        }
    }

    /// What is told to a Prometheus.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        let gauge = |name, help, value: f64| Gauge { name, help, value };
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let mut gauges = vec![
            gauge("cache_hits", "Answers from the cache.", count(&self.hits)),
            gauge(
                "cache_misses",
                "Questions that the cache had no answer to.",
                count(&self.misses),
            ),
        ];
        if let Store::Redis(redis) = &self.store {
            let failures = redis.failures() as f64;
            let help = "Commands that the Redis did not answer.";
            gauges.push(gauge("cache_failures", help, failures));
        }
        if let Some(entries) = self.entries() {
            gauges.push(gauge("cache_entries", "Answers kept.", entries as f64));
        }
        gauges
    }
}

fn lock(embedded: &Mutex<Embedded>) -> std::sync::MutexGuard<'_, Embedded> {
    embedded.lock().unwrap_or_else(PoisonError::into_inner)
}
