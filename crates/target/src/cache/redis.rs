//! Answers in a Redis, which several processes can share.
//!
//! In: keys, entries, and the time. Out: entries that the Redis still has. Never: a wait beyond
//! [`TIMEOUT`], or for a Redis that has just failed: [`REST`] passes before it is asked again.
//!
//! Each entry is a text under a key of its own (`gatecrash:SERVICE:answer:KEY`), which the Redis lets
//! end. A sorted set beside them knows when each ends, so that they can be counted and limited.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use redis::{Client, Connection, Pipeline, RedisResult};

use super::Entry;
use crate::clock::now;

/// The longest wait for a connection, and for an answer.
const TIMEOUT: Duration = Duration::from_millis(250);

/// How long a Redis that failed is left alone. All that is asked meanwhile is a miss.
const REST: Duration = Duration::from_secs(1);

/// How much longer than its entries the list of them lives.
const SPARE: Duration = Duration::from_secs(60);

/// The entries of one service.
pub(super) struct Redis {
    client: Client,
    prefix: String,
    most: usize,
    link: Mutex<Link>,
}

/// The connection, and how it fared.
#[derive(Default)]
struct Link {
    connection: Option<Connection>,
    failed_at: Option<Instant>,
    failures: u64,
}

impl Redis {
    /// Connects to the Redis at `url`.
    ///
    /// # Errors
    /// No URL of a Redis, or nobody who answers there.
    pub(super) fn connect(url: &str, service: &str, most: usize) -> Result<Self> {
        // The URL may hold a password and is never told.
        let client = Client::open(url)
            .context("--redis is no URL of a Redis, such as redis://127.0.0.1:6379/0")?;
        let connection = open(&client).with_context(|| {
            let address = client.get_connection_info().addr();
            format!("cannot use the Redis at {address}: start one there, or name another --redis")
        })?;
        let link = Link {
            connection: Some(connection),
            ..Link::default()
        };
        Ok(Self {
            client,
            prefix: format!("gatecrash:{service}"),
            most,
            link: Mutex::new(link),
        })
    }

    /// The entry of a key.
    pub(super) fn get(&self, key: &str) -> Option<Entry> {
        let mut get = redis::cmd("GET");
        get.arg(self.full(key));
        let text: Option<String> = self.ask(|connection| get.query(connection))?;
        serde_json::from_str(&text?).ok()
    }

    /// Keeps an entry until `ttl` after it is ready, unless its key has one.
    pub(super) fn keep(&self, key: &str, entry: &Entry, ttl: Duration, at: Duration) {
        let Ok(text) = serde_json::to_string(entry) else {
            return;
        };
        let ends_at = entry.ready_at + ttl;
        let lives_ms = ms(ends_at.saturating_sub(at)).max(1);
        let list = self.list();
        let mut both = self.without_ended(at);
        both.cmd("SET").arg(self.full(key)).arg(text);
        both.arg("PX").arg(lives_ms).arg("NX").ignore();
        both.cmd("ZADD").arg(&list).arg("NX");
        both.arg(ms(ends_at)).arg(key).ignore();
        both.cmd("PEXPIRE")
            .arg(&list)
            .arg(lives_ms + ms(SPARE))
            .ignore();
        both.cmd("ZCARD").arg(&list);
        let count = self.ask(|connection| both.query::<(usize,)>(connection));
        if let Some((count,)) = count
            && count > self.most
        {
            self.make_room(count - self.most);
        }
    }

    /// Forgets all; says whether that could be done.
    pub(super) fn clear(&self) -> bool {
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.list()).arg(0).arg(-1);
        let keys: Option<Vec<String>> = self.ask(|connection| range.query(connection));
        let Some(keys) = keys else {
            return false;
        };
        let mut unlink = redis::cmd("UNLINK");
        unlink.arg(self.list());
        keys.iter().for_each(|key| {
            unlink.arg(self.full(key));
        });
        self.ask(|connection| unlink.exec(connection)).is_some()
    }

    /// How many there are; `None` where the Redis does not say.
    pub(super) fn count(&self, at: Duration) -> Option<usize> {
        let mut count = self.without_ended(at);
        count.cmd("ZCARD").arg(self.list());
        let (count,) = self.ask(|connection| count.query::<(usize,)>(connection))?;
        Some(count)
    }

    /// How often the Redis did not answer.
    pub(super) fn failures(&self) -> u64 {
        self.lock().failures
    }

    fn full(&self, key: &str) -> String {
        format!("{}:answer:{key}", self.prefix)
    }

    /// The key of the sorted set, which no answer has.
    fn list(&self) -> String {
        format!("{}:ends", self.prefix)
    }

    /// What is asked at once, all or nothing, of a list without what has ended.
    fn without_ended(&self, at: Duration) -> Pipeline {
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("ZREMRANGEBYSCORE").arg(self.list());
        pipeline.arg("-inf").arg(ms(at)).ignore();
        pipeline
    }

    /// Forgets the entries that end first.
    fn make_room(&self, count: usize) {
        let mut pop = redis::cmd("ZPOPMIN");
        pop.arg(self.list()).arg(count);
        let popped: Option<Vec<(String, f64)>> = self.ask(|connection| pop.query(connection));
        let Some(popped) = popped.filter(|popped| !popped.is_empty()) else {
            return;
        };
        let mut unlink = redis::cmd("UNLINK");
        popped.iter().for_each(|(key, _)| {
            unlink.arg(self.full(key));
        });
        self.ask(|connection| unlink.exec(connection));
    }

    /// Asks the Redis; `None` if it does not answer, or is left alone.
    fn ask<T>(&self, ask: impl FnOnce(&mut Connection) -> RedisResult<T>) -> Option<T> {
        let mut link = self.lock();
        let rests = link.failed_at.is_some_and(|at| now() < at + REST);
        if link.connection.is_none() && rests {
            return None;
        }
        let connection = match link.connection.take() {
            Some(connection) => Ok(connection),
            None => open(&self.client),
        };
        let asked = connection.and_then(|mut connection| {
            let answer = ask(&mut connection)?;
            Ok((answer, connection))
        });
        // A connection that failed is not used again: an answer that is late would be taken for
        // that to the next question.
        match asked {
            Ok((answer, connection)) => {
                link.connection = Some(connection);
                Some(answer)
            }
            Err(_) => {
                link.failed_at = Some(now());
                link.failures += 1;
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(client: &Client) -> RedisResult<Connection> {
    let connection = client.get_connection_with_timeout(TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    Ok(connection)
}

/// Milliseconds, which is what a Redis counts in.
fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
