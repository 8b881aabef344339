//! By what the passages for a question can be narrowed down.
//!
//! In: a question. Out: how many passages there are of each intent, service and resource.
//! Never: a facet without a passage.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::corpus::{Intent, Passage, RESOURCES, SERVICES};
use super::index::Question;
use super::{QUERY_MAX, model, sized, state};
use crate::answer::{Answer, Reply};
use crate::latency::Latency;
use crate::routes::Call;

/// How long the model works that names facets.
const NAMER: Latency = Latency::Uniform {
    low: Duration::from_millis(200),
    high: Duration::from_millis(500),
};

/// Values of a facet at most.
const VALUES_MAX: usize = 10;

#[derive(Deserialize)]
struct Wanted {
    query: String,
    intent: Option<Intent>,
}

/// `POST /facets/generate` with `{"query", "intent"?}`.
pub(super) fn generate(call: &Call<'_>) -> Result<Reply, Answer> {
    let wanted: Wanted = call.json()?;
    let query = sized("query", &wanted.query, QUERY_MAX)?;
    let state = state(call)?;
    let takes = model(call, NAMER)?;
    let question = Question::new(query, wanted.intent);
    let matches: Vec<&Passage> = state.index.matches(&question).collect();
    let shown = json!({
        "query": query,
        "matches": matches.len(),
        "facets": {
            "intent": counted(&matches, |one| one.intent.name()),
            "service": counted(&matches, |one| SERVICES[one.service]),
            "resource": counted(&matches, |one| RESOURCES[one.resource]),
        },
    });
    Ok(Answer::json(200, &shown).after(takes).into())
}

/// The most frequent values, those first.
fn counted(passages: &[&Passage], value: impl Fn(&Passage) -> &'static str) -> Vec<Value> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for passage in passages {
        *counts.entry(value(passage)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, two| two.1.cmp(&one.1).then(one.0.cmp(two.0)));
    counts.truncate(VALUES_MAX);
    let told = |(value, count)| json!({ "value": value, "count": count });
    counts.into_iter().map(told).collect()
}
