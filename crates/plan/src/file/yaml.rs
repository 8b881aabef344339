//! YAML 1.2 with the core schema, anchors and merge keys; with the place of every part.
//!
//! In: a text. Out: its tree, or the first fault. Never: several documents, tags of one's
//! own, keys that are not texts. Aliases are repeated within the limits of [`super`].

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::node::{Key, Node, Value};
use super::source::Span;
use super::{Budget, MapBuilder, Problem, check_depth, float};

const MERGE: &str = "<<";

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| builder.unreadable(&error))?;
        let span = builder.span(span);
        builder.take(event, span)?;
    }
    let nothing = || {
        Problem::new(Span::in_file(0..0), "the plan is empty")
            .hint("a plan has at least `users:` and `scenarios:`")
    };
    builder.root.ok_or_else(nothing)
}

/// A list or map that is not complete yet.
struct Open {
    anchor: usize,
    span: Span,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map {
        map: MapBuilder,
        key: Option<Key>,
        merged: Vec<Node>,
    },
}

struct Builder<'t> {
    text: &'t str,
    /// Byte of each character, for texts beyond ASCII.
    bytes: Vec<u32>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    budget: Budget,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            let starts = text.char_indices().map(|(at, _)| at);
            starts
                .map(|at| u32::try_from(at).unwrap_or(u32::MAX))
                .collect()
        };
        Builder {
            text,
            bytes,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            budget: Budget::default(),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Problem::new(span, "a second document begins here")
                    .hint("a plan is one document; remove the `---`"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.without_comment(span, style);
                let value = scalar(&text, style, tag.as_deref(), span)?;
                self.complete(Node { value, span }, anchor, &text)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), span)?;
                self.begin(anchor, span, Inside::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), span)?;
                let inside = Inside::Map {
                    map: MapBuilder::default(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(anchor, span, inside)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.repeat(anchor, span),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, span: Span, inside: Inside) -> Result<(), Problem> {
        if self.is_at_key() {
            return Err(self.key_fault(span));
        }
        check_depth(self.open.len() + 1, span)?;
        self.open.push(Open {
            anchor,
            span,
            inside,
        });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), Problem> {
        let Some(Open {
            anchor,
            span,
            inside,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match inside {
            Inside::List(list) => Value::List(list),
            Inside::Map {
                mut map, merged, ..
            } => {
                for node in merged {
                    merge(&mut map, node)?;
                }
                map.finish()
            }
        };
        let span = self.trimmed(span.to(end));
        self.complete(Node { value, span }, anchor, "")
    }

    /// A value stands where the next one is due; `text` is what a scalar says, which makes
    /// it a key where a key is due.
    fn complete(&mut self, node: Node, anchor: usize, text: &str) -> Result<(), Problem> {
        self.budget.spend(1, node.span)?;
        if anchor > 0 {
            let size = size(&node);
            self.budget.spend(size, node.span)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.inside {
            Inside::List(list) => list.push(node),
            Inside::Map { map, key, merged } => match key.take() {
                Some(name) if name.name == MERGE => merged.push(node),
                Some(name) => map.push(name, node),
                None => {
                    let named = Key {
                        name: text.to_owned(),
                        span: node.span,
                    };
                    if text != MERGE {
                        map.check(&named)?;
                    }
                    *key = Some(named);
                }
            },
        }
        Ok(())
    }

    fn repeat(&mut self, anchor: usize, span: Span) -> Result<(), Problem> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            let what = "this alias repeats something that contains it";
            return Err(Problem::new(span, what));
        };
        let (node, size) = (node.clone(), *size);
        self.budget.spend(size, span)?;
        check_depth(self.open.len() + depth(&node), span)?;
        match (&node.value, self.is_at_key()) {
            (Value::Text(text), true) => {
                let text = text.clone();
                self.complete(node, 0, &text)
            }
            (_, true) => Err(self.key_fault(span)),
            (_, false) => self.complete(node, 0, ""),
        }
    }

    fn is_at_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                inside: Inside::Map { key: None, .. },
                ..
            })
        )
    }

    fn key_fault(&self, span: Span) -> Problem {
        let problem = Problem::new(span, "a list or a map cannot be a name");
        let start = span.range().start;
        if self.text[..start].ends_with('{') && self.text[start..].starts_with('{') {
            return problem.hint("put texts with `{{ … }}` into double quotes");
        }
        problem
    }

    fn unreadable(&self, error: &ScanError) -> Problem {
        let start = self.byte(error.marker().index());
        let problem = Problem::new(Span::in_file(start..start), error.info());
        let line = self.text[..start].rsplit('\n').next().unwrap_or_default();
        let rest = self.text[start..].split('\n').next().unwrap_or_default();
        if format!("{line}{rest}").contains("{{") {
            return problem.hint("put texts with `{{ … }}` into double quotes");
        }
        if error.info().contains("flow") {
            return problem.hint("put texts with `[`, `]`, `{`, `}` or `,` in them into quotes");
        }
        problem
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let (start, end) = (span.start.index(), span.end.index());
        self.trimmed(Span::in_file(self.byte(start)..self.byte(end)))
    }

    fn byte(&self, index: usize) -> usize {
        if self.text.is_ascii() {
            return index.min(self.text.len());
        }
        self.bytes
            .get(index)
            .map_or(self.text.len(), |at| *at as usize)
    }

    /// Only up to the quote that ends it; the parser counts in what follows.
    fn without_comment(&self, span: Span, style: ScalarStyle) -> Span {
        let quote = match style {
            ScalarStyle::SingleQuoted => b'\'',
            ScalarStyle::DoubleQuoted => b'"',
            _ => return span,
        };
        let range = span.range();
        let piece = self.text.get(range.clone()).unwrap_or_default().as_bytes();
        let Some(open) = piece.iter().position(|byte| *byte == quote) else {
            return span;
        };
        let mut at = open + 1;
        while let Some(&byte) = piece.get(at) {
            let is_doubled = quote == b'\'' && piece.get(at + 1) == Some(&quote);
            match byte {
                b'\\' if quote == b'"' => at += 2,
                _ if byte == quote && !is_doubled => break,
                _ if byte == quote => at += 2,
                _ => at += 1,
            }
        }
        Span::in_file(range.start + open..(range.start + at + 1).min(range.end))
    }

    /// Without the white space behind it, which the parser counts in.
    fn trimmed(&self, span: Span) -> Span {
        let range = span.range();
        let Some(piece) = self.text.get(range.clone()) else {
            return span;
        };
        Span::in_file(range.start..range.start + piece.trim_end().len())
    }
}

/// Takes in what a merge key names; what the map has itself stays.
fn merge(map: &mut MapBuilder, node: Node) -> Result<(), Problem> {
    match node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                if map.names.insert(key.name.clone()) {
                    map.push(key, value);
                }
            }
            Ok(())
        }
        Value::List(list) => list.into_iter().try_for_each(|one| merge(map, one)),
        _ => Err(Problem::new(
            node.span,
            "`<<` takes in a map, or a list of maps",
        )),
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
        _ => 1,
    }
}

fn depth(node: &Node) -> usize {
    match &node.value {
        Value::List(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, node)| depth(node))
                .max()
                .unwrap_or_default()
        }
        _ => 0,
    }
}

fn check_tag(tag: Option<&Tag>, span: Span) -> Result<(), Problem> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => Err(Problem::new(
            span,
            format!("a plan has no tags such as `{tag}`"),
        )),
        _ => Ok(()),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Value, Problem> {
    check_tag(tag, span)?;
    let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
    if is_text {
        return Ok(Value::Text(text.to_owned()));
    }
    plain(text, span)
}

/// What an unquoted scalar is (YAML 1.2.2, §10.3.2).
fn plain(text: &str, span: Span) -> Result<Value, Problem> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x") {
        return integer(text, digits, 16, span);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return integer(text, digits, 8, span);
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return integer(text, text, 10, span);
    }
    if is_float(unsigned) {
        return float(text, text, span);
    }
    Ok(Value::Text(text.to_owned()))
}

fn integer(written: &str, digits: &str, radix: u32, span: Span) -> Result<Value, Problem> {
    let signed = if radix == 10 {
        digits.strip_prefix(['-', '+'])
    } else {
        None
    };
    let bare = signed.unwrap_or(digits);
    if bare.is_empty() || !bare.chars().all(|digit| digit.is_digit(radix)) {
        return Ok(Value::Text(written.to_owned()));
    }
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Ok(Value::Number(number.into(), written.to_owned()));
    }
    match u64::from_str_radix(digits, radix) {
        Ok(number) => Ok(Value::Number(number.into(), written.to_owned())),
        Err(_) if radix == 10 => float(written, written, span),
        Err(_) => Ok(Value::Text(written.to_owned())),
    }
}

/// `1.5`, `.5`, `1.`, `1e3`, `.inf`, `.nan`: digits with at most one point and exponent.
fn is_float(unsigned: &str) -> bool {
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digit = !whole.is_empty() || !part.is_empty();
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    has_digit && is_digits(whole) && is_digits(part) && exponent_fits
}
