//! What a task does, step by step.

use std::path::PathBuf;
use std::time::Duration;

use super::cost::ExpectedTokens;
use super::judging::CacheFrom;
use super::metrics::MeasureTake;
use super::users::Wait;

/// One step. Values that a step takes are visible to all later steps of the user.
#[derive(Clone, Debug)]
pub enum Step {
    /// A request and its answer.
    Http(Box<HttpStep>),
    /// A pause.
    Think(Wait),
    /// Gives names to values.
    Set(Vec<(String, JsonTemplate)>),
    /// One way or the other.
    If {
        /// An expression; what is empty, 0, false or undefined is not true.
        condition: String,
        /// If it is true.
        then: Vec<Step>,
        /// If not.
        otherwise: Vec<Step>,
    },
    /// The same again.
    Repeat {
        /// How often.
        times: u32,
        /// What.
        steps: Vec<Step>,
    },
    /// On the user's WebSocket.
    Socket(SocketStep),
}

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its parts in order; one text part alone is a constant.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// What stood between `{{` and `}}`, trimmed: an expression.
    Expression(String),
}

impl Template {
    /// A template of one text.
    pub fn constant(text: impl Into<String>) -> Self {
        Template {
            parts: vec![Part::Text(text.into())],
        }
    }

    /// The text, where there is nothing to fill in.
    pub fn as_constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// As it is written, whatever would be filled in.
    pub fn written(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Expression(source) => format!("{{{{ {source} }}}}"),
        });
        parts.collect()
    }
}

/// A JSON value with places to fill in.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonTemplate {
    /// As it stands.
    Constant(serde_json::Value),
    /// A string with places to fill in. One expression alone keeps the type of its value.
    Text(Template),
    /// An array with places to fill in.
    Array(Vec<JsonTemplate>),
    /// An object with places to fill in, in the order of the file.
    Object(Vec<(String, JsonTemplate)>),
}

/// A request, what is taken from its answer, and what the answer must be.
#[derive(Clone, Debug)]
pub struct HttpStep {
    /// Its name in the reports; without one the path as it stands in the plan.
    pub name: Template,
    /// `GET`, `POST` …
    pub method: String,
    /// Absolute, or relative to the host of the class.
    pub url: Template,
    /// Appended to the URL, encoded.
    pub query: Vec<(String, Template)>,
    /// Its own headers, after those of the class; the same name replaces.
    pub headers: Vec<(String, Template)>,
    /// What is sent.
    pub body: Body,
    /// The body goes in chunks of so many bytes, if it does (RFC 9112, section 7.1).
    pub chunk_bytes: Option<usize>,
    /// Longest time for the whole exchange.
    pub timeout: Duration,
    /// How many redirects are followed.
    pub redirects: u32,
    /// Bytes of the body at most; beyond, the request fails.
    pub max_body_bytes: u64,
    /// How the answer's stream is read, if it is one.
    pub stream: Option<StreamForm>,
    /// What is taken from the answer.
    pub take: Vec<Take>,
    /// What the answer must be. Without a status check a status of 400 or more fails.
    pub expect: Vec<Check>,
    /// How its answer tells whether it came from a cache.
    pub cache: CacheFrom,
    /// The numbers in its answer that are recorded.
    pub measure: Vec<MeasureTake>,
    /// What tokens it uses, as the author expects: for the forecast only.
    pub expected_tokens: Option<ExpectedTokens>,
}

/// What a request sends.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON; sets `Content-Type` unless a header does.
    Json(JsonTemplate),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// A text.
    Text(Template),
    /// The bytes of a file, absolute.
    File(PathBuf),
    /// `multipart/form-data`.
    Multipart(Vec<(String, PartBody)>),
}

/// One part of a multipart body.
#[derive(Clone, Debug)]
pub enum PartBody {
    /// A field.
    Text(Template),
    /// A file, absolute, and the content type it is declared with.
    File(PathBuf, String),
}

/// Which form a stream has: what its content is and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamForm {
    /// Events of server-sent events; any but an empty one is content; ends with the body.
    Sse,
    /// OpenAI's chunks, ended by `[DONE]`.
    OpenAi,
    /// Anthropic's events, ended by `message_stop`.
    Anthropic,
}

/// A value taken from an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Its name in templates.
    pub name: String,
    /// From where.
    pub from: TakeFrom,
    /// What it is if there is none; without this the request fails.
    pub default: Option<serde_json::Value>,
}

/// Where in an answer a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum TakeFrom {
    /// JSONPath (RFC 9535) into the JSON body; the first match.
    Json(String),
    /// The value of a header.
    Header(String),
    /// The first group of a regular expression on the body's text, or the whole match.
    Regex(String),
    /// The value of a cookie that the user has after the answer.
    Cookie(String),
    /// The whole body as text; for a stream the content put together.
    Body,
    /// The status code.
    Status,
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// The status is one of these (ranges, both ends included).
    Status(Vec<(u16, u16)>),
    /// A value in the JSON body (JSONPath, RFC 9535).
    Json(String, CheckJson),
    /// A header contains this text; an empty one asks only that it is there.
    Header(String, Template),
    /// The body contains this text.
    Contains(Template),
    /// The body matches this regular expression.
    Matches(String),
    /// Not slower than this, from the send to the end.
    Under(Duration),
    /// The body has at least so many bytes.
    MinBytes(u64),
}

/// What a value in JSON must be.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckJson {
    /// There is one.
    Exists,
    /// There is none.
    Absent,
    /// It equals this.
    Equals(JsonTemplate),
    /// As a string it contains this; an array has such an element.
    Contains(Template),
    /// It is a number, or has a length, of at least this.
    AtLeast(f64),
    /// It is a number, or has a length, of at most this.
    AtMost(f64),
}

/// A step on the WebSocket that the user holds open; one per user.
#[derive(Clone, Debug)]
pub enum SocketStep {
    /// Opens it.
    Connect {
        /// Its name in the reports.
        name: Template,
        /// `ws://…`, `wss://…`, or a path on the host of the class.
        url: Template,
        /// Further headers.
        headers: Vec<(String, Template)>,
        /// Longest time until it is open.
        timeout: Duration,
    },
    /// Sends one message.
    Send {
        /// Its name in the reports.
        name: Template,
        /// The message; a JSON value is sent as its text.
        message: JsonTemplate,
        /// What must come back, if something must: then the round trip is measured.
        expect: Option<SocketExpect>,
    },
    /// Waits for a message.
    Expect {
        /// Its name in the reports.
        name: Template,
        /// Which.
        message: SocketExpect,
    },
    /// Stays, answers pings and counts what comes.
    Hold(Wait),
    /// Closes it.
    Close,
}

/// The message waited for.
#[derive(Clone, Debug)]
pub struct SocketExpect {
    /// The message contains this text; an empty one takes any.
    pub contains: Template,
    /// Or: a value in its JSON.
    pub json: Option<(String, CheckJson)>,
    /// What is taken from it (`Json`, `Regex` and `Body` only).
    pub take: Vec<Take>,
    /// How long to wait.
    pub within: Duration,
}
