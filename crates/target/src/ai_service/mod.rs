//! An API on a language model: chats whole or as a stream of tokens, checks of invoices, matches
//! of projects.
//!
//! In: calls with a key. Out: JSON, and server-sent events. Chats have a cache; what it does not
//! know goes to a simulated model behind a bounded queue and a circuit breaker. Never: a language
//! model; answers follow from the messages.

mod access;
mod breaker;
mod chat;
mod dte;
mod model;
mod projects;

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::cache::Cache;
use crate::clock::now;
use crate::general::usual;
use crate::model_queue::ModelQueue;
use crate::options::TargetOptions;
use crate::rate_limit::RateLimit;
use crate::routes::{Call, Kind, Route};
use crate::services::{self, Gauge};

use breaker::{Breaker, Standing};
use projects::Project;

/// What the service remembers for all its threads.
pub(crate) struct State {
    admitted: Mutex<RateLimit>,
    breaker: Mutex<Breaker>,
    cache: Cache,
    model: ModelQueue,
    projects: Vec<Project>,
}

impl State {
    /// Opens the cache.
    ///
    /// # Errors
    /// A Redis that cannot be reached.
    pub(crate) fn prepare(options: &TargetOptions) -> Result<Self> {
        Ok(Self {
            admitted: Mutex::default(),
            breaker: Mutex::default(),
            cache: Cache::prepare(&options.cache, "ai-service")?,
            model: ModelQueue::new(options.model.slots, options.model.waiting),
            projects: projects::all(),
        })
    }

    /// The cache of chats.
    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What the service tells a Prometheus.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        let at = now();
        let mut gauges = self.cache.gauges();
        gauges.extend(self.model.load(at).gauges());
        let breaker = self.breaker();
        gauges.extend([
            Gauge {
                name: "circuit_breaker_state",
                help: "0 closed, 1 half-open, 2 open.",
                value: breaker.standing(at).level(),
            },
            Gauge {
                name: "circuit_breaker_trips",
                help: "How often the circuit breaker has opened.",
                value: breaker.trips() as f64,
            },
        ]);
        gauges
    }

    fn admitted(&self) -> MutexGuard<'_, RateLimit> {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/health", health),
        usual("POST", "/chat", chat::whole),
        usual("POST", "/chat/stream", chat::stream),
        usual("POST", "/dte/validate", dte::validate),
        usual("POST", "/projects/match", projects::matches),
        Route {
            method: "POST",
            pattern: "/admin/breaker",
            handler: set_breaker,
            kind: Kind::Uncounted,
        },
    ]
}

fn state<'a>(call: &Call<'a>) -> Result<&'a State, Answer> {
    match &call.worker.shared.state {
        services::State::AiService(service) => Ok(service),
        _ => Err(Answer::error(500, "this target is no ai-service")),
    }
}

/// `GET /health`: 200 as long as it serves at all, and how its parts fare.
fn health(call: &Call<'_>) -> Result<Reply, Answer> {
    let (state, at) = (state(call)?, now());
    let entries = state.cache.entries();
    let breaker = state.breaker();
    let standing = breaker.standing(at);
    let status = match standing {
        Standing::Open => "degraded",
        Standing::Closed | Standing::HalfOpen => "healthy",
    };
    let shown = json!({
        "status": status,
        "breaker": {
            "state": standing,
            "failures_in_a_row": breaker.failures_in_a_row(),
            "trips": breaker.trips(),
        },
        "cache": { "place": state.cache.place(), "entries": entries },
        "model": { "waiting": state.model.load(at).waiting },
    });
    Ok(model::tell(Answer::json(200, &shown), standing).into())
}

/// `{"state": "open" | "closed"}`: opens the breaker until it is closed by hand, or closes it.
fn set_breaker(call: &Call<'_>) -> Result<Reply, Answer> {
    #[derive(Deserialize)]
    struct Wanted {
        state: Standing,
    }
    let Wanted { state: wanted } = call.json()?;
    let mut breaker = state(call)?.breaker();
    match wanted {
        Standing::Open => breaker.hold_open(),
        Standing::Closed => breaker.close(),
        Standing::HalfOpen => return Err(Answer::error(422, "state must be open or closed")),
    }
    Ok(Answer::json(200, &json!({ "state": wanted })).into())
}
