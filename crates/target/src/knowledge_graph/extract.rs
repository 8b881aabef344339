//! What a text speaks of: entities, how they are related, or its weightiest words.
//!
//! In: a text. Out: a list. Never: an entity that the graph does not know.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::corpus::{RESOURCES, SERVICES, named};
use super::index::Index;
use super::words::words;
use super::{TEXT_MAX, model, sized, state};
use crate::answer::{Answer, Reply};
use crate::latency::Latency;
use crate::routes::Call;

/// How long the extracting model works on one text.
const EXTRACTOR: Latency = Latency::Uniform {
    low: Duration::from_millis(300),
    high: Duration::from_millis(700),
};

/// Entries of an answer at most.
const ITEMS_MAX: usize = 50;

#[derive(Deserialize)]
struct Wanted {
    text: String,
}

/// `POST /extract/{entities | relations | terms}` with `{"text"}`.
pub(super) fn extract(call: &Call<'_>) -> Result<Reply, Answer> {
    let state = state(call)?;
    let kind = call.captured(0);
    let wanted: Wanted = call.json()?;
    let text = sized("text", &wanted.text, TEXT_MAX)?;
    let mut items = match kind.as_str() {
        "entities" => entities(text),
        "relations" => relations(text),
        "terms" => terms(text, &state.index),
        _ => {
            let reason =
                format!("there are entities, relations and terms to extract, not {kind:?}");
            return Err(Answer::error(404, reason));
        }
    };
    items.truncate(ITEMS_MAX);
    let takes = model(call, EXTRACTOR)?;
    let answer = Answer::json(200, &json!({ "kind": kind, "items": items }));
    Ok(answer.after(takes).into())
}

/// The services and resources that are named.
fn entities(text: &str) -> Vec<Value> {
    let (services, resources) = named(&words(text));
    let entity = |kind: &str, name: &str| json!({ "kind": kind, "name": name });
    let services = services
        .into_iter()
        .map(|one| entity("service", SERVICES[one]));
    let resources = resources
        .into_iter()
        .map(|one| entity("resource", RESOURCES[one]));
    services.chain(resources).collect()
}

/// A service handles a resource where one sentence names both.
fn relations(text: &str) -> Vec<Value> {
    let mut found = BTreeMap::new();
    for sentence in text.split(['.', '?', '!', '\n']) {
        let (services, resources) = named(&words(sentence));
        for service in services {
            for resource in &resources {
                *found
                    .entry((SERVICES[service], RESOURCES[*resource]))
                    .or_insert(0_u32) += 1;
            }
        }
    }
    let told = |((service, resource), sentences): ((&str, &str), u32)| json!({ "from": service, "relation": "handles", "to": resource, "sentences": sentences });
    found.into_iter().map(told).collect()
}

/// The words that the graph knows, those that tell most first.
fn terms(text: &str, index: &Index) -> Vec<Value> {
    let mut counts = BTreeMap::new();
    for word in words(text) {
        *counts.entry(word).or_insert(0_u32) += 1;
    }
    let weighted = counts.into_iter().map(|(word, count)| {
        let weight = index.weight(&word) * count as f32;
        (word, weight)
    });
    let mut terms: Vec<_> = weighted.filter(|(_, weight)| *weight > 0.0).collect();
    // Stable: equal ones stay in the order of the alphabet.
    terms.sort_by(|one, two| two.1.total_cmp(&one.1));
    let told = |(word, weight)| json!({ "term": word, "weight": weight });
    terms.into_iter().map(told).collect()
}
