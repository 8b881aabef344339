//! What the graph knows: passages about the endpoints of a shop, every time the same.
//!
//! In: nothing. Out: passages, each about one topic, which is a resource of a service. The
//! topics are the nodes of the graph: those of one service are neighbours, and those of one
//! resource. Never: more than it was made with.

use serde::{Deserialize, Serialize};

use super::words::{Vector, vector, words};
use crate::sqlite::{pick, pick_text};

/// The services, in the words that [`words`] makes of their names.
pub(super) const SERVICES: [&str; 12] = [
    "billing",
    "catalog",
    "identity",
    "inventory",
    "messaging",
    "ordering",
    "payment",
    "pricing",
    "reporting",
    "scheduling",
    "shipping",
    "support",
];

/// What services deal with, likewise.
pub(super) const RESOURCES: [&str; 20] = [
    "account", "address", "booking", "carrier", "contract", "coupon", "customer", "device",
    "discount", "invoice", "location", "message", "order", "parcel", "product", "refund", "report",
    "ticket", "token", "webhook",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const VERBS: [&str; 5] = ["reads", "creates", "replaces", "changes", "removes"];
const FIELDS: [&str; 12] = [
    "amount",
    "currency",
    "status",
    "reference",
    "due date",
    "owner",
    "priority",
    "language",
    "version",
    "limit",
    "signature",
    "time zone",
];
const STATUSES: [&str; 6] = ["400", "401", "404", "409", "422", "429"];
const REMEDIES: [&str; 4] = [
    "send it again with the field",
    "wait a second and try again",
    "ask the owner for access",
    "read the current version first",
];

/// What a passage tells, which is what a question can be after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Intent {
    Endpoint,
    Parameter,
    Example,
    Concept,
    Error,
}

/// Every intent.
const INTENTS: [Intent; 5] = [
    Intent::Endpoint,
    Intent::Parameter,
    Intent::Example,
    Intent::Concept,
    Intent::Error,
];

impl Intent {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Intent::Endpoint => "endpoint",
            Intent::Parameter => "parameter",
            Intent::Example => "example",
            Intent::Concept => "concept",
            Intent::Error => "error",
        }
    }
}

/// One passage.
pub(super) struct Passage {
    pub(super) intent: Intent,
    /// The place of its service in [`SERVICES`].
    pub(super) service: usize,
    /// The place of its resource in [`RESOURCES`].
    pub(super) resource: usize,
    pub(super) title: String,
    pub(super) text: String,
    /// The words of title and text.
    pub(super) words: Vec<String>,
    pub(super) vector: Vector,
}

/// All passages: for each topic one of each intent.
pub(super) fn passages() -> Vec<Passage> {
    let services = 0..SERVICES.len();
    let topics = services.flat_map(|service| (0..RESOURCES.len()).map(move |one| (service, one)));
    let all = topics.flat_map(|topic| INTENTS.map(|intent| (topic, intent)));
    let numbered = (0..).zip(all);
    numbered
        .map(|(row, ((service, resource), intent))| passage(row, service, resource, intent))
        .collect()
}

fn passage(row: u32, service: usize, resource: usize, intent: Intent) -> Passage {
    let (title, text) = told(row, SERVICES[service], RESOURCES[resource], intent);
    let words = words(&format!("{title} {text}"));
    let vector = vector(&words);
    Passage {
        intent,
        service,
        resource,
        title,
        text,
        words,
        vector,
    }
}

/// Title and text.
fn told(row: u32, service: &str, resource: &str, intent: Intent) -> (String, String) {
    let verb = pick(row, 0, VERBS.len() as u32) as usize;
    let (method, verb) = (METHODS[verb], VERBS[verb]);
    let field = pick_text(row, 1, &FIELDS);
    let path = format!("/{service}/{resource}s");
    match intent {
        Intent::Endpoint => (
            format!("{method} {path}"),
            format!("{verb} the {resource} by its {field}; a token of {service} is needed."),
        ),
        Intent::Parameter => (
            format!("The parameter {field} of {path}"),
            format!("sets the {field} of the {resource}; without it {service} takes the default."),
        ),
        Intent::Example => (
            format!("An example of {method} {path}"),
            format!("A call with the {field} answers with the {resource} and its number."),
        ),
        Intent::Concept => (
            format!("What a {resource} is in {service}"),
            format!(
                "A {resource} has one {field} and is kept for {} days.",
                30 * (1 + pick(row, 2, 12))
            ),
        ),
        Intent::Error => {
            let status = pick_text(row, 3, &STATUSES);
            let remedy = pick_text(row, 4, &REMEDIES);
            (
                format!("Error {status} of {path}"),
                format!("{service} refuses a {resource} without its {field}: {remedy}."),
            )
        }
    }
}

/// The places in [`SERVICES`] and in [`RESOURCES`] of those that are named.
pub(super) fn named(words: &[String]) -> (Vec<usize>, Vec<usize>) {
    let places = |names: &[&str]| {
        let all = names.iter().enumerate();
        all.filter(|(_, name)| words.iter().any(|word| word == *name))
            .map(|(place, _)| place)
            .collect()
    };
    (places(&SERVICES), places(&RESOURCES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_passage_of_every_intent_that_names_it() {
        let passages = passages();
        assert_eq!(passages.len(), 12 * 20 * 5);
        for passage in &passages {
            let (services, resources) = named(&passage.words);
            assert!(services.contains(&passage.service), "{}", passage.title);
            assert!(resources.contains(&passage.resource), "{}", passage.title);
        }
    }
}
