//! What an answer tells beside its time: a cache, tokens, a wish to be left alone.
//!
//! In: the head of an answer, or its body. Out: plain data for the books. An answer whose
//! head tells nothing costs one comparison here, and nothing here allocates but the reading of a
//! body.

use gatecrash_metrics::Measure;
use gatecrash_net::{Head, parse_http_date};
use gatecrash_plan::model::judging::cache_word;
use serde::Deserialize;

use crate::clock::Clock;

/// Tokens, as the `usage` of an answer tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens, those from a cache included.
    pub tokens_in: Option<u64>,
    /// Of these the ones that the server read from its cache.
    pub tokens_cached: Option<u64>,
    /// Output tokens.
    pub tokens_out: Option<u64>,
}

/// What a request told beside its time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noted<'a> {
    /// Its answer came with a status below 400: what it used is charged.
    pub is_charged: bool,
    /// The answer came from a cache, or did not; `None` where nothing tells.
    pub hit: Option<bool>,
    /// How long a 429 or 503 asks to wait, seconds.
    pub retry_after_s: Option<f64>,
    /// The status of its answer.
    pub status: Option<u16>,
    /// What it used.
    pub usage: Usage,
    /// What else it was measured by.
    pub measures: &'a [(Measure, f64)],
}

impl Noted<'_> {
    /// What the head of an answer tells.
    pub fn of(head: &Head) -> Noted<'static> {
        let is_refusal = matches!(head.status, 429 | 503);
        Noted {
            is_charged: head.status < 400,
            status: Some(head.status),
            hit: hit(head),
            retry_after_s: is_refusal.then(|| retry_after_s(head)).flatten(),
            ..Noted::default()
        }
    }
}

impl Noted<'_> {
    /// Whether there is nothing to count.
    pub(crate) fn tells_nothing(&self) -> bool {
        self.hit.is_none() && self.retry_after_s.is_none() && self.measures.is_empty()
    }
}

/// Whether an answer came from a cache, as its head tells: by the status 304, by the words of
/// caches, by an `Age` above 0. One cache on the way is enough.
pub fn hit(head: &Head) -> Option<bool> {
    match (head.status, head.tells_of_cache) {
        (304, _) => Some(true),
        (_, false) => None,
        _ => hit_by_headers(head),
    }
}

fn hit_by_headers(head: &Head) -> Option<bool> {
    const BY_WORDS: [&[u8]; 3] = [b"x-cache", b"cf-cache-status", b"x-cache-status"];
    let mut told = None;
    head.each_header(|name, value| {
        let value = std::str::from_utf8(value).unwrap_or_default();
        let says = if name.eq_ignore_ascii_case(b"age") {
            value.trim().parse::<u64>().ok().map(|age_s| age_s > 0)
        } else if name.eq_ignore_ascii_case(b"cache-status") {
            hit_by_cache_status(value)
        } else if BY_WORDS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            cache_word(value)
        } else {
            None
        };
        told = told.max(says);
    });
    told
}

/// RFC 9211 §2: of each cache its name and what it did; `hit`, or `fwd` with a reason.
fn hit_by_cache_status(value: &str) -> Option<bool> {
    let said = value.split([',', ';']).map(|part| part.trim());
    let told = said.filter_map(|part| {
        let name = part.split('=').next().unwrap_or_default();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        (is("hit") || is("fwd")).then(|| is("hit"))
    });
    told.max()
}

/// RFC 9110 §10.2.3: seconds, or a date.
fn retry_after_s(head: &Head) -> Option<f64> {
    let value = head.header("retry-after")?.trim_ascii();
    let seconds = std::str::from_utf8(value).ok()?.parse::<u64>();
    match seconds {
        Ok(seconds) => Some(seconds as f64),
        Err(_) => {
            let at_epoch_s = parse_http_date(value)?;
            Some((at_epoch_s - Clock::start().now_epoch_s()).max(0.0))
        }
    }
}

impl Usage {
    /// What the JSON of a whole answer tells; nothing where it tells nothing.
    pub fn of_json(body: &[u8]) -> Usage {
        #[derive(Deserialize)]
        struct Answer {
            usage: Option<RawUsage>,
        }
        // Most that is not JSON shows at its first byte.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Usage::default();
        }
        let answer: Option<Answer> = serde_json::from_slice(body).ok();
        let usage = answer.and_then(|answer| answer.usage);
        usage.map(Usage::from).unwrap_or_default()
    }

    /// What this tells, and where it tells nothing what was told before.
    #[must_use]
    pub fn or(self, before: Usage) -> Usage {
        Usage {
            tokens_in: self.tokens_in.or(before.tokens_in),
            tokens_cached: self.tokens_cached.or(before.tokens_cached),
            tokens_out: self.tokens_out.or(before.tokens_out),
        }
    }

    /// What these measures tell.
    pub(crate) fn of_measures(measures: &[(Measure, f64)]) -> Usage {
        let tokens = |wanted: Measure| {
            let found = measures.iter().find(|(measure, _)| *measure == wanted);
            found.map(|(_, value)| *value as u64)
        };
        Usage {
            tokens_in: tokens(Measure::TokensIn),
            tokens_cached: tokens(Measure::TokensCached),
            tokens_out: tokens(Measure::Tokens),
        }
    }

    /// The measures of what is known.
    pub fn measures(&self) -> impl Iterator<Item = (Measure, f64)> {
        let all = [
            (Measure::TokensIn, self.tokens_in),
            (Measure::TokensCached, self.tokens_cached),
            (Measure::Tokens, self.tokens_out),
        ];
        all.into_iter()
            .filter_map(|(measure, tokens)| Some((measure, tokens? as f64)))
    }
}

/// A `usage` as it is sent, of OpenAI's chat completions and responses
/// (<https://platform.openai.com/docs/api-reference/chat/object>) or of Anthropic's messages
/// (<https://docs.anthropic.com/en/api/messages>), whose `input_tokens` leave out those that
/// were read from the cache or written to it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct RawUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<Details>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

impl From<RawUsage> for Usage {
    fn from(raw: RawUsage) -> Self {
        let beside = [raw.cache_read_input_tokens, raw.cache_creation_input_tokens];
        let beside: u64 = beside.into_iter().flatten().sum();
        let details = raw.prompt_tokens_details.or(raw.input_tokens_details);
        let cached = details.and_then(|details| details.cached_tokens);
        Usage {
            tokens_in: raw
                .prompt_tokens
                .or(raw.input_tokens.map(|fresh| fresh.saturating_add(beside))),
            tokens_cached: cached.or(raw.cache_read_input_tokens),
            tokens_out: raw.completion_tokens.or(raw.output_tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(usage: &str, tokens_in: u64, tokens_cached: Option<u64>, tokens_out: u64) {
        let expected = Usage {
            tokens_in: Some(tokens_in),
            tokens_cached,
            tokens_out: Some(tokens_out),
        };
        let body = format!(" {{\"id\": 1, \"usage\": {usage}}}");
        assert_eq!(Usage::of_json(body.as_bytes()), expected, "{usage}");
    }

    #[test]
    fn cache_status_tells_what_each_cache_did() {
        for (value, expected) in [
            ("ExampleCache; hit", Some(true)),
            ("ExampleCache; hit; ttl=376", Some(true)),
            ("ExampleCache; fwd=stale; fwd-status=304", Some(false)),
            ("Origin; hit, CDN; fwd=uri-miss", Some(true)),
            ("ExampleCache", None),
        ] {
            assert_eq!(hit_by_cache_status(value), expected, "{value}");
        }
    }

    #[test]
    fn usages_of_the_usual_servers_are_understood() {
        check(
            r#"{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":64}}"#,
            100,
            Some(64),
            7,
        );
        check(
            r#"{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"prompt_tokens_details":null}"#,
            5,
            None,
            7,
        );
        check(
            r#"{"input_tokens":36,"input_tokens_details":{"cached_tokens":30},"output_tokens":87}"#,
            36,
            Some(30),
            87,
        );
        check(
            r#"{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":70,"output_tokens":3}"#,
            100,
            Some(70),
            3,
        );
        let nothing = Usage::default();
        for body in ["", "[1]", "{}", r#"{"usage":null}"#, r#"{"usage":3}"#, "{"] {
            assert_eq!(Usage::of_json(body.as_bytes()), nothing, "{body}");
        }
    }

    #[test]
    fn what_comes_later_counts_and_keeps_what_it_does_not_tell() {
        let first = Usage {
            tokens_in: Some(5),
            tokens_out: Some(1),
            ..Usage::default()
        };
        let last = Usage {
            tokens_out: Some(9),
            ..Usage::default()
        };
        let told: Vec<_> = last.or(first).measures().collect();
        assert_eq!(told, [(Measure::TokensIn, 5.0), (Measure::Tokens, 9.0)]);
    }
}
