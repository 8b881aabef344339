//! JSON (RFC 8259), with the place of every part.
//!
//! In: a text. Out: its tree, or the first fault. Never: comments, trailing commas.
//! The YAML parser is no stand-in: it knows other escapes in strings.

use super::node::{Key, Node, Value};
use super::source::Span;
use super::{Budget, MapBuilder, Problem, check_depth, float};

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        budget: Budget::default(),
    };
    let node = parser.value()?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected("the end of the file")),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    budget: Budget,
}

impl Parser<'_> {
    fn value(&mut self) -> Result<Node, Problem> {
        self.skip_space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::map)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        let span = Span::in_file(start..self.at);
        self.budget.spend(1, span)?;
        Ok(Node { value, span })
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, Problem>) -> Result<Value, Problem> {
        self.depth += 1;
        check_depth(self.depth, Span::in_file(self.at..self.at + 1))?;
        self.at += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, Problem> {
        let mut map = MapBuilder::default();
        while !self.ends(b'}', map.entries.is_empty())? {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes"));
            }
            let name = self.string()?;
            let span = Span::in_file(start..self.at);
            let key = Key { name, span };
            map.check(&key)?;
            self.skip_space();
            if !self.took(b':') {
                return Err(self.unexpected("`:`"));
            }
            let value = self.value()?;
            map.push(key, value);
        }
        Ok(map.finish())
    }

    fn list(&mut self) -> Result<Value, Problem> {
        let mut list = Vec::new();
        while !self.ends(b']', list.is_empty())? {
            list.push(self.value()?);
        }
        Ok(Value::List(list))
    }

    /// Whether the list or map ends here; if not, what parts it from the next entry is
    /// taken.
    fn ends(&mut self, end: u8, is_empty: bool) -> Result<bool, Problem> {
        self.skip_space();
        if self.took(end) {
            return Ok(true);
        }
        if !is_empty && !self.took(b',') {
            let expected = format!("`,` or `{}`", char::from(end));
            return Err(self.unexpected(&expected));
        }
        self.skip_space();
        Ok(false)
    }

    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(0x20..) => self.at += 1,
                _ => return Err(self.unexpected("`\"` at the end of the text")),
            }
        }
        self.at += 1;
        let written = self.text.get(start..self.at).unwrap_or_default();
        serde_json::from_str(written).map_err(|_| {
            let what = "this text has an escape that JSON does not know".to_owned();
            Problem::new(Span::in_file(start..self.at), what)
        })
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let (written, span) =
            self.taken(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        match serde_json::from_str::<serde_json::Number>(&written) {
            Ok(number) => Ok(Value::Number(number, written)),
            Err(_) => float("", &written, span),
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let (word, span) = self.taken(|byte| byte.is_ascii_alphanumeric());
        match word.as_str() {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(Problem::new(span, format!("`{word}` is not JSON"))
                .hint("texts stand in double quotes")),
        }
    }

    fn taken(&mut self, belongs: fn(&u8) -> bool) -> (String, Span) {
        let start = self.at;
        let bytes = self.text.as_bytes()[start..].iter();
        self.at += bytes.take_while(|byte| belongs(byte)).count();
        (
            self.text[start..self.at].to_owned(),
            Span::in_file(start..self.at),
        )
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn took(&mut self, byte: u8) -> bool {
        let is_here = self.peek() == Some(byte);
        self.at += usize::from(is_here);
        is_here
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let found = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        let what = match found {
            Some(c) => format!("{expected} was expected here, not {c:?}"),
            None => format!("{expected} was expected here, not the end of the file"),
        };
        let length = found.map_or(0, char::len_utf8);
        Problem::new(Span::in_file(self.at..self.at + length), what)
    }
}
