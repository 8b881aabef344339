//! The forms of text and number that keys take: times, rates, sizes, waits, statuses.
//!
//! In: a node. Out: the value, within the bounds of its type. Never: a default.

use std::str::FromStr;
use std::time::Duration;

use super::node::{Node, Value, quoted};
use super::pattern;
use super::read::{Read, Reader};
use super::shape::{Kind, Leaf, choice};
use crate::model::{Pick, StreamForm, Wait};
use crate::rate::Rate;
use crate::{duration, size};

/// Declares how a leaf type looks and how it is read.
macro_rules! leaf {
    ($type:ty, $name:literal, $what:literal, $schema:literal, $read:expr) => {
        impl Read for $type {
            fn kind() -> Kind {
                static LEAF: Leaf = Leaf {
                    name: $name,
                    what: $what,
                    schema: $schema,
                };
                Kind::Leaf(&LEAF)
            }

            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
                $read(node, reader)
            }
        }
    };
}

pub(super) use leaf;

/// A whole number from 0 on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole(pub(crate) u64);

/// A whole number from 1 on, such as a number of users.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count(pub(crate) u32);

/// The highest count that a plan can ask for.
const MOST: u32 = 1_000_000_000;

/// A part among others: from 0 on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight(pub(crate) f64);

/// The heaviest weight.
const HEAVIEST: f64 = 1e9;

/// Bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) u64);

/// Two lengths of time between which one is drawn; both the same is always that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(pub(crate) Wait);

/// Ranges of status codes, both ends included.
#[derive(Clone, Debug)]
pub(crate) struct Statuses(pub(crate) Vec<(u16, u16)>);

/// How arrivals lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrivals {
    Even,
    Poisson,
}

/// A JSONPath (RFC 9535) that has been read once.
#[derive(Clone, Debug)]
pub(crate) struct JsonPath(pub(crate) String);

/// A regular expression that has been compiled once.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) String);

/// A JSON value without expressions.
#[derive(Clone, Debug)]
pub(crate) struct Constant(pub(crate) serde_json::Value);

/// The limit of an objective, before it is known what it limits.
#[derive(Clone, Debug)]
pub(crate) struct LimitText(pub(crate) String);

/// Something that is written as `true` alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark;

leaf!(
    String,
    "text",
    "a text",
    r#"{"type":"string"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let Value::Text(text) = &node.value else {
            return reader.mismatch::<String, _>(node);
        };
        if text.contains("{{") {
            let hint = "only requests fill in expressions; variables are written `${NAME}`";
            let what = format!("{} takes no `{{{{ … }}}}`", reader.key());
            reader.fault_with_hint(node.span, what, hint);
            return None;
        }
        reader.text(node)
    }
);

leaf!(
    bool,
    "yes or no",
    "`true` or `false`",
    r#"{"type":"boolean"}"#,
    |node: &Node, reader: &mut Reader<'_>| match &node.value {
        Value::Bool(yes) => Some(*yes),
        Value::Text(text) if text.contains("${") => match reader.text(node)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            other => reader.refuse(node, format!("{} is not `true` or `false`", quoted(other))),
        },
        _ => reader.mismatch::<bool, _>(node),
    }
);

leaf!(
    Mark,
    "mark",
    "`true`, or nothing",
    r#"{"enum":[true,null]}"#,
    |node: &Node, reader: &mut Reader<'_>| match &node.value {
        Value::Null | Value::Bool(true) => Some(Mark),
        _ => reader.mismatch::<Mark, _>(node),
    }
);

leaf!(
    f64,
    "number",
    "a number",
    r#"{"type":"number"}"#,
    |node: &Node, reader: &mut Reader<'_>| number::<f64>(node, reader)
);

leaf!(
    Weight,
    "weight",
    "a number from 0 on",
    r#"{"type":"number","minimum":0,"maximum":1000000000}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let weight = number::<Weight>(node, reader)?;
        if !(0.0..=HEAVIEST).contains(&weight) {
            return reader.refuse(
                node,
                format!("a weight is from 0 to {HEAVIEST}, not {weight}"),
            );
        }
        Some(Weight(weight))
    }
);

leaf!(
    Whole,
    "whole number",
    "a whole number from 0 on",
    r#"{"type":"integer","minimum":0}"#,
    |node: &Node, reader: &mut Reader<'_>| whole::<Whole>(node, reader).map(Whole)
);

leaf!(
    Count,
    "count",
    "a whole number from 1 on",
    r#"{"type":"integer","minimum":1,"maximum":1000000000}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let number = whole::<Count>(node, reader)?;
        match u32::try_from(number) {
            Ok(number @ 1..=MOST) => Some(Count(number)),
            _ => reader.refuse(node, format!("it is from 1 to {MOST}, not {number}")),
        }
    }
);

leaf!(
    Duration,
    "duration",
    "a length of time such as 500ms, 2s, 1m30s or 1.5h",
    r#"{"type":"string","pattern":"^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?$|^([0-9]+[a-z]+)*[0-9]+\\.[0-9]+(d|h|m|s|ms|us)$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Duration>(node, reader)?;
        duration::parse(&text).map_or_else(|why| reader.refuse(node, why.to_string()), Some)
    }
);

leaf!(
    Rate,
    "rate",
    "a rate such as 50/s, 30/m or 1000/h",
    r#"{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?/[smh]$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Rate>(node, reader)?;
        Rate::from_str(&text).map_or_else(|why| reader.refuse(node, why.to_string()), Some)
    }
);

leaf!(
    Size,
    "size",
    "a size such as 512, 64kB or 1MB",
    r#"{"type":["string","integer"],"pattern":"^[0-9]+(\\.[0-9]+)? ?(B|kB|KB|MB|GB|KiB|MiB|GiB)?$","minimum":0}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Size>(node, reader)?;
        match size::parse(&text) {
            Some(bytes) => Some(Size(bytes)),
            None => reader.refuse(
                node,
                format!(
                    "{} is not a size; write 512, 64kB, 1MB or 2GiB",
                    quoted(&text)
                ),
            ),
        }
    }
);

leaf!(
    Pause,
    "pause",
    "a length of time such as 2s, or a range such as 1s..5s",
    r#"{"type":"string","pattern":"^[0-9.]+[a-z][0-9a-z.]*( *\\.\\. *[0-9.]+[a-z][0-9a-z.]*)?$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Pause>(node, reader)?;
        between(&text).map_or_else(|why| reader.refuse(node, why), |wait| Some(Pause(wait)))
    }
);

leaf!(
    Wait,
    "wait",
    "a time such as 2s, a range such as 1s..5s, `pacing 10s`, `throughput 0.1/s` or `none`",
    r#"{"type":"string","pattern":"^(none|pacing .+|throughput .+|[0-9].*)$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Wait>(node, reader)?;
        wait(&text).map_or_else(|why| reader.refuse(node, why), Some)
    }
);

leaf!(
    Statuses,
    "status",
    "a status such as 200, 2xx or 200..299, or a list of these",
    r#"{"anyOf":[{"type":"integer","minimum":100,"maximum":599},{"type":"string","pattern":"^([1-5]xx|[1-5][0-9][0-9]( *\\.\\. *[1-5][0-9][0-9])?)$"},{"type":"array","minItems":1,"items":{"anyOf":[{"type":"integer","minimum":100,"maximum":599},{"type":"string","pattern":"^([1-5]xx|[1-5][0-9][0-9]( *\\.\\. *[1-5][0-9][0-9])?)$"}]}}]}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let ranges = match &node.value {
            Value::List(list) if !list.is_empty() => {
                let ranges: Vec<_> = list.iter().map(|one| status(one, reader)).collect();
                ranges.into_iter().collect::<Option<_>>()?
            }
            _ => vec![status(node, reader)?],
        };
        Some(Statuses(ranges))
    }
);

leaf!(
    JsonPath,
    "JSONPath",
    "a JSONPath such as $.items[0].id",
    r#"{"type":"string","pattern":"^\\$"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<JsonPath>(node, reader)?;
        match pattern::check_json_path(&text) {
            Ok(()) => Some(JsonPath(text)),
            Err(why) => reader.refuse(node, why),
        }
    }
);

leaf!(
    Pattern,
    "regular expression",
    "a regular expression",
    r#"{"type":"string"}"#,
    |node: &Node, reader: &mut Reader<'_>| {
        let text = text::<Pattern>(node, reader)?;
        match pattern::check_regex(&text) {
            Ok(()) => Some(Pattern(text)),
            Err(why) => reader.refuse(node, why),
        }
    }
);

leaf!(
    Constant,
    "constant",
    "any value without `{{ expressions }}`",
    "true",
    |node: &Node, reader: &mut Reader<'_>| constant(node, reader).map(Constant)
);

leaf!(
    LimitText,
    "limit",
    "a limit such as 900ms, 1% or 50",
    r#"{"type":["string","number"]}"#,
    |node: &Node, reader: &mut Reader<'_>| text::<LimitText>(node, reader).map(LimitText)
);

choice!(Pick, "pick", "`sequential`, `shuffled`, `random` or `unique`", [
    "sequential" => Pick::Sequential,
    "shuffled" => Pick::Shuffled,
    "random" => Pick::Random,
    "unique" => Pick::Unique,
]);

choice!(Arrivals, "arrivals", "`even` or `poisson`", [
    "even" => Arrivals::Even,
    "poisson" => Arrivals::Poisson,
]);

choice!(StreamForm, "stream", "`sse`, `openai` or `anthropic`", [
    "sse" => StreamForm::Sse,
    "openai" => StreamForm::OpenAi,
    "anthropic" => StreamForm::Anthropic,
]);

/// A text, or a number as it is written, so that `timeout: 10` is told what it lacks.
pub(super) fn text<T: Read>(node: &Node, reader: &mut Reader<'_>) -> Option<String> {
    match &node.value {
        Value::Text(_) => reader.text(node),
        Value::Number(_, written) => Some(written.clone()),
        _ => reader.mismatch::<T, _>(node),
    }
}

/// A number; a text is one only where a variable stands for it.
pub(super) fn number<T: Read>(node: &Node, reader: &mut Reader<'_>) -> Option<f64> {
    match &node.value {
        Value::Number(number, _) => number.as_f64(),
        Value::Text(text) if text.contains("${") => {
            let text = reader.text(node)?;
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Some(number),
                _ => reader.refuse(node, format!("{} is not a number", quoted(&text))),
            }
        }
        _ => reader.mismatch::<T, _>(node),
    }
}

fn constant(node: &Node, reader: &mut Reader<'_>) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number, _) => number.clone().into(),
        Value::Text(_) => reader.text(node)?.into(),
        Value::List(list) => {
            let list: Vec<_> = list.iter().map(|one| constant(one, reader)).collect();
            list.into_iter().collect::<Option<Vec<_>>>()?.into()
        }
        Value::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, one)| Some((key.name.clone(), constant(one, reader)?)))
                .collect();
            let map: serde_json::Map<_, _> = entries.into_iter().collect::<Option<_>>()?;
            map.into()
        }
    })
}

fn whole<T: Read>(node: &Node, reader: &mut Reader<'_>) -> Option<u64> {
    match &node.value {
        Value::Number(number, _) => number.as_u64().or_else(|| reader.mismatch::<T, _>(node)),
        Value::Text(text) if text.contains("${") => {
            let text = reader.text(node)?;
            let number = text.parse().ok();
            number
                .or_else(|| reader.refuse(node, format!("{} is not a whole number", quoted(&text))))
        }
        _ => reader.mismatch::<T, _>(node),
    }
}

/// `2s`, or `1s..5s`.
fn between(text: &str) -> Result<Wait, String> {
    let time = |text: &str| duration::parse(text.trim()).map_err(|why| why.to_string());
    let (low, high) = match text.split_once("..") {
        Some((low, high)) => (time(low)?, time(high)?),
        None => (time(text)?, time(text)?),
    };
    if low > high {
        return Err(format!(
            "'{text}' ends before it begins; write the shorter time first"
        ));
    }
    Ok(Wait::Between(low, high))
}

fn wait(text: &str) -> Result<Wait, String> {
    match text.split_once(' ') {
        Some(("pacing", time)) => duration::parse(time.trim())
            .map(Wait::Pacing)
            .map_err(|why| why.to_string()),
        Some(("throughput", rate)) => throughput(rate.trim()),
        _ if text == "none" => Ok(Wait::None),
        _ => between(text),
    }
}

/// So many tasks per user and second: one every so many seconds.
fn throughput(text: &str) -> Result<Wait, String> {
    let rate = Rate::from_str(text).map_err(|why| why.to_string())?;
    let seconds = 1.0 / rate.as_per_second();
    match Duration::try_from_secs_f64(seconds) {
        Ok(apart) if apart <= duration::LONGEST => Ok(Wait::Pacing(apart)),
        _ => Err(format!("at '{text}' a user would never do anything")),
    }
}

/// `200`, `2xx`, `200..299`.
fn status(node: &Node, reader: &mut Reader<'_>) -> Option<(u16, u16)> {
    let text = text::<Statuses>(node, reader)?;
    let range = match text.split_once("..") {
        Some((first, last)) => code(first.trim()).zip(code(last.trim())),
        None => match text.strip_suffix("xx") {
            Some(class) => code(&format!("{class}00")).map(|first| (first, first + 99)),
            None => code(&text).map(|code| (code, code)),
        },
    };
    match range {
        Some((first, last)) if first <= last => Some((first, last)),
        _ => {
            let why = "is not a status; write 200, 2xx, 200..299 or a list of these";
            reader.refuse(node, format!("{} {why}", quoted(&text)))
        }
    }
}

fn code(text: &str) -> Option<u16> {
    let code = text.parse().ok()?;
    (100..=599).contains(&code).then_some(code)
}
