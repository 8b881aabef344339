//! What an answer must be.
//!
//! In: an answer and the checks of a step. Out: nothing, or in a few words which check
//! failed first. The words are those of the plan, never the body's: a million failures
//! of one kind are one line of the report.

use std::time::Duration;

use gatecrash_plan::model::{Check, CheckJson, Part, Template};
use regex::bytes::Regex;
use serde_json::Value;

use super::encode::Escape;
use super::extract::{Received, compile_regex};
use super::jsonpath::JsonPath;
use super::template::{Fault, Pieces, Scope, Written};
use super::tree::Tree;
use super::values::{Names, text_of};

/// A compiled check.
#[derive(Debug)]
pub(super) enum Demand {
    Status(Vec<(u16, u16)>),
    Json(JsonPath, JsonDemand),
    Header(Box<str>, Text),
    Contains(Text),
    Matches(Regex),
    Under(Duration),
    MinBytes(u64),
}

/// What a value in JSON must be.
#[derive(Debug)]
pub(super) enum JsonDemand {
    Exists,
    Absent,
    Equals(Tree, Box<str>),
    Contains(Text),
    AtLeast(f64),
    AtMost(f64),
}

/// A text of the plan that may have to be filled in, and how it stands there.
#[derive(Debug)]
pub(super) struct Text {
    pieces: Pieces,
    source: Box<str>,
}

impl Text {
    pub(super) fn compile(template: &Template, names: &mut Names<'_>) -> Result<Text, String> {
        Ok(Text {
            pieces: Pieces::compile(template, Written::As(Escape::Text), names)?,
            source: source_of(template).into(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.as_constant() == Some(b"")
    }

    fn fill(&self, scope: Scope<'_>) -> Result<String, String> {
        self.pieces.text(scope).map_err(unfilled)
    }

    /// Whether `bytes` contain it.
    pub(super) fn is_in(&self, bytes: &[u8], scope: Scope<'_>) -> Result<bool, String> {
        let wanted = match self.pieces.as_constant() {
            Some(constant) => return Ok(contains(bytes, constant)),
            None => self.fill(scope)?,
        };
        Ok(contains(bytes, wanted.as_bytes()))
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// A template as it stands in the plan.
fn source_of(template: &Template) -> String {
    let parts = template.parts.iter().map(|part| match part {
        Part::Text(text) => text.clone(),
        Part::Expression(source) => format!("{{{{ {source} }}}}"),
    });
    parts.collect()
}

impl Demand {
    /// Compiles a check.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(check: &Check, names: &mut Names<'_>) -> Result<Demand, String> {
        Ok(match check {
            Check::Status(ranges) => Demand::Status(ranges.clone()),
            Check::Json(path, wanted) => Demand::Json(
                JsonPath::compile(path)?,
                JsonDemand::compile(wanted, names)?,
            ),
            Check::Header(name, text) => {
                Demand::Header(name.as_str().into(), Text::compile(text, names)?)
            }
            Check::Contains(text) => Demand::Contains(Text::compile(text, names)?),
            Check::Matches(regex) => Demand::Matches(compile_regex(regex)?),
            Check::Under(limit) => Demand::Under(*limit),
            Check::MinBytes(least) => Demand::MinBytes(*least),
        })
    }

    /// How many paths into JSON it follows.
    pub(super) fn paths(&self) -> usize {
        usize::from(matches!(self, Demand::Json(..)))
    }

    /// Whether it looks at the body.
    pub(super) fn reads_body(&self) -> bool {
        matches!(
            self,
            Demand::Json(..) | Demand::Contains(_) | Demand::Matches(_)
        )
    }

    /// Whether it says which status is fine.
    pub(super) fn is_of_status(&self) -> bool {
        matches!(self, Demand::Status(_))
    }

    /// Whether no answer with a status below 400 is so.
    pub(super) fn is_of_errors_only(&self) -> bool {
        match self {
            Demand::Status(ranges) => ranges.iter().all(|&(low, _)| low >= 400),
            _ => false,
        }
    }

    /// Whether an answer is so; as [`Demand::check`], and without words for the usual
    /// status, which is asked of every answer.
    pub(super) fn holds(
        &self,
        received: &Received<'_>,
        time: Duration,
        body_bytes: u64,
        scope: Scope<'_>,
    ) -> bool {
        match self {
            Demand::Status(ranges) => is_among(ranges, received.status),
            other => other.check(received, time, body_bytes, scope).is_ok(),
        }
    }

    /// Holds an answer against it. `time` is how long the exchange took from its call,
    /// `body_bytes` what was received, as it came.
    ///
    /// # Errors
    /// Why it does not hold.
    pub(super) fn check(
        &self,
        received: &Received<'_>,
        time: Duration,
        body_bytes: u64,
        scope: Scope<'_>,
    ) -> Result<(), String> {
        let why = match self {
            Demand::Status(ranges) => status(ranges, received.status),
            Demand::Json(path, wanted) => return wanted.check(path, received, scope),
            Demand::Header(name, wanted) => match received.header(name) {
                None => Some(format!("header {name} is missing")),
                Some(value) => (!wanted.is_in(value.as_bytes(), scope)?)
                    .then(|| format!("header {name} does not contain {:?}", wanted.source)),
            },
            Demand::Contains(wanted) => (!wanted.is_in(received.body, scope)?)
                .then(|| format!("the body does not contain {:?}", wanted.source)),
            Demand::Matches(regex) => (!regex.is_match(received.body))
                .then(|| format!("the body does not match /{}/", regex.as_str())),
            Demand::Under(limit) => (time > *limit).then(|| format!("slower than {limit:?}")),
            Demand::MinBytes(least) => {
                (body_bytes < *least).then(|| format!("the body has fewer than {least} bytes"))
            }
        };
        why.map_or(Ok(()), |why| Err(refused(&why)))
    }
}

/// What the answer is held against has no value.
fn unfilled(fault: Fault) -> String {
    refused(&fault.0)
}

fn refused(why: &str) -> String {
    format!("check: {why}")
}

fn is_among(ranges: &[(u16, u16)], status: u16) -> bool {
    let mut ranges = ranges.iter();
    ranges.any(|&(low, high)| (low..=high).contains(&status))
}

fn status(ranges: &[(u16, u16)], status: u16) -> Option<String> {
    let is_wanted = is_among(ranges, status);
    let shown = |&(low, high): &(u16, u16)| match low == high {
        true => low.to_string(),
        false => format!("{low}-{high}"),
    };
    let wanted = || ranges.iter().map(shown).collect::<Vec<_>>().join(" or ");
    (!is_wanted).then(|| format!("status {status} is not {}", wanted()))
}

impl JsonDemand {
    pub(super) fn compile(wanted: &CheckJson, names: &mut Names<'_>) -> Result<JsonDemand, String> {
        Ok(match wanted {
            CheckJson::Exists => JsonDemand::Exists,
            CheckJson::Absent => JsonDemand::Absent,
            CheckJson::Equals(value) => {
                let tree = Tree::compile(value, names)?;
                let shown = match &tree {
                    Tree::Constant(value) => value.to_string(),
                    _ => "what the plan says".to_owned(),
                };
                JsonDemand::Equals(tree, shown.into())
            }
            CheckJson::Contains(text) => JsonDemand::Contains(Text::compile(text, names)?),
            CheckJson::AtLeast(least) => JsonDemand::AtLeast(*least),
            CheckJson::AtMost(most) => JsonDemand::AtMost(*most),
        })
    }

    /// Holds the value at `path` against it.
    ///
    /// # Errors
    /// Why it does not hold.
    pub(super) fn check(
        &self,
        path: &JsonPath,
        received: &Received<'_>,
        scope: Scope<'_>,
    ) -> Result<(), String> {
        let found = received.json(path).map_err(refused)?;
        let source = path.source();
        let fails = |fails: bool, how: &str| fails.then(|| format!("{source} is {how}"));
        let why = match (self, found.as_deref()) {
            (JsonDemand::Exists, found) => fails(found.is_none(), "missing"),
            (JsonDemand::Absent, found) => fails(found.is_some(), "there"),
            (_, None) => fails(true, "missing"),
            (JsonDemand::Equals(wanted, shown), Some(found)) => {
                let is_same = match wanted {
                    Tree::Constant(wanted) => same(wanted, found),
                    filled => same(&filled.value(scope).map_err(unfilled)?, found),
                };
                fails(!is_same, &format!("not {shown}"))
            }
            (JsonDemand::Contains(wanted), Some(found)) => (!holds(found, wanted, scope)?)
                .then(|| format!("{source} does not contain {:?}", wanted.source)),
            (JsonDemand::AtLeast(least), Some(found)) => fails(
                !size(found).is_some_and(|size| size >= *least),
                &format!("not at least {least}"),
            ),
            (JsonDemand::AtMost(most), Some(found)) => fails(
                !size(found).is_some_and(|size| size <= *most),
                &format!("not at most {most}"),
            ),
        };
        why.map_or(Ok(()), |why| Err(refused(&why)))
    }
}

/// Whether two values are the same; numbers are compared as numbers (1 is 1.0).
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let is_in_b = |(name, value)| b.get(name).is_some_and(|other| same(value, other));
            a.len() == b.len() && a.iter().all(is_in_b)
        }
        _ => one == other,
    }
}

/// An array holds an element that is this text; anything else as text contains it.
fn holds(found: &Value, wanted: &Text, scope: Scope<'_>) -> Result<bool, String> {
    let wanted = wanted.fill(scope)?;
    Ok(match found {
        Value::Array(items) => items.iter().any(|item| text_of(item) == wanted),
        other => text_of(other).contains(&wanted),
    })
}

/// A number as it is; of a text the characters, of an array or object the members.
fn size(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.chars().count() as f64),
        Value::Array(items) => Some(items.len() as f64),
        Value::Object(members) => Some(members.len() as f64),
        Value::Null | Value::Bool(_) => None,
    }
}
