//! What an event of a stream means: three forms, each a description of what its servers send.
//!
//! - plain server-sent events: any data is content; the stream ends with the body;
//! - OpenAI's chat and text completions
//!   (<https://platform.openai.com/docs/api-reference/chat-streaming>): the deltas of the
//!   choices, `usage` in a chunk of its own, then `[DONE]`;
//! - Anthropic's messages (<https://docs.anthropic.com/en/docs/build-with-claude/streaming>):
//!   the usage of the prompt in `message_start`, `content_block_delta`, the running usage in
//!   `message_delta`, then `message_stop`.

use std::borrow::Cow;

use gatecrash_net::sse::Event;
use gatecrash_plan::model::StreamForm;
use serde::Deserialize;

use crate::noted::{RawUsage, Usage};

/// What an event means for the measures.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Meaning<'a> {
    /// It carries output of the model, whatever kind.
    pub(super) content: bool,
    /// Its text, where that is for the reader to see.
    pub(super) visible: Option<Cow<'a, str>>,
    /// All tokens so far, as the server counts them.
    pub(super) usage: Usage,
    /// It is the end mark.
    pub(super) is_end: bool,
    /// It says that the answer failed.
    pub(super) fault: Option<&'static str>,
}

/// What an event means in a form.
pub(super) fn meaning<'a>(form: StreamForm, event: &'a Event<'_>) -> Meaning<'a> {
    match form {
        StreamForm::Sse => Meaning {
            content: !event.data.is_empty(),
            visible: (!event.data.is_empty()).then(|| event.data.into()),
            ..Meaning::default()
        },
        StreamForm::OpenAi => open_ai(event.data),
        StreamForm::Anthropic => anthropic(event.data),
    }
}

fn broken<'a>() -> Meaning<'a> {
    Meaning {
        fault: Some("stream: an event is not JSON of its form"),
        ..Meaning::default()
    }
}

/// A text that is there and not empty.
fn filled<'a>(text: Option<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    text.filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    usage: Option<RawUsage>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    /// Text completions have this instead of a delta.
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow)]
    refusal: Option<Cow<'a, str>>,
    /// Servers of open models put reasoning here (vLLM, DeepSeek) …
    #[serde(borrow)]
    reasoning_content: Option<Cow<'a, str>>,
    /// … or here (OpenRouter, newer vLLM).
    #[serde(borrow)]
    reasoning: Option<Cow<'a, str>>,
    tool_calls: Option<Vec<serde::de::IgnoredAny>>,
}

fn open_ai(data: &str) -> Meaning<'_> {
    if data.trim() == "[DONE]" {
        return Meaning {
            is_end: true,
            ..Meaning::default()
        };
    }
    let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(data) else {
        return broken();
    };
    let mut meaning = Meaning {
        usage: chunk.usage.map(Usage::from).unwrap_or_default(),
        fault: chunk.error.map(|_| "stream: the server reports an error"),
        ..Meaning::default()
    };
    for choice in chunk.choices {
        let delta = choice.delta;
        let hidden = delta.as_ref().is_some_and(|delta| {
            let thought = [&delta.reasoning_content, &delta.reasoning];
            let thinks = thought.into_iter().flatten().any(|text| !text.is_empty());
            thinks
                || delta
                    .tool_calls
                    .as_ref()
                    .is_some_and(|calls| !calls.is_empty())
        });
        let said = delta.and_then(|delta| filled(delta.content).or(filled(delta.refusal)));
        let said = said.or(filled(choice.text));
        meaning.content |= hidden || said.is_some();
        meaning.visible = match (meaning.visible, said) {
            (Some(before), Some(more)) => Some(before + more),
            (before, more) => before.or(more),
        };
    }
    meaning
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    delta: Option<BlockDelta<'a>>,
    usage: Option<RawUsage>,
    message: Option<Started>,
}

#[derive(Deserialize)]
struct Started {
    usage: Option<RawUsage>,
}

#[derive(Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    thinking: Option<Cow<'a, str>>,
    #[serde(borrow)]
    partial_json: Option<Cow<'a, str>>,
}

fn anthropic(data: &str) -> Meaning<'_> {
    let Ok(message) = serde_json::from_str::<Message<'_>>(data) else {
        return broken();
    };
    let mut meaning = Meaning::default();
    match (&*message.kind, message.delta) {
        ("content_block_delta", Some(delta)) => {
            meaning.visible = filled(delta.text);
            meaning.content = meaning.visible.is_some()
                || filled(delta.thinking).is_some()
                || filled(delta.partial_json).is_some();
        }
        ("message_start", _) => {
            let usage = message.message.and_then(|started| started.usage);
            // The output has only begun: its tokens are told at the end.
            meaning.usage = Usage {
                tokens_out: None,
                ..usage.map(Usage::from).unwrap_or_default()
            };
        }
        ("message_delta", _) => {
            meaning.usage = message.usage.map(Usage::from).unwrap_or_default();
        }
        ("message_stop", _) => meaning.is_end = true,
        ("error", _) => meaning.fault = Some("stream: the server reports an error"),
        _ => {}
    }
    meaning
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: StreamForm, data: &str, expected: Meaning<'_>) {
        let event = Event {
            kind: "message",
            data,
            id: "",
        };
        assert_eq!(meaning(form, &event), expected, "{data}");
    }

    fn seen(text: &str) -> Meaning<'_> {
        Meaning {
            content: true,
            visible: Some(text.into()),
            ..Meaning::default()
        }
    }

    fn hidden<'a>() -> Meaning<'a> {
        Meaning {
            content: true,
            ..Meaning::default()
        }
    }

    fn used<'a>(
        tokens_in: Option<u64>,
        tokens_cached: Option<u64>,
        tokens_out: Option<u64>,
    ) -> Meaning<'a> {
        Meaning {
            usage: Usage {
                tokens_in,
                tokens_cached,
                tokens_out,
            },
            ..Meaning::default()
        }
    }

    #[test]
    fn plain_events_are_content_unless_they_are_empty() {
        check(StreamForm::Sse, "a\nb", seen("a\nb"));
        check(StreamForm::Sse, "", Meaning::default());
    }

    #[test]
    fn chunks_of_open_ai() {
        let check = |data: &str, expected| check(StreamForm::OpenAi, data, expected);
        check(
            r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
            Meaning::default(),
        );
        check(r#"{"choices":[{"delta":{"content":"h\n"}}]}"#, seen("h\n"));
        check(r#"{"choices":[{"text":"h"}]}"#, seen("h"));
        check(
            r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
            hidden(),
        );
        check(r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#, hidden());
        check(
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#,
            hidden(),
        );
        check(
            r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#,
            seen("ab"),
        );
        check(
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":12}}"#,
            used(Some(3), None, Some(12)),
        );
        check(
            r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null}"#,
            Meaning::default(),
        );
        check(
            "[DONE]",
            Meaning {
                is_end: true,
                ..Meaning::default()
            },
        );
        let fault = Some("stream: the server reports an error");
        check(
            r#"{"error":{"message":"overloaded"}}"#,
            Meaning {
                fault,
                ..Meaning::default()
            },
        );
        check("Internal Server Error", broken());
    }

    #[test]
    fn events_of_anthropic() {
        let check = |data: &str, expected| check(StreamForm::Anthropic, data, expected);
        check(
            r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":1}}}"#,
            used(Some(12), Some(7), None),
        );
        check(r#"{"type":"ping"}"#, Meaning::default());
        check(
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h"}}"#,
            seen("h"),
        );
        check(
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            hidden(),
        );
        check(
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\""}}"#,
            hidden(),
        );
        check(
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}"#,
            used(None, None, Some(15)),
        );
        check(
            r#"{"type":"message_stop"}"#,
            Meaning {
                is_end: true,
                ..Meaning::default()
            },
        );
        let fault = Some("stream: the server reports an error");
        check(
            r#"{"type":"error","error":{"type":"overloaded_error"}}"#,
            Meaning {
                fault,
                ..Meaning::default()
            },
        );
        check("[DONE]", broken());
    }
}
