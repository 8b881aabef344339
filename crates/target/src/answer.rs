//! What a handler answers, and the bytes and pauses that this becomes.
//!
//! In: status, headers, body. Out: a [`Script`] that a connection plays.
//! Never: sockets or clocks. A fault is a script of its own that breaks the rules on purpose.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::request::Head;
use crate::stream::{TokenSteps, TokenStream};
use crate::websocket::Upgrade;

/// A well-formed answer.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
    closes: bool,
    delay: Duration,
}

#[derive(Debug)]
enum Body {
    Whole(Bytes),
    /// Many pieces of one body.
    Pieces(Vec<Bytes>),
    /// Chunks, each followed by a pause but the last.
    Stream {
        pieces: Vec<Bytes>,
        pause: Duration,
    },
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self {
            headers,
            body: Body::Whole(body.into()),
            ..Self::empty(status)
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        let body = Body::Whole(Bytes::new());
        Self {
            status,
            headers: Vec::new(),
            body,
            closes: false,
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(error) => Self::new(500, "text/plain", format!("cannot write JSON: {error}")),
        }
    }

    /// `{"error": …}`
    pub(crate) fn error(status: u16, reason: impl std::fmt::Display) -> Self {
        Self::json(status, &serde_json::json!({ "error": reason.to_string() }))
    }

    /// 401, and that a bearer token is what is needed.
    pub(crate) fn unauthorized(reason: &str) -> Self {
        Self::error(401, reason).with("WWW-Authenticate", "Bearer")
    }

    /// A body in pieces, which may share their memory.
    pub(crate) fn pieces(content_type: &str, pieces: Vec<Bytes>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self {
            headers,
            body: Body::Pieces(pieces),
            ..Self::empty(200)
        }
    }

    /// A chunk for each piece, with a pause between them.
    pub(crate) fn stream(content_type: &str, pieces: Vec<Bytes>, pause: Duration) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self {
            headers,
            body: Body::Stream { pieces, pause },
            ..Self::empty(200)
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The connection ends after this answer.
    pub(crate) fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// The answer is held back for so long.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The bytes that answer `manner`, a request's wishes.
    pub(crate) fn into_script(self, manner: Manner) -> Script {
        let bodiless = manner.head_only || matches!(self.status, 204 | 304);
        let unframed = matches!(self.body, Body::Stream { .. }) && !manner.is_http11;
        let closes = self.closes || !manner.keeps_alive || (unframed && !bodiless);
        let mut head = self.encode_head(&manner, closes);
        let mut steps = Vec::new();
        if !self.delay.is_zero() {
            steps.push(Step::Pause(self.delay));
        }
        match self.body {
            _ if bodiless => steps.push(Step::Write(head.into())),
            Body::Whole(body) => {
                head.extend_from_slice(&body);
                steps.push(Step::Write(head.into()));
            }
            Body::Pieces(pieces) => {
                steps.push(Step::Write(head.into()));
                steps.extend(pieces.into_iter().map(Step::Write));
            }
            Body::Stream { pieces, pause } => {
                stream_steps(&mut steps, head, &pieces, pause, unframed)
            }
        }
        let ending = if closes {
            Ending::Close
        } else {
            Ending::KeepAlive
        };
        Script {
            status: self.status,
            steps: steps.into(),
            ending,
            whole: true,
            stream: None,
        }
    }

    fn encode_head(&self, manner: &Manner, closes: bool) -> Vec<u8> {
        let mut head = start_head(self.status);
        for (name, value) in &self.headers {
            push_header(&mut head, name, value);
        }
        match &self.body {
            _ if matches!(self.status, 204 | 304) => {}
            Body::Whole(body) => push_header(&mut head, "Content-Length", &body.len().to_string()),
            Body::Pieces(pieces) => {
                let length: usize = pieces.iter().map(Bytes::len).sum();
                push_header(&mut head, "Content-Length", &length.to_string());
            }
            Body::Stream { .. } if manner.is_http11 => {
                push_header(&mut head, "Transfer-Encoding", "chunked");
            }
            Body::Stream { .. } => {}
        }
        if closes {
            push_header(&mut head, "Connection", "close");
        } else if !manner.is_http11 {
            push_header(&mut head, "Connection", "keep-alive");
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// Chunks to write, joined where no pause parts them.
fn stream_steps(
    steps: &mut Vec<Step>,
    head: Vec<u8>,
    pieces: &[Bytes],
    pause: Duration,
    unframed: bool,
) {
    let mut pending = head;
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 && !pause.is_zero() {
            steps.push(Step::Write(std::mem::take(&mut pending).into()));
            steps.push(Step::Pause(pause));
        }
        if unframed {
            pending.extend_from_slice(piece);
        } else {
            push_chunk(&mut pending, piece);
        }
    }
    if !unframed {
        pending.extend_from_slice(b"0\r\n\r\n");
    }
    steps.push(Step::Write(pending.into()));
}

/// Status line and the header that every answer has.
pub(crate) fn start_head(status: u16) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    // Writing to a vector cannot fail.
    let _ = write!(head, "HTTP/1.1 {status} {}\r\n", reason_phrase(status));
    push_header(&mut head, "Server", "gatecrash-target");
    head
}

pub(crate) fn push_header(head: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
}

pub(crate) fn push_chunk(body: &mut Vec<u8>, piece: &[u8]) {
    let _ = write!(body, "{:x}\r\n", piece.len());
    body.extend_from_slice(piece);
    body.extend_from_slice(b"\r\n");
}

/// What a request asks of the form of its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) head_only: bool,
    pub(crate) is_http11: bool,
    pub(crate) keeps_alive: bool,
}

impl Manner {
    pub(crate) fn of(head: &Head) -> Self {
        Self {
            head_only: head.method() == "HEAD",
            is_http11: head.is_http11,
            keeps_alive: head.keeps_alive(),
        }
    }

    /// For a peer whose request could not be understood.
    pub(crate) fn of_refusal() -> Self {
        Self {
            head_only: false,
            is_http11: true,
            keeps_alive: false,
        }
    }
}

/// What happens on the wire.
#[derive(Debug)]
pub(crate) struct Script {
    /// The status that is sent, or would have been.
    pub(crate) status: u16,
    pub(crate) steps: Steps,
    pub(crate) ending: Ending,
    /// Whether the steps are a whole answer.
    pub(crate) whole: bool,
    /// How a token stream ends; `None` for everything else.
    pub(crate) stream: Option<StreamEnd>,
}

/// Steps that are at hand, or that are made one by one.
#[derive(Debug)]
pub(crate) enum Steps {
    Ready(std::vec::IntoIter<Step>),
    Tokens(Box<TokenSteps>),
}

impl From<Vec<Step>> for Steps {
    fn from(steps: Vec<Step>) -> Self {
        Self::Ready(steps.into_iter())
    }
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        match self {
            Self::Ready(steps) => steps.next(),
            Self::Tokens(steps) => steps.next(),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Step {
    Write(Bytes),
    /// A chunk of tokens, to be recorded when it is sent.
    Token(Token),
    Pause(Duration),
}

/// Tokens that are sent together.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) bytes: Bytes,
    pub(crate) count: u32,
    /// Whether they belong to the answer, and not to the reasoning before it.
    pub(crate) visible: bool,
}

/// How a token stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// With its end mark.
    Marked,
    /// Without, since that was asked for.
    Unmarked,
}

#[derive(Debug)]
pub(crate) enum Ending {
    /// The next request may come.
    KeepAlive,
    /// The stream is ended in order.
    Close,
    /// The connection is broken off (RST).
    Reset,
    /// Nothing more is said until the client leaves or the idle time is over.
    Silence,
    /// The connection goes on as a WebSocket.
    WebSocket(Box<Upgrade>),
}

/// What a handler returns.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Answer),
    Script(Script),
    Stream(TokenStream),
}

impl Reply {
    pub(crate) fn into_script(self, manner: Manner) -> Script {
        match self {
            Self::Answer(answer) => answer.into_script(manner),
            Self::Stream(stream) => stream.into_script(manner),
            Self::Script(mut script) => {
                if matches!(script.ending, Ending::KeepAlive) && !manner.keeps_alive {
                    script.ending = Ending::Close;
                }
                script
            }
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        418 => "I'm a teapot",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    }
}
