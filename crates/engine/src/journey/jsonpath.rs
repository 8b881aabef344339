//! Values in JSON texts, by JSONPath (RFC 9535).
//!
//! In: a path, compiled once, and the bytes of a body. Out: the first value that it
//! leads to. A path of names and places only (`$.a.b[0]`) is followed while the text is
//! read: all else is passed over and never built. Other paths need the whole tree.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::template::{Key, walk};

/// So many paths are followed in the text itself; where there are more, the tree is
/// built once for all.
const MOST_SCANS: usize = 2;

/// A path.
#[derive(Debug)]
pub(super) struct JsonPath {
    source: Box<str>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Keys(Vec<Key>),
    Query(JpQuery),
}

/// The body is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson;

impl JsonPath {
    /// Compiles a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(source: &str) -> Result<JsonPath, String> {
        let query = parse_json_path(source).map_err(|fault| fault.to_string())?;
        let keys: Option<Vec<Key>> = query.segments.iter().map(key).collect();
        Ok(JsonPath {
            source: source.into(),
            way: keys.map_or_else(|| Way::Query(query), Way::Keys),
        })
    }

    /// As it stands in the plan.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The first value that it leads to.
    pub(super) fn first<'a>(
        &self,
        json: &'a JsonText<'_>,
    ) -> Result<Option<Cow<'a, Value>>, NotJson> {
        match &self.way {
            Way::Keys(keys) if json.paths <= MOST_SCANS && json.tree.get().is_none() => {
                Ok(scan(json.bytes, keys)?.map(Cow::Owned))
            }
            Way::Keys(keys) => Ok(walk(json.tree()?, keys).map(Cow::Borrowed)),
            Way::Query(query) => {
                // Only a query that is no path into a value could fail here.
                let found = js_path_process(query, json.tree()?).unwrap_or_default();
                Ok(found.first().map(|found| Cow::Borrowed(found.val)))
            }
        }
    }
}

fn key(segment: &Segment) -> Option<Key> {
    match segment {
        Segment::Selector(Selector::Name(name)) => Some(Key::Name(name.as_str().into())),
        Segment::Selector(Selector::Index(index)) => usize::try_from(*index).ok().map(Key::Index),
        _ => None,
    }
}

/// A text that should be JSON, and its tree once somebody needed that.
#[derive(Debug)]
pub(super) struct JsonText<'a> {
    bytes: &'a [u8],
    paths: usize,
    tree: OnceCell<Result<Value, NotJson>>,
}

impl<'a> JsonText<'a> {
    /// The text `bytes`, in which so many `paths` will be looked for.
    pub(super) fn new(bytes: &'a [u8], paths: usize) -> Self {
        JsonText {
            bytes,
            paths,
            tree: OnceCell::new(),
        }
    }

    fn tree(&self) -> Result<&Value, NotJson> {
        let parse = || serde_json::from_slice(self.bytes).map_err(|_| NotJson);
        self.tree
            .get_or_init(parse)
            .as_ref()
            .map_err(|fault| *fault)
    }
}

/// Follows `keys` through a text. The whole text is read: that it is JSON to its end is
/// part of the answer, and of two members with one name the last one counts, as in a tree.
fn scan(bytes: &[u8], keys: &[Key]) -> Result<Option<Value>, NotJson> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let found = Scan(keys)
        .deserialize(&mut deserializer)
        .map_err(|_| NotJson)?;
    deserializer.end().map_err(|_| NotJson)?;
    Ok(found)
}

/// What is left of a path.
struct Scan<'k>(&'k [Key]);

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<Value>, D::Error> {
        match self.0 {
            [] => serde::Deserialize::deserialize(from).map(Some),
            _ => from.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Value>, A::Error> {
        let (wanted, rest) = match self.0 {
            [Key::Name(name), rest @ ..] => (Some(&**name), rest),
            _ => (None, self.0),
        };
        let mut found = None;
        while let Some(is_wanted) = members.next_key_seed(IsName(wanted))? {
            if is_wanted {
                found = members.next_value_seed(Scan(rest))?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        let (wanted, rest) = match self.0 {
            [Key::Index(index), rest @ ..] => (Some(*index), rest),
            _ => (None, self.0),
        };
        let mut found = None;
        for at in 0.. {
            if wanted == Some(at) {
                let Some(item) = items.next_element_seed(Scan(rest))? else {
                    break;
                };
                found = item;
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }
}

/// Whether the name of a member is the wanted one, without keeping it.
struct IsName<'k>(Option<&'k str>);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &str, text: &str, expected: Result<Option<Value>, NotJson>) {
        let path = JsonPath::compile(path).expect("a path");
        for paths in [1, MOST_SCANS + 1] {
            let json = JsonText::new(text.as_bytes(), paths);
            let found = path.first(&json).map(|found| found.map(Cow::into_owned));
            assert_eq!(
                found,
                expected,
                "{} in {text}, one of {paths}",
                path.source()
            );
        }
    }

    #[test]
    fn names_and_places_are_followed_in_the_text_as_in_the_tree() {
        let text = r#" {"a": {"b": [10, {"c": "x\ny"}, null]}, "n": 1.5, "é": true} "#;
        check("$.a.b[0]", text, Ok(Some(json!(10))));
        check("$.a.b[1].c", text, Ok(Some(json!("x\ny"))));
        check("$.a.b[2]", text, Ok(Some(Value::Null)));
        check("$.a.b[3]", text, Ok(None));
        check("$['a']['b'][1]", text, Ok(Some(json!({"c": "x\ny"}))));
        check("$.a.c", text, Ok(None));
        check("$.a[0]", text, Ok(None));
        check("$.n.x", text, Ok(None));
        check("$.a.b.c", text, Ok(None));
        check("$.é", text, Ok(Some(json!(true))));
        check("$", "7", Ok(Some(json!(7))));
        check("$.a", r#"{"a": 1, "a": 2}"#, Ok(Some(json!(2))));
        check("$.a", r#"{"\u0061": 3}"#, Ok(Some(json!(3))));
    }

    #[test]
    fn other_paths_are_followed_in_the_tree() {
        let text = r#"{"items": [{"id": 1, "on": false}, {"id": 2, "on": true}]}"#;
        check("$.items[-1].id", text, Ok(Some(json!(2))));
        check("$.items[?@.on == true].id", text, Ok(Some(json!(2))));
        check("$..id", text, Ok(Some(json!(1))));
        check("$.items[?@.id > 7]", text, Ok(None));
    }

    #[test]
    fn what_is_no_json_to_its_end_is_none() {
        for text in [
            "",
            "{",
            "{\"a\": 1",
            "{\"a\": 1} x",
            "<html>",
            "{\"a\": 1, \"b\": }",
        ] {
            check("$.a", text, Err(NotJson));
            check("$..a", text, Err(NotJson));
        }
    }

    #[test]
    fn a_deep_body_is_refused_and_harms_nobody() {
        let deep = "[".repeat(100_000);
        check("$[0]", &deep, Err(NotJson));
        check("$..a", &deep, Err(NotJson));
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        assert!(JsonPath::compile("a.b").is_err());
        assert!(JsonPath::compile("$.a[").is_err());
    }
}
