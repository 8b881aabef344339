//! Texts with places to fill in, compiled once.
//!
//! In: templates of the plan. Out: constants where nothing is to be filled in, else pieces
//! that are written one after the other into a buffer. A name with members
//! (`answer.items[0]`) and a function of constants are found here; any other expression
//! is Jinja's ([`super::jinja`]). Never: a template parsed while load runs.

use std::sync::Arc;

use gatecrash_plan::model::{JsonTemplate, Part, Template};
use serde_json::Value;

use super::encode::{Escape, escape};
use super::feed::Feeds;
use super::functions::{Call, Function};
use super::jinja::{self, Jinja};
use super::values::{Names, Ref, Root, Values};

/// Why a template gave nothing, for the list of exceptions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault(pub(super) String);

/// What templates are filled in from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) values: &'a Values,
    pub(super) feeds: &'a Arc<Feeds>,
}

/// What stands between `{{` and `}}`.
#[derive(Debug)]
pub(super) enum Expr {
    Constant(Value),
    Path(Path),
    UserNumber,
    TaskNumber,
    Call(Function, Vec<Value>, Box<str>),
    Jinja(Box<Jinja>),
}

/// A name with members.
#[derive(Debug)]
pub(super) struct Path {
    root: Root,
    /// The column of a CSV file that the first key names.
    column: Option<usize>,
    keys: Vec<Key>,
    source: Box<str>,
}

/// A step into JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Name(Box<str>),
    Index(usize),
}

impl Expr {
    /// Compiles an expression.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(super) fn compile(source: &str, names: &mut Names<'_>) -> Result<Expr, String> {
        if let Some((first, keys)) = path(source) {
            return Expr::of_path(source, &first, keys, names);
        }
        if let Some((function, arguments)) = constant_call(source) {
            return Ok(Expr::Call(function, arguments, source.into()));
        }
        let compiled = Jinja::compile(source, jinja::Undefined::IsAFault, names)?;
        Ok(match compiled.constant() {
            Some(value) => Expr::Constant(value),
            None => Expr::Jinja(Box::new(compiled)),
        })
    }

    fn of_path(
        source: &str,
        first: &str,
        keys: Vec<Key>,
        names: &mut Names<'_>,
    ) -> Result<Expr, String> {
        let root = names.root(first);
        match (root, keys.as_slice()) {
            (Root::Env, [Key::Name(name)]) => match names.variable(name) {
                Some(value) => Ok(Expr::Constant(value.into())),
                None => Err(format!("the environment has no variable {name}")),
            },
            (Root::User, [Key::Name(name)]) if **name == *"number" => Ok(Expr::UserNumber),
            (Root::Task, [Key::Name(name)]) if **name == *"number" => Ok(Expr::TaskNumber),
            (Root::Env | Root::User | Root::Task, _) => Err(format!(
                "`{source}` is no value; see env.NAME, user.number and task.number"
            )),
            (Root::Feed(feed), [Key::Name(name), ..]) => {
                let column = names.feeds.rows(feed).column(name);
                Ok(Expr::Path(Path::new(root, column, keys, source)))
            }
            (Root::Feed(_), _) => Err(format!(
                "`{source}` is a whole row; name one of its columns: {first}.NAME"
            )),
            (Root::Slot(_), _) => match (source, keys.is_empty()) {
                ("true" | "True", true) => Ok(Expr::Constant(true.into())),
                ("false" | "False", true) => Ok(Expr::Constant(false.into())),
                ("none" | "None", true) => Ok(Expr::Constant(Value::Null)),
                _ => Ok(Expr::Path(Path::new(root, None, keys, source))),
            },
        }
    }

    /// Its value.
    pub(super) fn value<'a>(&'a self, scope: Scope<'a>) -> Result<Ref<'a>, Fault> {
        match self {
            Expr::Constant(value) => Ok(Ref::Json(value)),
            Expr::Path(path) => path.find(scope).ok_or_else(|| path.fault()),
            Expr::UserNumber => Ok(Ref::Own(scope.values.user.into())),
            Expr::TaskNumber => Ok(Ref::Own(scope.values.tasks.into())),
            Expr::Call(function, arguments, source) => {
                let draws = scope.values.draws();
                let call = Call {
                    arguments,
                    draw: &mut || draws.draw(),
                    sequences: &scope.feeds.sequences,
                };
                let value = function.call(call);
                value.map(Ref::Own).map_err(|why| fault(source, &why))
            }
            Expr::Jinja(jinja) => jinja.value(scope).map(Ref::Own),
        }
    }
}

impl Path {
    fn new(root: Root, column: Option<usize>, keys: Vec<Key>, source: &str) -> Path {
        Path {
            root,
            column,
            keys,
            source: source.into(),
        }
    }

    fn find<'a>(&'a self, scope: Scope<'a>) -> Option<Ref<'a>> {
        let (start, keys) = match (self.root, self.keys.split_first()) {
            (Root::Slot(slot), _) => (Ref::Json(scope.values.slot(slot)?), self.keys.as_slice()),
            (Root::Feed(feed), Some((Key::Name(name), keys))) => {
                let row = scope.values.row(feed)?;
                (scope.feeds.rows(feed).cell(row, name, self.column)?, keys)
            }
            _ => return None,
        };
        match start {
            Ref::Json(value) => walk(value, keys).map(Ref::Json),
            text if keys.is_empty() => Some(text),
            _ => None,
        }
    }

    fn fault(&self) -> Fault {
        fault(&self.source, "it has no value here")
    }
}

/// The value that `keys` lead to.
pub(super) fn walk<'a>(start: &'a Value, keys: &[Key]) -> Option<&'a Value> {
    keys.iter().try_fold(start, |value, key| match key {
        Key::Name(name) => value.as_object()?.get(&**name),
        Key::Index(index) => value.as_array()?.get(*index),
    })
}

pub(super) fn fault(source: &str, why: &str) -> Fault {
    Fault(format!("{{{{ {source} }}}}: {why}"))
}

/// Splits `name.member[0]["key"]`; `None` where the expression is anything else.
fn path(source: &str) -> Option<(String, Vec<Key>)> {
    let (first, mut rest) = identifier(source)?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let (key, after) = if let Some(member) = rest.strip_prefix('.') {
            let (name, after) = identifier(member)?;
            (Key::Name(name.into()), after)
        } else {
            bracketed(rest)?
        };
        keys.push(key);
        rest = after;
    }
    Some((first.to_owned(), keys))
}

fn identifier(source: &str) -> Option<(&str, &str)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = source
        .find(|letter| !is_part(letter))
        .unwrap_or(source.len());
    let starts_well = !source.starts_with(|first: char| first.is_ascii_digit());
    (end > 0 && starts_well).then(|| source.split_at(end))
}

/// `[0]` or `["name"]`, and what follows. Names with escapes are left to Jinja.
fn bracketed(source: &str) -> Option<(Key, &str)> {
    let inside = source.strip_prefix('[')?;
    if let Some(quote) = inside
        .chars()
        .next()
        .filter(|&first| first == '"' || first == '\'')
    {
        let (name, after) = inside[1..].split_once(quote)?;
        let after = after.strip_prefix(']')?;
        return (!name.contains('\\')).then(|| (Key::Name(name.into()), after));
    }
    let (digits, after) = inside.split_once(']')?;
    let is_index = digits.bytes().all(|byte| byte.is_ascii_digit());
    let index = digits.parse().ok().filter(|_| is_index)?;
    Some((Key::Index(index), after))
}

/// A call of one of our functions with nothing but constants.
fn constant_call(source: &str) -> Option<(Function, Vec<Value>)> {
    let (name, arguments) = source.strip_suffix(')')?.split_once('(')?;
    let function = Function::named(name.trim())?;
    match jinja::constant(&format!("[{arguments}]"))? {
        Value::Array(arguments) => Some((function, arguments)),
        _ => None,
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As JSON, with its type.
    Json,
    /// As text that may stand there.
    As(Escape),
    /// As the value of a header, which has one line.
    Header,
}

/// Constant bytes and places to fill in, in their order.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    Fill(Expr, Written),
}

impl Pieces {
    /// Appends bytes as they are.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    /// Appends other pieces.
    pub(super) fn append(&mut self, other: Pieces) {
        for piece in other.0 {
            match piece {
                Piece::Bytes(bytes) => self.push_bytes(&bytes),
                fill => self.0.push(fill),
            }
        }
    }

    /// Appends a text of the plan.
    pub(super) fn push_text(&mut self, text: &str, written: Written) -> Result<(), String> {
        let mut bytes = Vec::new();
        write(&Ref::Text(text), written, &mut bytes).map_err(str::to_owned)?;
        self.push_bytes(&bytes);
        Ok(())
    }

    /// Appends a template.
    pub(super) fn push(
        &mut self,
        template: &Template,
        written: Written,
        names: &mut Names<'_>,
    ) -> Result<(), String> {
        for part in &template.parts {
            match part {
                Part::Text(text) => self.push_text(text, written)?,
                Part::Expression(source) => match Expr::compile(source, names)? {
                    Expr::Constant(value) => {
                        let mut bytes = Vec::new();
                        write(&Ref::Own(value), written, &mut bytes).map_err(str::to_owned)?;
                        self.push_bytes(&bytes);
                    }
                    expr => self.0.push(Piece::Fill(expr, written)),
                },
            }
        }
        Ok(())
    }

    /// Appends a JSON value.
    pub(super) fn push_json(
        &mut self,
        template: &JsonTemplate,
        names: &mut Names<'_>,
    ) -> Result<(), String> {
        match template {
            JsonTemplate::Constant(value) => self.push_bytes(value.to_string().as_bytes()),
            JsonTemplate::Text(text) if is_one_expression(text) => {
                self.push(text, Written::Json, names)?;
            }
            JsonTemplate::Text(text) => {
                self.push_bytes(b"\"");
                self.push(text, Written::As(Escape::JsonString), names)?;
                self.push_bytes(b"\"");
            }
            JsonTemplate::Array(items) => {
                self.push_bytes(b"[");
                for (at, item) in items.iter().enumerate() {
                    self.push_bytes(if at > 0 { b"," } else { b"" });
                    self.push_json(item, names)?;
                }
                self.push_bytes(b"]");
            }
            JsonTemplate::Object(members) => {
                self.push_bytes(b"{");
                for (at, (name, value)) in members.iter().enumerate() {
                    self.push_bytes(if at > 0 { b"," } else { b"" });
                    self.push_text(name, Written::Json)?;
                    self.push_bytes(b":");
                    self.push_json(value, names)?;
                }
                self.push_bytes(b"}");
            }
        }
        Ok(())
    }

    /// A template alone.
    pub(super) fn compile(
        template: &Template,
        written: Written,
        names: &mut Names<'_>,
    ) -> Result<Pieces, String> {
        let mut pieces = Pieces::default();
        pieces.push(template, written, names)?;
        Ok(pieces)
    }

    /// The constant bytes at the start.
    pub(super) fn start(&self) -> &[u8] {
        match self.0.first() {
            Some(Piece::Bytes(bytes)) => bytes,
            _ => b"",
        }
    }

    /// Puts bytes before all others.
    pub(super) fn insert_start(&mut self, bytes: &[u8]) {
        match self.0.first_mut() {
            Some(Piece::Bytes(first)) => drop(first.splice(..0, bytes.iter().copied())),
            _ => self.0.insert(0, Piece::Bytes(bytes.to_vec())),
        }
    }

    /// Takes `count` bytes off the constant start.
    pub(super) fn cut_start(&mut self, count: usize) {
        if let Some(Piece::Bytes(first)) = self.0.first_mut() {
            first.drain(..count.min(first.len()));
        }
    }

    /// The bytes, where nothing is to be filled in.
    pub(super) fn as_constant(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [] => Some(b""),
            [Piece::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Appends all to `out`.
    pub(super) fn write(&self, scope: Scope<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        for piece in &self.0 {
            match piece {
                Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                Piece::Fill(expr, written) => write(&expr.value(scope)?, *written, out)
                    .map_err(|why| Fault(why.to_owned()))?,
            }
        }
        Ok(())
    }

    /// All as one text.
    pub(super) fn text(&self, scope: Scope<'_>) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        self.write(scope, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn write(value: &Ref<'_>, written: Written, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match written {
        Written::Json => value.write_json(out),
        Written::As(how) => escape(how, &value.text(), out),
        Written::Header => {
            let text = value.text();
            if text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Err("the value of a header has a line break in it");
            }
            out.extend_from_slice(text.as_bytes());
        }
    }
    Ok(())
}

fn is_one_expression(template: &Template) -> bool {
    matches!(template.parts.as_slice(), [Part::Expression(_)])
}

/// What decides an `if`.
#[derive(Debug)]
pub(super) enum Condition {
    Path(Path),
    Jinja(Box<Jinja>),
}

impl Condition {
    pub(super) fn compile(source: &str, names: &mut Names<'_>) -> Result<Condition, String> {
        if path(source).is_some()
            && let Expr::Path(path) = Expr::compile(source, names)?
        {
            return Ok(Condition::Path(path));
        }
        let jinja = Jinja::compile(source, jinja::Undefined::IsNotTrue, names)?;
        Ok(Condition::Jinja(Box::new(jinja)))
    }

    /// What is empty, 0, false, null or has no value is not true.
    pub(super) fn holds(&self, scope: Scope<'_>) -> Result<bool, Fault> {
        match self {
            Condition::Path(path) => Ok(path.find(scope).is_some_and(|value| value.is_true())),
            Condition::Jinja(jinja) => jinja.holds(scope),
        }
    }
}
