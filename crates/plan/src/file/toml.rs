//! TOML, with the place of every part.
//!
//! In: a text. Out: its tree in the order of the file, or the first fault. Never: dates; a plan
//! has none. The parser can collect all faults of form, but in a time that grows with the
//! square of the text.

use ::toml::Spanned;
use ::toml::de::{DeString, DeTable, DeValue};

use super::node::{Key, Node, Value};
use super::source::Span;
use super::{Problem, check_depth, float};

type DeEntry<'t> = (Spanned<DeString<'t>>, Spanned<DeValue<'t>>);

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let table = DeTable::parse(text).map_err(|error| problem(&error))?;
    let whole = Span::in_file(0..text.len());
    map(table.into_inner(), whole, 1)
}

fn problem(error: &::toml::de::Error) -> Problem {
    Problem::new(
        Span::in_file(error.span().unwrap_or_default()),
        error.message(),
    )
}

fn map(table: DeTable<'_>, span: Span, depth: usize) -> Result<Node, Problem> {
    check_depth(depth, span)?;
    let mut entries: Vec<DeEntry<'_>> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| {
        let key = Key {
            span: Span::in_file(key.span()),
            name: key.into_inner().into_owned(),
        };
        Ok((key, node(value, depth)?))
    });
    let value = Value::Map(entries.collect::<Result<_, Problem>>()?);
    Ok(Node { value, span })
}

fn node(value: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Problem> {
    let span = Span::in_file(value.span());
    let value = match value.into_inner() {
        DeValue::Table(table) => return map(table, span, depth + 1),
        DeValue::Array(array) => {
            check_depth(depth + 1, span)?;
            let list = array.into_iter().map(|one| node(one, depth + 1));
            Value::List(list.collect::<Result<_, _>>()?)
        }
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(yes) => Value::Bool(yes),
        DeValue::Float(number) => float(number.as_str(), number.as_str(), span)?,
        DeValue::Integer(number) => integer(number.as_str(), number.radix(), span)?,
        DeValue::Datetime(date) => {
            return Err(Problem::new(span, "a plan has no dates")
                .hint(format!("write it as a text: \"{date}\"")));
        }
    };
    Ok(Node { value, span })
}

fn integer(digits: &str, radix: u32, span: Span) -> Result<Value, Problem> {
    let written = digits.to_owned();
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Ok(Value::Number(number.into(), written));
    }
    match u64::from_str_radix(digits, radix) {
        Ok(number) => Ok(Value::Number(number.into(), written)),
        Err(_) => float(if radix == 10 { digits } else { "" }, digits, span),
    }
}
