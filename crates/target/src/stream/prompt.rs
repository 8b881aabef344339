//! What the APIs of language models have in common: a conversation comes in.
//!
//! In: the JSON of a request. Out: its model, its length and its limit. Never: an answer's text
//! that depends on what was asked.

use serde::Deserialize;
use serde_json::Value;

use super::wishes::Wishes;
use crate::answer::Answer;
use crate::routes::Call;

/// What both APIs ask with.
#[derive(Debug, Deserialize)]
pub(super) struct Prompt {
    #[serde(default = "default_model")]
    pub(super) model: String,
    messages: Vec<Message>,
    /// What Anthropic's API has instead of a first message.
    system: Option<Value>,
    max_tokens: Option<u32>,
    /// The newer name of `max_tokens` in OpenAI's API.
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    stream_options: StreamOptions,
}

fn default_model() -> String {
    "gatecrash".to_owned()
}

#[derive(Debug, Deserialize)]
struct Message {
    content: Value,
}

#[derive(Debug, Default, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// A question, and the answer that it asks for.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) prompt: Prompt,
    pub(super) wishes: Wishes,
    /// Whether the tokens end because of the limit that the prompt sets.
    pub(super) limited: bool,
    /// How many questions this endpoint had before.
    pub(super) number: u64,
}

impl Question {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Answer> {
        let body: Value = call.json()?;
        let mut wishes = Wishes::read(call, Some(&body))?;
        let prompt = Prompt::deserialize(&body)
            .map_err(|error| Answer::error(422, format!("the body is no conversation: {error}")))?;
        if prompt.messages.is_empty() {
            return Err(Answer::error(422, "messages must not be empty"));
        }
        if !prompt.stream && (wishes.cut.is_some() || wishes.no_end) {
            return Err(Answer::error(422, "cut and no_end need \"stream\": true"));
        }
        let limited = wishes.limit(prompt.max_completion_tokens.or(prompt.max_tokens));
        Ok(Self {
            prompt,
            wishes,
            limited,
            number: call.ordinal,
        })
    }

    pub(super) fn includes_usage(&self) -> bool {
        self.prompt.stream_options.include_usage
    }

    /// The tokens of the conversation: its words, so that the answers of a conversation that
    /// keeps its history are counted as what they were.
    pub(super) fn prompt_tokens(&self) -> usize {
        let contents = self.prompt.messages.iter().map(|message| &message.content);
        contents.chain(&self.prompt.system).map(words).sum()
    }

    /// Of these the ones that come from a cache, as was wished for.
    pub(super) fn cached_tokens(&self) -> usize {
        self.prompt_tokens().min(self.wishes.cached as usize)
    }
}

/// The words of a content: a text, or parts that hold texts.
fn words(content: &Value) -> usize {
    match content {
        Value::String(text) => text.split_whitespace().count(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.get("text"))
            .map(words)
            .sum(),
        _ => 0,
    }
}
