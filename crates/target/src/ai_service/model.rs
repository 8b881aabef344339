//! The simulated model: when it may be asked, and how long it takes.
//!
//! In: calls that need it. Out: how long until its first word, or a refusal that says why.
//! Never: an answer's text.

use std::time::Duration;

use super::breaker::Standing;
use super::state;
use crate::answer::Answer;
use crate::clock::now;
use crate::latency::Latency;
use crate::routes::Call;

/// How long the model works until its first word, unless told: the mock that a test of a client
/// needs. A real one takes a second or more (`--model-time lognormal:1.5s,0.4`).
const TIME: Latency = Latency::LogNormal {
    median: Duration::from_millis(20),
    sigma: 0.3,
    max: Duration::from_secs(1),
};

/// The header that tells how the breaker stands.
const BREAKER_HEADER: &str = "X-Circuit-Breaker";

/// Takes a place in the model's queue for an answer that takes `speaking` after its first word.
/// Gives the time until that word: waiting and work.
///
/// A model that fails does so at once.
pub(super) fn ask(call: &Call<'_>, speaking: Duration) -> Result<Duration, Answer> {
    let (state, at) = (state(call)?, now());
    let mut breaker = state.breaker();
    let standing = breaker.standing(at);
    if standing == Standing::Open {
        let retry_after_s = breaker.retry_after(at).as_secs_f64().ceil();
        let refusal = Answer::error(503, "the model has failed too often: the breaker is open");
        return Err(tell(refusal, standing).with("Retry-After", retry_after_s.to_string()));
    }
    let fails = call.model_fails();
    breaker.learn(fails, at);
    let standing = breaker.standing(at);
    drop(breaker);
    if fails {
        return Err(tell(Answer::error(502, "the model has failed"), standing));
    }
    let thinking = call.model_time(TIME);
    let place = state.model.admit(at, thinking + speaking);
    let place = place.map_err(|refusal| tell(refusal, standing))?;
    Ok(place.waits + thinking)
}

/// Tells how the breaker stands.
pub(super) fn tell(answer: Answer, standing: Standing) -> Answer {
    answer.with(BREAKER_HEADER, standing.name())
}
