//! Texts: `${VARIABLE}`s filled in, `{{ expressions }}` told apart from what stands as it is.
//!
//! In: a text of the file. Out: the text as meant, or its pieces with their places. Never:
//! what an expression says; [`crate::template`] looks into it.
//!
//! `${NAME}`, `${NAME:-default}` and `${NAME:?message}` are filled in once, before anything
//! else; `$$` is one dollar. Between `{{` and `}}` nothing is filled in, so that no value
//! of the environment can become a part of an expression.

use std::ops::Range;

use super::node::{Node, Value, quoted};
use super::read::{Read, Reader};
use super::shape::{Kind, Leaf};
use super::source::Span;
use crate::template::check::is_name;
use crate::template::split::{self, Piece as Raw};

/// A text that may hold expressions.
#[derive(Clone, Debug)]
pub(crate) struct TemplateText {
    pub(crate) pieces: Vec<Piece>,
    /// As it stands in the file, for default names.
    pub(crate) written: String,
}

/// A part of it.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Expression(Expression),
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) source: String,
    pub(crate) span: Span,
}

/// A JSON value that may hold expressions in its texts.
#[derive(Clone, Debug)]
pub(crate) enum JsonText {
    Constant(serde_json::Value),
    Text(TemplateText),
    List(Vec<JsonText>),
    Map(Vec<(String, JsonText)>),
}

impl Reader<'_> {
    /// A text with its variables filled in; expressions are not looked for.
    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        let Value::Text(text) = &node.value else {
            return None;
        };
        self.filled(node, text, 0..text.len())
    }

    /// A piece of a node's text with its variables filled in.
    fn filled(&mut self, node: &Node, text: &str, range: Range<usize>) -> Option<String> {
        let mut filled = String::new();
        let mut at = range.start;
        while let Some(found) = text[at..range.end].find('$') {
            filled.push_str(&text[at..at + found]);
            at += found;
            let rest = &text[at..range.end];
            if rest.starts_with("$$") {
                filled.push('$');
                at += 2;
            } else if rest.starts_with("${") {
                let Some(end) = rest.find('}') else {
                    let place = self.place(node, text, at..at + 2);
                    self.fault_with_hint(place, "`${` without `}`", "a dollar is written `$$`");
                    return None;
                };
                let piece = at..at + end + 1;
                filled.push_str(&self.variable_at(node, text, piece)?);
                at += end + 1;
            } else {
                filled.push('$');
                at += 1;
            }
        }
        filled.push_str(&text[at..range.end]);
        Some(filled)
    }

    /// What `${…}` at this piece of a text stands for.
    fn variable_at(&mut self, node: &Node, text: &str, piece: Range<usize>) -> Option<String> {
        let inside = &text[piece.start + 2..piece.end - 1];
        let (name, otherwise) = match inside.find(':') {
            Some(colon) => inside.split_at(colon),
            None => (inside, ""),
        };
        let value = self
            .variable(name)
            .filter(|value| otherwise.is_empty() || !value.is_empty());
        if !is_name(name) || otherwise.contains("${") {
            return self.unreadable_variable(node, text, piece);
        }
        if value.is_some() {
            return value;
        }
        match (otherwise.get(..2), otherwise.get(2..)) {
            (Some(":-"), Some(default)) => Some(default.to_owned()),
            (Some(":?"), Some(message)) => {
                let place = self.place(node, text, piece);
                self.fault(place, format!("the variable {name} is not set: {message}"));
                None
            }
            _ if otherwise.is_empty() => {
                let place = self.place(node, text, piece);
                let hint = format!("set it, or give a default: `${{{name}:-…}}`");
                self.fault_with_hint(place, format!("the variable {name} is not set"), hint);
                None
            }
            _ => self.unreadable_variable(node, text, piece),
        }
    }

    fn unreadable_variable(
        &mut self,
        node: &Node,
        text: &str,
        piece: Range<usize>,
    ) -> Option<String> {
        let what = format!("{} is not a variable", quoted(&text[piece.clone()]));
        let place = self.place(node, text, piece);
        let hint = "write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; a dollar is `$$`";
        self.fault_with_hint(place, what, hint);
        None
    }

    /// The pieces of a text that may hold expressions. Numbers, yes and no are taken as
    /// they are written.
    pub(crate) fn template(&mut self, node: &Node) -> Option<TemplateText> {
        let text = match &node.value {
            Value::Text(text) => text,
            Value::Number(_, written) => return Some(TemplateText::constant(written)),
            Value::Bool(yes) => return Some(TemplateText::constant(&yes.to_string())),
            _ => return self.mismatch::<TemplateText, _>(node),
        };
        let raw = match split::split(text) {
            Ok(raw) => raw,
            Err(unclosed) => {
                let place = self.place(node, text, unclosed..unclosed + 2);
                self.fault(place, "`{{` without `}}`");
                return None;
            }
        };
        let mut places = Places::new(self, node, text);
        let mut pieces = Vec::new();
        for piece in raw {
            match piece {
                Raw::Text(range) => pieces.push(Piece::Text(self.filled(node, text, range)?)),
                Raw::Expression(range) => {
                    let span = places.find(self, range.clone());
                    let source = text[range].to_owned();
                    pieces.push(Piece::Expression(self.expression(source, span)?));
                }
            }
        }
        let written = text.clone();
        Some(TemplateText { pieces, written })
    }

    pub(crate) fn expression(&mut self, source: String, span: Span) -> Option<Expression> {
        if source.contains("${") {
            let hint = "write `env.NAME`, without `$`";
            self.fault_with_hint(
                span,
                "variables are not filled in inside an expression",
                hint,
            );
            return None;
        }
        Some(Expression { source, span })
    }

    /// Where a piece of a node's text stands in the file: exactly, if it stands there as it
    /// is meant; else the first place that reads the same, or the whole text.
    pub(crate) fn place(&self, node: &Node, text: &str, piece: Range<usize>) -> Span {
        Places::new(self, node, text).find(self, piece)
    }
}

/// Finds pieces of a text in the file, one after the other.
struct Places<'t> {
    text: &'t str,
    span: Span,
    /// Where the text begins, if it stands in the file as it is meant.
    begins: Option<u32>,
    /// Else: behind the last piece found.
    searched: usize,
}

impl<'t> Places<'t> {
    fn new(reader: &Reader<'_>, node: &Node, text: &'t str) -> Self {
        let raw = reader.texts.of(node.span).slice(node.span.range());
        let quoted = raw.get(1..raw.len().saturating_sub(1));
        let begins = match (raw == text, quoted == Some(text)) {
            (true, _) => Some(node.span.start),
            (_, true) => Some(node.span.start + 1),
            _ => None,
        };
        Places {
            text,
            span: node.span,
            begins,
            searched: 0,
        }
    }

    fn find(&mut self, reader: &Reader<'_>, piece: Range<usize>) -> Span {
        if let Some(begins) = self.begins {
            let at = begins as usize + piece.start;
            return Span::in_file(at..at + piece.len()).of(self.span.source);
        }
        let raw = reader.texts.of(self.span).slice(self.span.range());
        let found = raw
            .get(self.searched..)
            .and_then(|rest| rest.find(&self.text[piece.clone()]));
        let Some(found) = found else {
            self.searched = raw.len();
            return self.span;
        };
        let start = self.span.start as usize + self.searched + found;
        self.searched += found + piece.len();
        Span::in_file(start..start + piece.len()).of(self.span.source)
    }
}

impl TemplateText {
    fn constant(text: &str) -> Self {
        TemplateText {
            pieces: vec![Piece::Text(text.to_owned())],
            written: text.to_owned(),
        }
    }

    /// Its expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Text(_) => None,
        })
    }
}

impl Read for TemplateText {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "template",
            what: "a text, which may hold `{{ expressions }}`",
            schema: r#"{"type":["string","number","boolean"]}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.template(node)
    }
}

impl Read for JsonText {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "json",
            what: "any value, whose texts may hold `{{ expressions }}`",
            schema: "true",
        };
        Kind::Leaf(&LEAF)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        Some(match &node.value {
            Value::Null => JsonText::Constant(serde_json::Value::Null),
            Value::Bool(yes) => JsonText::Constant((*yes).into()),
            Value::Number(number, _) => JsonText::Constant(number.clone().into()),
            Value::Text(_) => JsonText::Text(reader.template(node)?),
            Value::List(list) => {
                let list: Vec<_> = list.iter().map(|one| Self::read(one, reader)).collect();
                JsonText::List(list.into_iter().collect::<Option<_>>()?)
            }
            Value::Map(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, one)| {
                        reader.check_literal(key);
                        Some((key.name.clone(), Self::read(one, reader)?))
                    })
                    .collect();
                JsonText::Map(entries.into_iter().collect::<Option<_>>()?)
            }
        })
    }
}

impl Read for Expression {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "expression",
            what: "an expression, without `{{ }}` around it",
            schema: r#"{"type":["string","boolean"]}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let source = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Bool(yes) => yes.to_string(),
            _ => return reader.mismatch::<Self, Self>(node),
        };
        if source.trim_start().starts_with("{{") {
            let hint = "this is an expression already: leave out the `{{ }}`";
            reader.fault_with_hint(node.span, "an expression does not begin with `{{`", hint);
            return None;
        }
        let span = reader.place(node, &source, 0..source.len());
        reader.expression(source, span)
    }
}
