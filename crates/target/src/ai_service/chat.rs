//! Chats: an answer as a whole, which may come from the cache, or token by token.
//!
//! In: messages. Out: answers that follow from them. Never: more of a message in memory than the
//! cache holds.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::access::admit;
use super::{model, state};
use crate::answer::{Answer, Reply};
use crate::cache::Found;
use crate::clock::now;
use crate::routes::Call;
use crate::stream::plain_tokens;

/// Bytes of a message at most.
const MESSAGE_MAX: usize = 4000;

/// Tokens of a streamed answer.
const TOKENS: u32 = 24;

/// From one token to the next.
const PACE: Duration = Duration::from_millis(2);

#[derive(Deserialize)]
struct Question {
    message: String,
}

impl Question {
    fn read(call: &Call<'_>) -> Result<Self, Answer> {
        let question: Self = call.json()?;
        if !(1..=MESSAGE_MAX).contains(&question.message.trim().len()) {
            let reason = format!("message must be 1 to {MESSAGE_MAX} bytes");
            return Err(Answer::error(422, reason));
        }
        Ok(question)
    }

    /// What the model would say.
    fn answer(&self) -> String {
        format!("This is what is known about it: {}", self.message.trim())
    }
}

/// `POST /chat` with `message`. What the cache knows does not need the model, and comes even while
/// the breaker is open.
pub(super) fn whole(call: &Call<'_>) -> Result<Reply, Answer> {
    admit(call)?;
    let (question, cache) = (Question::read(call)?, &state(call)?.cache);
    let key = question.message.trim();
    let told = match cache.find(key) {
        Found::Hit { answer, age } => {
            let age_s = age.as_secs().to_string();
            return Ok(said(call, &answer, "HIT")?.with("Age", age_s).into());
        }
        Found::Miss => "MISS",
        Found::Off => "BYPASS",
    };
    let late = model::ask(call, Duration::ZERO)?;
    let answer = question.answer();
    cache.keep(key, answer.clone(), late);
    Ok(said(call, &answer, told)?.after(late).into())
}

/// An answer, where it comes from, and how the breaker stands.
fn said(call: &Call<'_>, answer: &str, from: &'static str) -> Result<Answer, Answer> {
    let shown = json!({ "response": answer, "tokens": answer.split_whitespace().count() });
    let standing = state(call)?.breaker().standing(now());
    Ok(model::tell(Answer::json(200, &shown), standing).with("X-Cache", from))
}

/// `POST /chat/stream` with `message`: plain events, a token each, and `event: done`.
pub(super) fn stream(call: &Call<'_>) -> Result<Reply, Answer> {
    admit(call)?;
    Question::read(call)?;
    let pace = PACE.mul_f64(call.worker.shared.options.slow);
    let first = model::ask(call, pace * (TOKENS - 1))?;
    Ok(Reply::Stream(plain_tokens(TOKENS, first, pace)))
}
