//! What is asked: a message, and the turns of the conversation before it.
//!
//! In: the JSON of a request. Out: the question, its key in the cache, and its answer. Never: a
//! question beyond its limits.

use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::{Made, words};
use crate::answer::Answer;
use crate::routes::Call;

/// Characters of a message, and of each turn before it.
const MESSAGE_MAX: usize = 2000;

/// Turns before the message.
const HISTORY_MAX: usize = 50;

/// So many of the last turns belong to the key: an answer depends on what was said just before.
const KEY_TURNS: usize = 4;

/// What is sent.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    message: String,
    #[serde(default)]
    history: Vec<Turn>,
}

/// Something that was said before.
#[derive(Debug, Deserialize)]
struct Turn {
    role: Role,
    content: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

impl Question {
    /// The question of a request.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Answer> {
        let question: Self = call.json()?;
        if question.message.trim().is_empty() {
            return Err(Answer::error(422, "message must not be empty"));
        }
        if question.history.len() > HISTORY_MAX {
            let reason = format!("history must not have more than {HISTORY_MAX} turns");
            return Err(Answer::error(422, reason));
        }
        if question
            .texts()
            .any(|text| text.chars().count() > MESSAGE_MAX)
        {
            let reason = format!("a message must not be longer than {MESSAGE_MAX} characters");
            return Err(Answer::error(422, reason));
        }
        Ok(question)
    }

    /// The same for the same message after the same last turns; capitals and the width of blanks
    /// do not matter.
    pub(super) fn key(&self) -> String {
        let first = self.history.len().saturating_sub(KEY_TURNS);
        let mut digest = Sha1::new();
        for turn in &self.history[first..] {
            digest.update([match turn.role {
                Role::User => b'u',
                Role::Assistant => b'a',
            }]);
            add(&mut digest, &turn.content);
        }
        digest.update(b"u");
        add(&mut digest, &self.message);
        let digest = digest.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the model says, and the tokens of it: the words, as in all of this target's streams.
    pub(super) fn answered(&self) -> Made {
        let answer = words::answer(&self.message);
        let words = |text: &str| text.split_whitespace().count();
        Made {
            prompt_tokens: self.texts().map(words).sum(),
            completion_tokens: words(&answer),
            answer,
        }
    }

    /// Everything that was said, the message last.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let turns = self.history.iter().map(|turn| turn.content.as_str());
        turns.chain([self.message.as_str()])
    }
}

/// Adds the words of a text, each with its end, so that no two texts read the same.
fn add(digest: &mut Sha1, text: &str) {
    for word in text.split_whitespace() {
        digest.update(word.to_lowercase());
        digest.update(b" ");
    }
    digest.update(b"\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str) -> String {
        let question: Question = serde_json::from_str(json).expect("a question");
        question.key()
    }

    fn with_history(turns: &[&str]) -> String {
        let turns: Vec<String> = turns
            .iter()
            .map(|text| format!(r#"{{"role": "user", "content": "{text}"}}"#))
            .collect();
        key(&format!(
            r#"{{"message": "why", "history": [{}]}}"#,
            turns.join(",")
        ))
    }

    #[test]
    fn capitals_and_blanks_do_not_matter() {
        let plain = key(r#"{"message": "where is my order"}"#);
        assert_eq!(key(r#"{"message": "  Where is\n my  ORDER "}"#), plain);
        assert_ne!(key(r#"{"message": "where is myorder"}"#), plain);
        assert_eq!(plain.len(), 40);
    }

    #[test]
    fn the_last_turns_matter_and_those_before_do_not() {
        let base = with_history(&["a", "b", "c", "d"]);
        assert_eq!(with_history(&["x", "a", "b", "c", "d"]), base);
        assert_ne!(with_history(&["x", "b", "c", "d"]), base);
        assert_ne!(
            with_history(&["a b", "c", "d"]),
            with_history(&["a", "b c", "d"])
        );
        let by = |role| {
            key(&format!(
                r#"{{"message": "why", "history": [{{"role": "{role}", "content": "a"}}]}}"#
            ))
        };
        assert_ne!(by("user"), by("assistant"));
    }
}
