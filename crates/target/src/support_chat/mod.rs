//! A support chat: questions to a slow model, behind a cache of answers and a bounded queue.
//!
//! In: a message, and what was said before. Out: an answer that tells where it comes from, what
//! it used, and how much of its time was the model's. Never: an answer that depends on anything
//! but the question.

mod question;
mod words;

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::cache::{Cache, Found};
use crate::clock::now;
use crate::general::usual;
use crate::latency::Latency;
use crate::model_queue::{ModelQueue, Place};
use crate::options::TargetOptions;
use crate::routes::{Call, Route};
use crate::services::{self, Gauge};

use question::Question;

/// How long the model works, unless told otherwise.
const MODEL_TIME: Latency = Latency::LogNormal {
    median: Duration::from_secs(2),
    sigma: 0.3,
    max: Duration::from_secs(10),
};

/// What the support chat remembers for all its threads.
pub(crate) struct State {
    cache: Cache,
    model: ModelQueue,
}

/// An answer as it is cached.
#[derive(Debug, Deserialize, Serialize)]
struct Made {
    answer: String,
    prompt_tokens: usize,
    completion_tokens: usize,
}

impl State {
    /// Opens the cache.
    ///
    /// # Errors
    /// A Redis that cannot be reached.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<Self> {
        Ok(Self {
            cache: Cache::prepare(&options.cache, "support-chat")?,
            model: ModelQueue::new(options.model.slots, options.model.waiting),
        })
    }

    /// The cache of answers.
    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What is told to a Prometheus.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        let mut gauges = self.cache.gauges();
        gauges.extend(self.model.load(now()).gauges());
        gauges
    }
}

/// The support chat's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/health", health),
        usual("POST", "/chat", chat),
    ]
}

fn state<'a>(call: &Call<'a>) -> Result<&'a State, Answer> {
    match &call.worker.shared.state {
        services::State::SupportChat(chat) => Ok(chat),
        _ => Err(Answer::error(500, "this target is no support chat")),
    }
}

/// `GET /health`: `degraded` where the cache cannot be reached, and every answer costs its time.
fn health(call: &Call<'_>) -> Result<Reply, Answer> {
    let chat = state(call)?;
    let entries = chat.cache.entries();
    let status = if entries.is_some() { "ok" } else { "degraded" };
    let shown = json!({
        "status": status,
        "cache": chat.cache.place(),
        "cache_entries": entries,
        "model_queue_waiting": chat.model.load(now()).waiting,
    });
    Ok(Answer::json(200, &shown).into())
}

/// `POST /chat` with `message` and, if there was one, the `history` of the conversation.
fn chat(call: &Call<'_>) -> Result<Reply, Answer> {
    let began = now();
    let chat = state(call)?;
    let question = Question::read(call)?;
    let key = question.key();
    let told = match chat.cache.find(&key) {
        Found::Hit { answer, age } => match serde_json::from_str(&answer) {
            Ok(made) => return Ok(from_cache(&made, age, began).into()),
            // Another release has written it.
            Err(_) => "MISS",
        },
        Found::Miss => "MISS",
        Found::Off => "BYPASS",
    };
    let work = call.model_time(MODEL_TIME);
    let place = chat.model.admit(now(), work)?;
    let made = question.answered();
    if let Ok(kept) = serde_json::to_string(&made) {
        chat.cache.keep(&key, kept, place.takes);
    }
    let answer = told_with(&made, false, &Times::of_model(place, began));
    Ok(answer.with("X-Cache", told).after(place.takes).into())
}

fn from_cache(made: &Made, age: Duration, began: Instant) -> Answer {
    told_with(made, true, &Times::of_cache(began))
        .with("X-Cache", "HIT")
        .with("Age", age.as_secs().to_string())
}

/// The answer, and the tokens that it used: one from the cache used none.
fn told_with(made: &Made, cached: bool, times: &Times) -> Answer {
    let (prompt, completion) = match cached {
        true => (0, 0),
        false => (made.prompt_tokens, made.completion_tokens),
    };
    let shown = json!({
        "answer": made.answer,
        "cached": cached,
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
        "time": times,
    });
    Answer::json(200, &shown)
}

/// Where the time of an answer goes. What `--latency` adds is not in it: that is outside the
/// service.
#[derive(Debug, Serialize)]
struct Times {
    /// Waiting for the model.
    queue_ms: f64,
    /// The model's own.
    model_ms: f64,
    /// Everything else: reading, looking into the cache.
    other_ms: f64,
    /// The model's part of all of it, from 0 to 1.
    model_share: f64,
}

impl Times {
    fn of_model(place: Place, began: Instant) -> Self {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let (queue_ms, model_ms) = (ms(place.waits), ms(place.takes - place.waits));
        let other_ms = ms(now() - began);
        let all_ms = queue_ms + model_ms + other_ms;
        Self {
            queue_ms,
            model_ms,
            other_ms,
            model_share: if all_ms > 0.0 { model_ms / all_ms } else { 0.0 },
        }
    }

    fn of_cache(began: Instant) -> Self {
        let nothing = Place {
            ahead: 0,
            waits: Duration::ZERO,
            takes: Duration::ZERO,
        };
        Self::of_model(nothing, began)
    }
}
