//! Passages for a question.
//!
//! In: a question, and what it is after. Out: passages with their scores, and in which mode they
//! were found. Never: more of them than the mode gives.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::corpus::{Intent, RESOURCES, SERVICES};
use super::index::{Found, Fusion, Index, Question};
use super::mode::Mode;
use super::{QUERY_MAX, model, sized, state};
use crate::answer::{Answer, Reply};
use crate::latency::Latency;
use crate::routes::Call;

/// How long the reranker works on the passages of one question.
const RERANKER: Latency = Latency::Uniform {
    low: Duration::from_millis(200),
    high: Duration::from_millis(300),
};

/// Passages that the reranker looks at, for each one that is answered.
const CANDIDATES: usize = 2;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    query: String,
    intent: Option<Intent>,
    top_k: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Retrieved<'a> {
    query: &'a str,
    intent: Option<Intent>,
    mode: Mode,
    top_k: usize,
    fusion: Fusion,
    reranker: bool,
    results: Vec<Shown<'a>>,
}

/// A passage in an answer.
#[derive(Serialize)]
struct Shown<'a> {
    id: String,
    intent: Intent,
    service: &'a str,
    resource: &'a str,
    title: &'a str,
    text: &'a str,
    score: f32,
    signals: Signals,
}

#[derive(Serialize)]
struct Signals {
    lexical: f32,
    semantic: f32,
    graph: f32,
}

/// `POST /retrieve` with `{"query", "intent"?, "topK"?}`.
pub(super) fn retrieve(call: &Call<'_>) -> Result<Reply, Answer> {
    let wanted: Wanted = call.json()?;
    let query = sized("query", &wanted.query, QUERY_MAX)?;
    let state = state(call)?;
    let mode = state.mode();
    let top_k = wanted
        .top_k
        .map_or(mode.top_k(), |asked| asked.min(mode.top_k()));
    if top_k == 0 {
        return Err(Answer::error(422, "topK must be at least 1"));
    }
    // Asked first: who is refused need not be searched for.
    let takes = match mode.reranks() {
        true => model(call, RERANKER)?,
        false => Duration::ZERO,
    };
    let found = find(
        &state.index,
        &Question::new(query, wanted.intent),
        mode,
        top_k,
    );
    let answer = Answer::json(
        200,
        &Retrieved {
            query,
            intent: wanted.intent,
            mode,
            top_k,
            fusion: mode.fusion(),
            reranker: mode.reranks(),
            results: found.iter().map(|one| shown(&state.index, one)).collect(),
        },
    );
    Ok(answer.with("X-Mode", mode.name()).after(takes).into())
}

fn find(index: &Index, question: &Question, mode: Mode, top_k: usize) -> Vec<Found> {
    let mut found = index.search(question, mode.fusion());
    if mode.reranks() {
        found.truncate(CANDIDATES * top_k);
        index.rerank(question, &mut found);
    }
    found.truncate(top_k);
    found
}

fn shown<'a>(index: &'a Index, found: &Found) -> Shown<'a> {
    let passage = index.passage(found);
    let [lexical, semantic, graph] = found.signals;
    Shown {
        id: format!("passage-{}", found.place + 1),
        intent: passage.intent,
        service: SERVICES[passage.service],
        resource: RESOURCES[passage.resource],
        title: &passage.title,
        text: &passage.text,
        score: found.score,
        signals: Signals {
            lexical,
            semantic,
            graph,
        },
    }
}
