//! The API of a knowledge graph: retrieval over passages, extraction from texts, facets.
//!
//! In: calls. Out: what a small real search finds, after the time that models take. Degraded, it
//! does without the reranker, looks at fewer passages and fuses ranks; the answers say so.
//! Never: a model; how long one would work is drawn.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::clock::now;
use crate::general::usual;
use crate::latency::Latency;
use crate::model_queue::ModelQueue;
use crate::options::TargetOptions;
use crate::routes::{Call, Kind, Route};
use crate::services::{self, Gauge};

mod corpus;
mod extract;
mod facets;
mod index;
mod mode;
mod retrieve;
mod words;

use index::Index;
use mode::Mode;

/// Characters of a question, and of a text to extract from.
const QUERY_MAX: usize = 1000;
const TEXT_MAX: usize = 20_000;

/// What the graph remembers for all its threads.
pub(crate) struct State {
    index: Index,
    mode: Mutex<Mode>,
    /// In front of the machine that all models share.
    models: ModelQueue,
}

impl State {
    pub(crate) fn prepare(options: &TargetOptions) -> Self {
        Self {
            index: Index::new(),
            mode: Mutex::default(),
            models: ModelQueue::new(options.model.slots, options.model.waiting),
        }
    }

    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switch(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// What a Prometheus is told.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        let gauge = |name, help, value| Gauge { name, help, value };
        let mode = self.mode();
        let mut gauges = self.models.load(now()).gauges();
        gauges.extend([
            gauge(
                "kg_degraded",
                "1 in the degraded mode, else 0.",
                f64::from(u8::from(mode == Mode::Degraded)),
            ),
            gauge(
                "kg_top_k",
                "Results of an answer at most.",
                mode.top_k() as f64,
            ),
            gauge(
                "kg_passages",
                "Passages of the graph.",
                self.index.len() as f64,
            ),
        ]);
        gauges
    }
}

/// The graph's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("POST", "/retrieve", retrieve::retrieve),
        usual("POST", "/extract/{kind}", extract::extract),
        usual("POST", "/facets/generate", facets::generate),
        usual("GET", "/health", health),
        Route {
            method: "POST",
            pattern: "/admin/reload",
            handler: mode::reload,
            kind: Kind::Uncounted,
        },
    ]
}

/// `GET /health`
fn health(call: &Call<'_>) -> Result<Reply, Answer> {
    let state = state(call)?;
    let shown = json!({ "status": "ok", "mode": state.mode(), "passages": state.index.len() });
    Ok(Answer::json(200, &shown).into())
}

fn state<'a>(call: &Call<'a>) -> Result<&'a State, Answer> {
    match &call.worker.shared.state {
        services::State::KnowledgeGraph(graph) => Ok(graph),
        _ => Err(Answer::error(500, "this target is no knowledge graph")),
    }
}

/// How long a model takes that works for `usual`, with waiting for it; 503 where too many wait.
fn model(call: &Call<'_>, usual: Latency) -> Result<Duration, Answer> {
    let work = call.model_time(usual);
    Ok(state(call)?.models.admit(now(), work)?.takes)
}

/// `text`, if it says something and is not too long.
fn sized<'a>(name: &str, text: &'a str, most: usize) -> Result<&'a str, Answer> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Answer::error(422, format!("{name} is empty"))),
        long if long > most => {
            let reason = format!("{name} has {long} characters; at most {most} are taken");
            Err(Answer::error(422, reason))
        }
        _ => Ok(text),
    }
}
