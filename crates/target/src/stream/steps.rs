//! The course of a token stream on the wire.
//!
//! In: what is wished for, and the form of its events. Out: one step after the other, made when it
//! is its turn, so that a long stream takes no more memory than a short one. Never: a clock.

use bytes::Bytes;

use super::wishes::{Wishes, text};
use crate::answer::{
    Ending, Manner, Script, Step, Steps, StreamEnd, Token, push_chunk, push_header, start_head,
};

/// How a stream says what it says.
pub(crate) trait Form: std::fmt::Debug + Send {
    /// What is said before the first token.
    fn opening(&mut self) -> String;
    /// Some tokens of one phase.
    fn chunk(&mut self, phase: Phase, text: &str) -> String;
    /// What is said after the last token.
    fn closing(&mut self) -> String;
    /// The end mark.
    fn end_mark(&self) -> &'static str;
}

/// What tokens are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Thinking, which a person does not see.
    Reasoning,
    /// The answer.
    Visible,
}

/// A token stream that is to be sent.
#[derive(Debug)]
pub(crate) struct TokenStream {
    pub(super) form: Box<dyn Form>,
    pub(super) wishes: Wishes,
}

impl TokenStream {
    /// What happens on the wire.
    pub(crate) fn into_script(self, manner: Manner) -> Script {
        let cut = self.wishes.cut.is_some();
        let closes = cut || !manner.keeps_alive || !manner.is_http11;
        let head = encode_head(manner.is_http11, closes);
        let unmarked = cut || self.wishes.no_end;
        let steps = if manner.head_only {
            Steps::from(vec![Step::Write(head.into())])
        } else {
            Steps::Tokens(Box::new(TokenSteps {
                stream: self,
                chunked: manner.is_http11,
                head,
                next: 0,
                stage: Stage::Opening,
            }))
        };
        let marked = if unmarked {
            StreamEnd::Unmarked
        } else {
            StreamEnd::Marked
        };
        Script {
            status: 200,
            steps,
            ending: if closes {
                Ending::Close
            } else {
                Ending::KeepAlive
            },
            whole: !cut,
            stream: (!manner.head_only).then_some(marked),
        }
    }
}

fn encode_head(is_http11: bool, closes: bool) -> Vec<u8> {
    let mut head = start_head(200);
    push_header(&mut head, "Content-Type", "text/event-stream");
    push_header(&mut head, "Cache-Control", "no-store");
    if is_http11 {
        push_header(&mut head, "Transfer-Encoding", "chunked");
    }
    if closes {
        push_header(&mut head, "Connection", "close");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The steps of a stream, from its head to its end.
#[derive(Debug)]
pub(crate) struct TokenSteps {
    stream: TokenStream,
    /// Whether the body comes in chunks, and not up to the end of the connection.
    chunked: bool,
    head: Vec<u8>,
    /// The next token.
    next: u32,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Opening,
    Pause,
    Tokens,
    Closing,
    Over,
}

impl Iterator for TokenSteps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let wishes = self.stream.wishes;
        let step = match self.stage {
            Stage::Opening => {
                let opening = self.stream.form.opening();
                let head = std::mem::take(&mut self.head);
                Step::Write(self.framed(head, &opening))
            }
            Stage::Pause if self.next == 0 => Step::Pause(wishes.first),
            Stage::Pause => Step::Pause(wishes.pace),
            Stage::Tokens => Step::Token(self.token()),
            Stage::Closing => Step::Write(self.closing()),
            Stage::Over => return None,
        };
        let done = self.next == wishes.sent();
        self.stage = match self.stage {
            Stage::Opening => Stage::Pause,
            Stage::Pause if !done => Stage::Tokens,
            Stage::Tokens if !done => Stage::Pause,
            Stage::Pause | Stage::Tokens if wishes.cut.is_none() => Stage::Closing,
            _ => Stage::Over,
        };
        Some(step)
    }
}

impl TokenSteps {
    fn token(&mut self) -> Token {
        let (from, wishes) = (self.next, self.stream.wishes);
        let phase = if from < wishes.reasoning_total() {
            Phase::Reasoning
        } else {
            Phase::Visible
        };
        self.next = wishes.chunk_end(from);
        let said = self.stream.form.chunk(phase, &text(from, self.next));
        Token {
            bytes: self.framed(Vec::new(), &said),
            count: self.next - from,
            visible: phase == Phase::Visible,
        }
    }

    fn closing(&mut self) -> Bytes {
        let mut said = self.stream.form.closing();
        if !self.stream.wishes.no_end {
            said += self.stream.form.end_mark();
        }
        let mut bytes = Vec::from(self.framed(Vec::new(), &said));
        if self.chunked {
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        bytes.into()
    }

    /// `said` behind `before`, as a part of the body. An empty chunk would be the body's end.
    fn framed(&self, mut before: Vec<u8>, said: &str) -> Bytes {
        if self.chunked && !said.is_empty() {
            push_chunk(&mut before, said.as_bytes());
        } else {
            before.extend_from_slice(said.as_bytes());
        }
        before.into()
    }
}
