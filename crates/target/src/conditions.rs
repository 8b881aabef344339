//! Routes whose answers depend on what was before: a cache, a service that grows slow, a limit
//! on requests, a mode.
//!
//! In: calls. Out: answers that tell the truth about where they come from, in the headers that
//! such services send. Never: more in memory than a thousand entries.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::clock::now;
use crate::general::usual;
use crate::rate_limit::RateLimit;
use crate::routes::{Call, Kind, Route};

/// Entries of the cache at most; the one that was made first goes first.
const ENTRIES: usize = 1000;

/// Longest time that an entry can live, and longest work for one.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long clients are asked to stay away while the circuit is open, seconds.
const RETRY_AFTER_OPEN: &str = "5";

/// What the routes here remember.
#[derive(Debug, Default)]
pub(crate) struct Conditions(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    mode: Mode,
    /// When each entry was made.
    cache: HashMap<String, Instant>,
    limit: RateLimit,
}

/// How the service fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// All is well.
    #[default]
    Normal,
    /// It answers, but late.
    Degraded,
    /// Its circuit is open: it refuses.
    Open,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Normal => "normal",
            Mode::Degraded => "degraded",
            Mode::Open => "open",
        }
    }
}

impl Conditions {
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// How old the entry of a key is; a new one is made where there is none that is younger
    /// than `ttl`.
    fn age_or_insert(&mut self, key: String, ttl: Duration, at: Instant) -> Option<Duration> {
        let age = self.cache.get(&key).map(|made| at.duration_since(*made));
        if age.is_some_and(|age| age < ttl) {
            return age;
        }
        if self.cache.len() >= ENTRIES {
            let oldest = self.cache.iter().min_by_key(|(_, made)| **made);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.cache.remove(&oldest);
            }
        }
        self.cache.insert(key, at);
        None
    }
}

/// The routes with a memory.
pub(crate) fn routes() -> Vec<Route> {
    let admin = |pattern, handler| Route {
        method: "POST",
        pattern,
        handler,
        kind: Kind::Uncounted,
    };
    vec![
        usual("GET", "/cached/{key}", cached),
        usual("GET", "/creeping", creeping),
        usual("GET", "/limited", limited),
        usual("*", "/service", service),
        admin("/admin/cache", forget_cache),
        admin("/admin/mode", set_mode),
    ]
}

/// An entry of the cache, made where there is none: that takes `work` (50 ms unless told), and
/// it lives for `ttl` (10 s). `tell` says how: `headers` (unless told), `age`, `body`, `nothing`.
fn cached(call: &Call<'_>) -> Result<Reply, Answer> {
    let ttl = call.duration("ttl", Some(Duration::from_secs(10)), LONGEST)?;
    let work = call.duration("work", Some(Duration::from_millis(50)), LONGEST)?;
    let key = call.captured(0);
    let conditions = &call.worker.shared.conditions;
    let age = conditions.lock().age_or_insert(key.clone(), ttl, now());
    let tell = call.head().query_value("tell");
    let body = match tell.as_deref() {
        Some("body") => json!({ "key": key, "cached": age.is_some() }),
        _ => json!({ "key": key }),
    };
    let answer = Answer::json(200, &body).after(if age.is_some() { Duration::ZERO } else { work });
    let age_s = age.map(|age| age.as_secs().to_string());
    Ok(match tell.as_deref() {
        None | Some("headers") => match age_s {
            Some(age_s) => answer.with("X-Cache", "HIT").with("Age", age_s),
            None => answer.with("X-Cache", "MISS"),
        },
        Some("age") => answer.with("Age", age_s.unwrap_or_else(|| "0".to_owned())),
        Some("body" | "nothing") => answer,
        Some(other) => {
            let reason = format!("tell must be headers, age, body or nothing, not {other:?}");
            return Err(Answer::error(422, reason));
        }
    }
    .into())
}

/// Each answer is later than the one before by so much (`by`, 1 ms unless told); the first by
/// `from` (0). That begins anew when the truth is reset.
fn creeping(call: &Call<'_>) -> Result<Reply, Answer> {
    let from = call.duration("from", Some(Duration::ZERO), LONGEST)?;
    let by = call.duration("by", Some(Duration::from_millis(1)), LONGEST)?;
    let before = u32::try_from(call.ordinal).unwrap_or(u32::MAX);
    let late = by.saturating_mul(before).saturating_add(from).min(LONGEST);
    let answer = Answer::json(200, &json!({ "before": before }));
    Ok(answer.after(late).into())
}

/// At most `rate` answers per second (10 unless told), of all clients together; beyond it 429,
/// and after how many seconds (`retry`, 1) to come again.
fn limited(call: &Call<'_>) -> Result<Reply, Answer> {
    let rate = call.number("rate", 10, 0, 1_000_000)?;
    let retry = call.number("retry", 1, 0, 3600)?;
    let conditions = &call.worker.shared.conditions;
    if conditions.lock().limit.admits(rate, now()) {
        return Ok(Answer::json(200, &json!({ "rate": rate })).into());
    }
    let answer = Answer::error(429, format!("more than {rate} requests in this second"));
    Ok(answer.with("Retry-After", retry.to_string()).into())
}

/// An answer in the mode of the service, which `X-Mode` and `$.mode` tell: degraded ones come
/// `late` (100 ms unless told), an open circuit refuses with 503.
fn service(call: &Call<'_>) -> Result<Reply, Answer> {
    let late = call.duration("late", Some(Duration::from_millis(100)), LONGEST)?;
    let mode = call.worker.shared.conditions.lock().mode;
    let status = if mode == Mode::Open { 503 } else { 200 };
    let answer = Answer::json(status, &json!({ "mode": mode })).with("X-Mode", mode.name());
    Ok(match mode {
        Mode::Normal => answer,
        Mode::Degraded => answer.after(late),
        Mode::Open => answer.with("Retry-After", RETRY_AFTER_OPEN),
    }
    .into())
}

/// Forgets all entries of the cache, and of the service's own.
fn forget_cache(call: &Call<'_>) -> Result<Reply, Answer> {
    let shared = &call.worker.shared;
    shared.conditions.lock().cache.clear();
    if shared.state.cache().is_some_and(|cache| !cache.clear()) {
        return Err(Answer::error(503, "the Redis of the cache does not answer"));
    }
    Ok(Answer::empty(204).into())
}

/// `{"mode": "normal" | "degraded" | "open"}`
fn set_mode(call: &Call<'_>) -> Result<Reply, Answer> {
    #[derive(Deserialize)]
    struct Wanted {
        mode: Mode,
    }
    let Wanted { mode } = call.json()?;
    call.worker.shared.conditions.lock().mode = mode;
    Ok(Answer::json(200, &json!({ "mode": mode })).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_as_long_as_it_is_asked_to() {
        let (mut remembered, begin) = (Remembered::default(), now());
        let ttl = Duration::from_secs(10);
        let mut at = |after_s| {
            let at = begin + Duration::from_secs(after_s);
            remembered.age_or_insert("a".to_owned(), ttl, at)
        };
        assert_eq!(at(0), None);
        assert_eq!(at(9), Some(Duration::from_secs(9)));
        assert_eq!(at(10), None);
        assert_eq!(at(12), Some(Duration::from_secs(2)));
    }

    #[test]
    fn the_oldest_of_too_many_entries_goes() {
        let (mut remembered, begin) = (Remembered::default(), now());
        let ttl = Duration::from_secs(1000);
        for n in 0..=ENTRIES as u64 {
            let at = begin + Duration::from_millis(n);
            assert_eq!(remembered.age_or_insert(n.to_string(), ttl, at), None);
        }
        assert_eq!(remembered.cache.len(), ENTRIES);
        assert!(!remembered.cache.contains_key("0"));
    }
}
