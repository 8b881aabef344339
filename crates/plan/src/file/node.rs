//! What a file says, whatever its format: one tree, every part of it with its place.
//!
//! In: what a parser saw. Out: the tree. Never: what a key means.

use super::source::Span;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What stands there.
    pub value: Value,
    /// Where.
    pub span: Span,
}

/// What can stand in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, and how it was written (`1.10` is not `1.1` in a header).
    Number(serde_json::Number, String),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values under names, in the order of the file, each name once.
    Map(Vec<(Key, Node)>),
}

/// A name in a map and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Node {
    /// The value under a name, if this is a map and has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        let entry = entries.iter().find(|(key, _)| key.name == name);
        entry.map(|(_, node)| node)
    }

    /// What it is, for a message: `a list`, `the number 5`.
    pub(crate) fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(yes) => format!("`{yes}`"),
            Value::Number(_, written) => format!("the number {written}"),
            Value::Text(text) => format!("the text {}", quoted(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }
}

/// The longest text that a message repeats.
const LONGEST_QUOTE: usize = 60;

/// A text for a message: in quotes, on one line, not too long.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_QUOTE).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
