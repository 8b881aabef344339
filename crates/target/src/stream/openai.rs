//! Chat completions in OpenAI's form: `POST /v1/chat/completions`.
//!
//! In: a conversation. Out: an answer, whole or as chunks with `data: [DONE]` at the end.
//! The reasoning phase comes as `reasoning_content`, as the open servers send it.

use serde_json::{Value, json};

use super::prompt::Question;
use super::steps::{Form, Phase, TokenStream};
use super::wishes::text;
use crate::answer::{Answer, Reply};
use crate::clock::unix_time;
use crate::routes::Call;

/// `POST /v1/chat/completions`
pub(super) fn chat(call: &Call<'_>) -> Result<Reply, Answer> {
    let question = Question::read(call)?;
    let wishes = question.wishes;
    if !question.prompt.stream {
        return Ok(Answer::json(200, &completion(&question))
            .after(wishes.duration())
            .into());
    }
    let form = Box::new(Chunks {
        created: unix_time().as_secs(),
        question,
    });
    Ok(Reply::Stream(TokenStream { form, wishes }))
}

fn completion(question: &Question) -> Value {
    let wishes = question.wishes;
    let (reasoning, all) = (wishes.reasoning_total(), wishes.total());
    let mut message = json!({ "role": "assistant", "content": text(reasoning, all) });
    if reasoning > 0 {
        message["reasoning_content"] = text(0, reasoning).into();
    }
    json!({
        "id": id(question),
        "object": "chat.completion",
        "created": unix_time().as_secs(),
        "model": question.prompt.model,
        "choices": [{ "index": 0, "message": message, "finish_reason": finish_reason(question) }],
        "usage": usage(question),
    })
}

fn id(question: &Question) -> String {
    format!("chatcmpl-{}", question.number)
}

fn finish_reason(question: &Question) -> &'static str {
    if question.limited { "length" } else { "stop" }
}

fn usage(question: &Question) -> Value {
    let (asked, answered) = (question.prompt_tokens(), question.wishes.total());
    json!({
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered as usize,
        "prompt_tokens_details": { "cached_tokens": question.cached_tokens() },
        "completion_tokens_details": { "reasoning_tokens": question.wishes.reasoning_total() },
    })
}

#[derive(Debug)]
struct Chunks {
    question: Question,
    created: u64,
}

impl Chunks {
    fn event(&self, choices: Value, usage: Option<Value>) -> String {
        let mut chunk = json!({
            "id": id(&self.question),
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.question.prompt.model,
            "choices": choices,
        });
        // Where usage is asked for, every chunk has the field; all but the last one say nothing.
        if self.question.includes_usage() {
            chunk["usage"] = usage.unwrap_or(Value::Null);
        }
        format!("data: {chunk}\n\n")
    }

    fn delta(&self, delta: Value, finish_reason: Option<&str>) -> String {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
        self.event(json!([choice]), None)
    }
}

impl Form for Chunks {
    /// A chunk that names the role and holds no token.
    fn opening(&mut self) -> String {
        self.delta(json!({ "role": "assistant", "content": "" }), None)
    }

    fn chunk(&mut self, phase: Phase, text: &str) -> String {
        let field = match phase {
            Phase::Reasoning => "reasoning_content",
            Phase::Visible => "content",
        };
        self.delta(json!({ field: text }), None)
    }

    fn closing(&mut self) -> String {
        let mut said = self.delta(json!({}), Some(finish_reason(&self.question)));
        if self.question.includes_usage() {
            said += &self.event(json!([]), Some(usage(&self.question)));
        }
        said
    }

    fn end_mark(&self) -> &'static str {
        "data: [DONE]\n\n"
    }
}
