//! What is taken from an answer and what it must be, as written.

use std::time::Duration;

use super::{Headers, Paths, Values};
use crate::file::node::{Node, Value};
use crate::file::read::{At, Entries, Read, Reader};
use crate::file::scalar::{Constant, JsonPath, Mark, Pattern, Size, Statuses};
use crate::file::shape::{Kind, Leaf, record};
use crate::file::text::{JsonText, TemplateText};

record! {
    /// Where in an answer a value is.
    TakeKeys "a value to take" one of ["json", "header", "regex", "cookie", "body", "status"] {
        /// A JSONPath (RFC 9535) into the JSON body; the first match.
        json: JsonPath = "$.items[0].id";
        /// The name of a header.
        header: String = "X-Request-Id";
        /// A regular expression on the body's text: its first group, or else the whole match.
        regex: Pattern = "'id=(\\d+)'";
        /// The name of a cookie that the user has after the answer.
        cookie: String = "session";
        /// The whole body as text; of a stream the content put together.
        body: Mark = "true";
        /// The status code.
        status: Mark = "true";
        /// What the value is if there is none; without this the request is a failure.
        default: Constant = "none";
    }
}

/// A value to take: a JSONPath alone, or a map that says where it is.
pub(crate) enum TakeFile {
    Json(JsonPath),
    Place(Box<TakeKeys>),
}

impl Read for TakeFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![JsonPath::kind(), TakeKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => TakeKeys::read(node, reader).map(|at| TakeFile::Place(Box::new(at))),
            Value::Text(_) => JsonPath::read(node, reader).map(TakeFile::Json),
            _ => reader.mismatch::<Self, Self>(node),
        }
    }
}

record! {
    /// What an answer must be.
    ExpectFile "`expect`" {
        /// The status, or several.
        status: Statuses = "[200, 404]" (default "any below 400");
        /// What must stand at places of the JSON body (JSONPath, RFC 9535).
        json: Entries<Paths, JsonExpectFile> = "{ $.results: exists }";
        /// What headers must contain; `exists` asks only that they are there.
        header: Entries<Headers, TemplateText> = "{ Content-Type: json }";
        /// What the body must contain: a text, or several.
        contains: OneOrMore = "welcome";
        /// A regular expression that the body must match.
        matches: Pattern = "'order \\d+'";
        /// How long it may take at most, from the send to the end.
        under: Duration = "5s";
        /// How many bytes the body has at least.
        min_bytes: Size = "100";
    }
}

/// One text or several.
pub(crate) struct OneOrMore(pub(crate) Vec<TemplateText>);

impl Read for OneOrMore {
    fn kind() -> Kind {
        Kind::OneOf(vec![TemplateText::kind(), <Vec<At<TemplateText>>>::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::List(_) => {
                let list: Vec<At<TemplateText>> = Read::read(node, reader)?;
                Some(OneOrMore(list.into_iter().map(|one| one.value).collect()))
            }
            _ => TemplateText::read(node, reader).map(|text| OneOrMore(vec![text])),
        }
    }
}

/// What a value in JSON must be.
pub(crate) enum JsonExpectFile {
    Exists,
    Absent,
    Equals(JsonText),
    Conditions(Box<ConditionKeys>),
}

record! {
    /// What a value in JSON must be, where more than `exists`, `absent` or a value is to be said.
    ConditionKeys "a condition" {
        /// It equals this.
        equals: JsonText = "{ state: done }";
        /// As a text it contains this; a list has such an element.
        contains: TemplateText = "graph";
        /// It is a number, or has a length, of at least this.
        at_least: f64 = "1";
        /// It is a number, or has a length, of at most this.
        at_most: f64 = "20";
    }
}

/// The two words, for the schema and the messages.
struct Presence;

impl Read for Presence {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "presence",
            what: "`exists` or `absent`",
            schema: r#"{"enum":["exists","absent"]}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(_: &Node, _: &mut Reader<'_>) -> Option<Self> {
        None
    }
}

/// A value that is written as it is: anything but a map.
struct Plain;

impl Read for Plain {
    fn kind() -> Kind {
        static LEAF: Leaf = Leaf {
            name: "plain value",
            what: "a value that it equals",
            schema: r#"{"not":{"type":"object"}}"#,
        };
        Kind::Leaf(&LEAF)
    }

    fn read(_: &Node, _: &mut Reader<'_>) -> Option<Self> {
        None
    }
}

impl Read for JsonExpectFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![Presence::kind(), Plain::kind(), ConditionKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == "exists" => Some(JsonExpectFile::Exists),
            Value::Text(word) if word == "absent" => Some(JsonExpectFile::Absent),
            Value::Map(_) => ConditionKeys::read(node, reader)
                .map(|conditions| JsonExpectFile::Conditions(Box::new(conditions))),
            _ => JsonText::read(node, reader).map(JsonExpectFile::Equals),
        }
    }
}

record! {
    /// The message that is waited for on a WebSocket; without `contains` and `json` any.
    MessageKeys "`expect`" {
        /// It contains this text.
        contains: TemplateText = "pong";
        /// What must stand at a place of its JSON (JSONPath, RFC 9535): one place.
        json: Entries<Paths, JsonExpectFile> = "{ $.type: update }";
        /// Values of it that later steps can name: by JSONPath, `regex` or `body`.
        take: Entries<Values, TakeFile> = "{ id: $.id }";
        /// How long it is waited for.
        within: Duration = "2s" (default "10s");
    }
}

/// A message: a text that it contains, or a map that says more.
pub(crate) enum SocketExpectFile {
    Contains(TemplateText),
    Keys(Box<MessageKeys>),
}

impl Read for SocketExpectFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![TemplateText::kind(), MessageKeys::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => {
                MessageKeys::read(node, reader).map(|keys| SocketExpectFile::Keys(Box::new(keys)))
            }
            _ => TemplateText::read(node, reader).map(SocketExpectFile::Contains),
        }
    }
}
