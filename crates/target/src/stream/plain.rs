//! Plain events: `GET /sse`.
//!
//! In: tokens. Out: one unnamed event for each chunk of them, `event: reasoning` before, and
//! `event: done` at the end. Never: JSON.

use std::time::Duration;

use super::steps::{Form, Phase, TokenStream};
use super::wishes::Wishes;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

#[derive(Debug)]
struct Plain;

/// `GET /sse?tokens=20&pace=10ms&first=50ms`
pub(super) fn sse(call: &Call<'_>) -> Result<Reply, Answer> {
    let wishes = Wishes::read(call, None)?;
    let form = Box::new(Plain);
    Ok(Reply::Stream(TokenStream { form, wishes }))
}

/// So many tokens as plain events: the first one after `first`, the others `pace` apart.
pub(crate) fn tokens(tokens: u32, first: Duration, pace: Duration) -> TokenStream {
    let form = Box::new(Plain);
    let wishes = Wishes::steady(tokens, first, pace);
    TokenStream { form, wishes }
}

impl Form for Plain {
    /// A comment, so that the head does not travel alone.
    fn opening(&mut self) -> String {
        ": tokens follow\n\n".to_owned()
    }

    fn chunk(&mut self, phase: Phase, text: &str) -> String {
        let event = match phase {
            Phase::Reasoning => "event: reasoning\n",
            Phase::Visible => "",
        };
        format!("{event}data: {text}\n\n")
    }

    fn closing(&mut self) -> String {
        String::new()
    }

    fn end_mark(&self) -> &'static str {
        "event: done\ndata:\n\n"
    }
}
