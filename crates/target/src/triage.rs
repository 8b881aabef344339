//! The API of a triage desk: a message goes in, and a slow model says how urgent it is.
//!
//! In: calls. Out: JSON, which tells how long the message waited for the model and how long the
//! model took. Never: a hidden queue. `/health` and the page of metrics tell how full it is, and
//! who finds it full is refused.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{Answer, Reply};
use crate::clock::now;
use crate::draw::mix;
use crate::general::usual;
use crate::latency::Latency;
use crate::model_queue::{Load, ModelQueue};
use crate::options::ModelOptions;
use crate::routes::{Call, Route};
use crate::services;

/// How long the model takes unless the target was asked for another time. With 64 slots that is
/// 6,400 messages per second: more than is asked of a service that is not what is measured.
const MODEL_TIME: Latency = Latency::Uniform {
    low: Duration::from_millis(5),
    high: Duration::from_millis(15),
};

/// Bytes of a message.
const MESSAGE_MAX: usize = 4000;

/// What the desk remembers for all its threads.
pub(crate) struct State {
    model: ModelQueue,
}

impl State {
    pub(crate) fn new(model: ModelOptions) -> Self {
        Self {
            model: ModelQueue::new(model.slots, model.waiting),
        }
    }

    /// How full the model and its queue are.
    pub(crate) fn load(&self) -> Load {
        self.model.load(now())
    }
}

/// The desk's routes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        usual("GET", "/health", health),
        usual("POST", "/triage", triage),
    ]
}

fn state<'a>(call: &Call<'a>) -> Result<&'a State, Answer> {
    match &call.worker.shared.state {
        services::State::Triage(triage) => Ok(triage),
        _ => Err(Answer::error(500, "this target is no triage desk")),
    }
}

/// `GET /health`: it is well, and so full.
fn health(call: &Call<'_>) -> Result<Reply, Answer> {
    let shown = json!({ "status": "ok", "model": state(call)?.load() });
    Ok(Answer::json(200, &shown).into())
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[derive(Serialize)]
struct Triaged {
    response: &'static str,
    urgency: &'static str,
    trace_id: String,
    queue: Waited,
    model_ms: f64,
}

/// What the message found in the queue.
#[derive(Serialize)]
struct Waited {
    ahead: usize,
    waited_ms: f64,
}

/// `POST /triage` with `message`: the answer comes when the model is done with it, or 503 at once
/// if there is no place to wait.
fn triage(call: &Call<'_>) -> Result<Reply, Answer> {
    let Message { message } = call.json()?;
    if message.trim().is_empty() || message.len() > MESSAGE_MAX {
        let reason = format!("message must be a text of 1 to {MESSAGE_MAX} bytes");
        return Err(Answer::error(422, reason));
    }
    let work = call.model_time(MODEL_TIME);
    let place = state(call)?.model.admit(now(), work)?;
    let (urgency, response) = advice(&message);
    let triaged = Triaged {
        response,
        urgency,
        trace_id: trace_id(call),
        queue: Waited {
            ahead: place.ahead,
            waited_ms: place.waits.as_secs_f64() * 1000.0,
        },
        model_ms: work.as_secs_f64() * 1000.0,
    };
    Ok(Answer::json(200, &triaged).after(place.takes).into())
}

/// How urgent a message sounds, and what is said to it. A play of words, no medicine.
fn advice(message: &str) -> (&'static str, &'static str) {
    const EMERGENCY: [&str; 3] = ["chest pain", "unconscious", "cannot breathe"];
    const URGENT: [&str; 3] = ["fever", "bleeding", "dizzy"];
    let message = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&EMERGENCY) {
        ("emergency", "Call an ambulance now.")
    } else if has(&URGENT) {
        ("urgent", "Come to the practice today.")
    } else {
        ("routine", "Take an appointment in the next weeks.")
    }
}

/// The trace that the request belongs to, or one of its own.
fn trace_id(call: &Call<'_>) -> String {
    let mut headers = call.head().values("traceparent");
    let given = headers.next().and_then(trace_of).map(str::to_owned);
    given.unwrap_or_else(|| {
        let high = mix(call.worker.shared.options.seed ^ mix(call.ordinal));
        format!("{high:016x}{:016x}", mix(high))
    })
}

/// The trace's id in a `traceparent` (W3C Trace Context, section 3.2): `00-ID-SPAN-FLAGS`, where
/// ID is of 32 hexadecimal digits that are not all 0.
fn trace_of(header: &[u8]) -> Option<&str> {
    let id = std::str::from_utf8(header).ok()?.split('-').nth(1)?;
    let lower_hex = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let is_id =
        id.len() == 32 && id.bytes().all(lower_hex) && id.bytes().any(|digit| digit != b'0');
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_taken_from_a_sound_header_alone() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let header = |id: &str| format!("00-{id}-00f067aa0ba902b7-01");
        assert_eq!(trace_of(header(id).as_bytes()), Some(id));
        for wrong in [&"0".repeat(32), &id.to_uppercase(), &id[1..], ""] {
            assert_eq!(trace_of(header(wrong).as_bytes()), None, "{wrong}");
        }
        assert_eq!(trace_of(b"4bf92f3577b34da6a3ce929d0e0e4736"), None);
    }
}
