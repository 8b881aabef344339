//! The plan as written: YAML, TOML or JSON, and what their keys may hold.
//!
//! In: a text and its [`Format`]. Out: one tree for all formats ([`node`]), then the
//! written plan, type by type. Never: a default, a reference between parts, a file on
//! disk; `crate::resolve` makes of this what is meant.

mod json;
pub(crate) mod money;
pub mod node;
mod pattern;
pub(crate) mod read;
pub(crate) mod scalar;
pub(crate) mod shape;
pub mod source;
pub(crate) mod text;
mod toml;
pub(crate) mod written;
mod yaml;

use std::collections::HashSet;

use crate::fault::{Fault, Faults, Place};
use node::{Key, Node, Value};
pub(crate) use pattern::check_json_path;
use source::{Span, Texts};

/// The longest text of a plan, in bytes. Rows that need more belong into a file of data.
pub const LONGEST_TEXT: usize = 16 << 20;
/// How deeply lists and maps may be nested.
const DEEPEST: usize = 64;
/// How many values a plan may have, those included that aliases repeat.
const MOST_NODES: usize = 1_000_000;

/// How a plan is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, with anchors and merge keys.
    Yaml,
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259).
    Json,
}

impl Format {
    /// By the end of a file's name: `yaml`, `yml`, `toml`, `json`.
    pub fn of_extension(extension: &str) -> Option<Format> {
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Format::Yaml),
            "toml" => Some(Format::Toml),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// Something wrong at a place of a text that has no name yet.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) span: Span,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(span: Span, what: impl Into<String>) -> Self {
        Problem {
            span,
            what: what.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Problem {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(crate) fn told(self, texts: &Texts) -> Fault {
        Place::new(texts, self.span).fault(self.what, self.hint)
    }
}

/// The tree of a text.
///
/// # Errors
/// The first fault of its form; the file is called `plan` there.
pub fn parse(text: &str, format: Format) -> Result<Node, Faults> {
    tree(text, format).map_err(|problem| {
        let texts = Texts::new("plan", text);
        Faults::new(vec![problem.told(&texts)])
    })
}

/// The tree of a text, or what is wrong with its form.
pub(crate) fn tree(text: &str, format: Format) -> Result<Node, Problem> {
    if text.len() > LONGEST_TEXT {
        let what = format!("the plan is longer than {LONGEST_TEXT} bytes");
        let problem = Problem::new(Span::in_file(0..1), what);
        return Err(problem.hint("move long lists of rows into a file under `data:`"));
    }
    match format {
        Format::Yaml => yaml::parse(text),
        Format::Toml => toml::parse(text),
        Format::Json => json::parse(text),
    }
}

/// Builds a map entry by entry; a name that is there already is a fault.
#[derive(Default)]
struct MapBuilder {
    entries: Vec<(Key, Node)>,
    names: HashSet<String>,
}

impl MapBuilder {
    fn check(&mut self, key: &Key) -> Result<(), Problem> {
        if self.names.insert(key.name.clone()) {
            return Ok(());
        }
        let what = format!("`{}` stands here for the second time", key.name);
        Err(Problem::new(key.span, what).hint("keep one of them"))
    }

    fn push(&mut self, key: Key, node: Node) {
        self.entries.push((key, node));
    }

    fn finish(self) -> Value {
        Value::Map(self.entries)
    }
}

/// A tree as JSON, without places.
pub(crate) fn json_of(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number, _) => number.clone().into(),
        Value::Text(text) => text.clone().into(),
        Value::List(list) => list.iter().map(json_of).collect(),
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, node)| (key.name.clone(), json_of(node)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

/// Counts values, so that no short text grows into a huge tree.
#[derive(Default)]
struct Budget {
    nodes: usize,
}

impl Budget {
    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes <= MOST_NODES {
            return Ok(());
        }
        let what = format!("the plan has more than {MOST_NODES} values");
        Err(Problem::new(span, what).hint("move rows into a file under `data:`"))
    }
}

fn too_deep(span: Span) -> Problem {
    Problem::new(span, format!("nested more than {DEEPEST} levels deep"))
}

fn check_depth(depth: usize, span: Span) -> Result<(), Problem> {
    if depth > DEEPEST {
        return Err(too_deep(span));
    }
    Ok(())
}

/// A number of a text that has been seen to be one.
fn float(text: &str, written: &str, span: Span) -> Result<Value, Problem> {
    let number = text.parse().ok().and_then(serde_json::Number::from_f64);
    let number = number
        .ok_or_else(|| Problem::new(span, format!("{written} is not a number that can be used")))?;
    Ok(Value::Number(number, written.to_owned()))
}
