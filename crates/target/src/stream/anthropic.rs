//! Messages in Anthropic's form: `POST /v1/messages`.
//!
//! In: a conversation. Out: an answer, whole or as named events with `message_stop` at the end.
//! The reasoning phase is a block of its own, of the type `thinking`.

use serde_json::{Value, json};

use super::prompt::Question;
use super::steps::{Form, Phase, TokenStream};
use super::wishes::text;
use crate::answer::{Answer, Reply};
use crate::routes::Call;

/// `POST /v1/messages`
pub(super) fn messages(call: &Call<'_>) -> Result<Reply, Answer> {
    let question = Question::read(call)?;
    let wishes = question.wishes;
    if !question.prompt.stream {
        return Ok(Answer::json(200, &message(&question))
            .after(wishes.duration())
            .into());
    }
    let form = Box::new(Events {
        question,
        blocks: 0,
        phase: None,
    });
    Ok(Reply::Stream(TokenStream { form, wishes }))
}

fn message(question: &Question) -> Value {
    let wishes = question.wishes;
    let (reasoning, all) = (wishes.reasoning_total(), wishes.total());
    let mut content = Vec::new();
    if reasoning > 0 {
        content.push(json!({ "type": "thinking", "thinking": text(0, reasoning) }));
    }
    if all > reasoning {
        content.push(json!({ "type": "text", "text": text(reasoning, all) }));
    }
    envelope(question, &content, Some(stop_reason(question)), all)
}

fn envelope(
    question: &Question,
    content: &[Value],
    stop_reason: Option<&str>,
    output_tokens: u32,
) -> Value {
    // Other than in OpenAI's form the tokens from the cache stand beside the input tokens.
    let cached = question.cached_tokens();
    json!({
        "id": format!("msg_{}", question.number),
        "type": "message",
        "role": "assistant",
        "model": question.prompt.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": question.prompt_tokens() - cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "output_tokens": output_tokens,
        },
    })
}

fn stop_reason(question: &Question) -> &'static str {
    if question.limited {
        "max_tokens"
    } else {
        "end_turn"
    }
}

#[derive(Debug)]
struct Events {
    question: Question,
    /// Blocks that have begun.
    blocks: u32,
    /// The phase of the block that is open.
    phase: Option<Phase>,
}

impl Events {
    /// Ends the open block, if there is one.
    fn end_block(&mut self) -> String {
        match self.phase.take() {
            None => String::new(),
            Some(_) => event("content_block_stop", json!({ "index": self.blocks - 1 })),
        }
    }

    fn begin_block(&mut self, phase: Phase) -> String {
        let block = match phase {
            Phase::Reasoning => json!({ "type": "thinking", "thinking": "" }),
            Phase::Visible => json!({ "type": "text", "text": "" }),
        };
        let index = self.blocks;
        self.blocks += 1;
        self.phase = Some(phase);
        let begun = json!({ "index": index, "content_block": block });
        event("content_block_start", begun)
    }
}

impl Form for Events {
    fn opening(&mut self) -> String {
        let message = envelope(&self.question, &[], None, 0);
        event("message_start", json!({ "message": message })) + &event("ping", json!({}))
    }

    fn chunk(&mut self, phase: Phase, text: &str) -> String {
        let mut said = String::new();
        if self.phase != Some(phase) {
            said = self.end_block() + &self.begin_block(phase);
        }
        let delta = match phase {
            Phase::Reasoning => json!({ "type": "thinking_delta", "thinking": text }),
            Phase::Visible => json!({ "type": "text_delta", "text": text }),
        };
        let index = self.blocks - 1;
        said + &event(
            "content_block_delta",
            json!({ "index": index, "delta": delta }),
        )
    }

    fn closing(&mut self) -> String {
        let delta = json!({
            "delta": { "stop_reason": stop_reason(&self.question), "stop_sequence": null },
            "usage": { "output_tokens": self.question.wishes.total() },
        });
        self.end_block() + &event("message_delta", delta)
    }

    fn end_mark(&self) -> &'static str {
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    }
}

/// An event whose data name its type too.
fn event(kind: &str, mut data: Value) -> String {
    data["type"] = kind.into();
    format!("event: {kind}\ndata: {data}\n\n")
}
