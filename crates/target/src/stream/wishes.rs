//! What a stream is asked to be: how many tokens, at what pace, and what goes wrong.
//!
//! In: the query, or the fields of a JSON body; the query wins. Out: checked values.
//! Never: a field's meaning in an API that the stream imitates.

use std::time::Duration;

use serde_json::Value;

use crate::answer::Answer;
use crate::routes::{Call, parse_number, parse_time};

const TOKENS_MAX: u32 = 100_000;
const TOKENS_PER_CHUNK_MAX: u32 = 1000;
const FIRST_MAX: Duration = Duration::from_secs(600);
const PACE_MAX: Duration = Duration::from_secs(60);

/// The course of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// `tokens`: visible tokens.
    pub(super) tokens: u32,
    /// `reasoning`: tokens of a reasoning phase before them.
    pub(super) reasoning: u32,
    /// `per_chunk`: tokens that are sent together.
    pub(super) per_chunk: u32,
    /// `first`: from the answer's due moment to the first chunk.
    pub(super) first: Duration,
    /// `pace`: from one chunk to the next.
    pub(super) pace: Duration,
    /// `cut`: the connection is closed after so many tokens.
    pub(super) cut: Option<u32>,
    /// `empty`: no token at all, but the end mark.
    pub(super) empty: bool,
    /// `no_end`: an answer that is whole but for its end mark.
    pub(super) no_end: bool,
    /// `cached`: tokens of the prompt that the usage tells to come from a cache.
    pub(super) cached: u32,
}

impl Wishes {
    /// Reads the query of `call`, and the fields of `body` where the query says nothing.
    pub(super) fn read(call: &Call<'_>, body: Option<&Value>) -> Result<Self, Answer> {
        let source = Source { call, body };
        Ok(Self {
            tokens: source.number("tokens", 0, TOKENS_MAX)?.unwrap_or(20),
            reasoning: source.number("reasoning", 0, TOKENS_MAX)?.unwrap_or(0),
            per_chunk: source
                .number("per_chunk", 1, TOKENS_PER_CHUNK_MAX)?
                .unwrap_or(1),
            first: source.time("first", FIRST_MAX)?,
            pace: source.time("pace", PACE_MAX)?,
            cut: source.number("cut", 0, TOKENS_MAX)?,
            empty: source.flag("empty")?,
            no_end: source.flag("no_end")?,
            cached: source.number("cached", 0, TOKENS_MAX)?.unwrap_or(0),
        })
    }

    /// A whole stream, one visible token at a time.
    pub(super) fn steady(tokens: u32, first: Duration, pace: Duration) -> Self {
        Self {
            tokens,
            reasoning: 0,
            per_chunk: 1,
            first,
            pace,
            cut: None,
            empty: false,
            no_end: false,
            cached: 0,
        }
    }

    /// No more tokens than `most`, reasoning included; says whether that took some away.
    pub(super) fn limit(&mut self, most: Option<u32>) -> bool {
        let asked = self.total();
        if let Some(most) = most {
            self.reasoning = self.reasoning.min(most);
            self.tokens = self.tokens.min(most - self.reasoning);
        }
        self.total() < asked
    }

    /// All tokens of a whole answer.
    pub(super) fn total(&self) -> u32 {
        if self.empty {
            0
        } else {
            self.reasoning + self.tokens
        }
    }

    /// The tokens of a whole answer that belong to its reasoning phase.
    pub(super) fn reasoning_total(&self) -> u32 {
        self.reasoning.min(self.total())
    }

    /// The tokens that are sent.
    pub(super) fn sent(&self) -> u32 {
        self.cut.unwrap_or(u32::MAX).min(self.total())
    }

    /// Where the chunk that begins with token `from` ends: never across the end of the reasoning.
    pub(super) fn chunk_end(&self, from: u32) -> u32 {
        let phase_end = if from < self.reasoning_total() {
            self.reasoning_total()
        } else {
            self.total()
        };
        (from + self.per_chunk).min(phase_end).min(self.sent())
    }

    /// From the answer's due moment to the last chunk.
    pub(super) fn duration(&self) -> Duration {
        let chunks = |tokens: u32| tokens.div_ceil(self.per_chunk);
        let reasoning = self.reasoning_total();
        let all = chunks(reasoning) + chunks(self.total() - reasoning);
        self.first + self.pace * all.saturating_sub(1)
    }
}

/// The text of the tokens from `from` up to `to`.
pub(super) fn text(from: u32, to: u32) -> String {
    (from..to).map(|number| format!("token{number} ")).collect()
}

struct Source<'a> {
    call: &'a Call<'a>,
    body: Option<&'a Value>,
}

impl Source<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let field = || match self.body?.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        self.call.head().query_value(name).or_else(field)
    }

    fn number(&self, name: &str, low: u32, high: u32) -> Result<Option<u32>, Answer> {
        self.value(name)
            .map(|text| parse_number(name, &text, low, high))
            .transpose()
    }

    fn time(&self, name: &str, most: Duration) -> Result<Duration, Answer> {
        self.value(name)
            .map_or(Ok(Duration::ZERO), |text| parse_time(name, &text, most))
    }

    fn flag(&self, name: &str) -> Result<bool, Answer> {
        match self.value(name).as_deref() {
            None | Some("0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(other) => {
                let reason = format!("{name} must be 1 or 0, not {other:?}");
                Err(Answer::error(422, reason))
            }
        }
    }
}
