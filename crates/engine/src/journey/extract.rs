//! What is taken from an answer.
//!
//! In: an answer, or a message of a WebSocket, and what a step takes from it. Out: the
//! value, or in a few words why there is none. The words never repeat what a server sent:
//! failures are counted by them.

use std::borrow::Cow;

use gatecrash_net::{Head, Jar};
use gatecrash_plan::model::{Take, TakeFrom};
use regex::bytes::Regex;
use serde_json::Value;

use super::jsonpath::{JsonPath, JsonText, NotJson};
use super::values::Names;

/// What came back, as far as anybody looks at it.
#[derive(Debug)]
pub(super) struct Received<'a> {
    pub(super) status: u16,
    /// A message of a WebSocket has none.
    pub(super) head: Option<&'a Head>,
    /// Without content codings; for a stream its content put together.
    pub(super) body: &'a [u8],
    pub(super) json: JsonText<'a>,
    pub(super) jar: Option<&'a Jar>,
}

impl Received<'_> {
    /// The first value that a path leads to, or in words that there is none.
    pub(super) fn json(&self, path: &JsonPath) -> Result<Option<Cow<'_, Value>>, &'static str> {
        let found = path.first(&self.json);
        found.map_err(|NotJson| "the body is not JSON")
    }

    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.head?.header(name)?;
        Some(String::from_utf8_lossy(value))
    }
}

/// A value that a step takes.
#[derive(Debug)]
pub(super) struct Extraction {
    slot: usize,
    from: Source,
    default: Option<Value>,
}

/// Where a value is.
#[derive(Debug)]
pub(super) enum Source {
    Json(JsonPath),
    Header(Box<str>),
    Regex(Regex),
    Cookie(Box<str>),
    Body,
    Status,
}

impl Extraction {
    /// Compiles what a step takes.
    ///
    /// # Errors
    /// A path or an expression that is none.
    pub(super) fn compile(take: &Take, names: &mut Names<'_>) -> Result<Extraction, String> {
        Ok(Extraction {
            slot: names.slot(&take.name),
            from: Source::compile(&take.from)?,
            default: take.default.clone(),
        })
    }

    /// The slot that the value goes to.
    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    /// How many paths into JSON it follows.
    pub(super) fn paths(&self) -> usize {
        self.from.paths()
    }

    /// Whether it looks at the body.
    pub(super) fn reads_body(&self) -> bool {
        self.from.reads_body()
    }

    /// The value.
    ///
    /// # Errors
    /// Why there is none, as the name of a failure.
    pub(super) fn take(&self, received: &Received<'_>) -> Result<Value, String> {
        match (self.from.find(received), &self.default) {
            (Ok(Some(value)), _) => Ok(value),
            (_, Some(default)) => Ok(default.clone()),
            (Ok(None), None) => Err(format!("take: {}", self.from.missing())),
            (Err(why), None) => Err(format!("take: {why}")),
        }
    }
}

impl Source {
    /// Compiles where a value is.
    ///
    /// # Errors
    /// A path or an expression that is none.
    pub(super) fn compile(from: &TakeFrom) -> Result<Source, String> {
        Ok(match from {
            TakeFrom::Json(path) => Source::Json(JsonPath::compile(path)?),
            TakeFrom::Header(name) => Source::Header(name.as_str().into()),
            TakeFrom::Regex(regex) => Source::Regex(compile_regex(regex)?),
            TakeFrom::Cookie(name) => Source::Cookie(name.as_str().into()),
            TakeFrom::Body => Source::Body,
            TakeFrom::Status => Source::Status,
        })
    }

    /// How many paths into JSON it follows.
    pub(super) fn paths(&self) -> usize {
        usize::from(matches!(self, Source::Json(_)))
    }

    /// Whether it looks at the body.
    pub(super) fn reads_body(&self) -> bool {
        matches!(self, Source::Json(_) | Source::Regex(_) | Source::Body)
    }

    /// The value, if there is one, or in words why nobody can know.
    pub(super) fn find(&self, received: &Received<'_>) -> Result<Option<Value>, &'static str> {
        let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes));
        Ok(match self {
            Source::Json(path) => received.json(path)?.map(Cow::into_owned),
            Source::Header(name) => received.header(name).map(|value| text(value.as_bytes())),
            Source::Regex(regex) => regex.captures(received.body).map(|found| {
                let group = found.get(1).or_else(|| found.get(0));
                text(group.map_or(b"", |group| group.as_bytes()))
            }),
            Source::Cookie(name) => received.jar.and_then(|jar| jar.get(name)).map(text),
            Source::Body => Some(text(received.body)),
            Source::Status => Some(received.status.into()),
        })
    }

    fn missing(&self) -> String {
        match self {
            Source::Json(path) => format!("{} is missing", path.source()),
            Source::Header(name) => format!("header {name} is missing"),
            Source::Regex(regex) => format!("the body does not match /{}/", regex.as_str()),
            Source::Cookie(name) => format!("cookie {name} is missing"),
            Source::Body | Source::Status => "nothing came".to_owned(),
        }
    }
}

/// Compiles a regular expression on the bytes of a body.
pub(super) fn compile_regex(regex: &str) -> Result<Regex, String> {
    Regex::new(regex).map_err(|fault| fault.to_string())
}
