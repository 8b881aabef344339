//! The JSON Schema of a plan, for editors.
//!
//! In: the declared keys ([`crate::file`]). Out: a schema (JSON Schema, draft 2020-12). What it
//! accepts is more than what [`crate::load`] does: it does not see what one key means for
//! another. Never: a list of keys of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::file::read::Read;
use crate::file::shape::{Key, Kind, Leaf, Record, joined};
use crate::file::written::PlanFile;
use crate::file::{self, Format};

/// The schema, as it is published.
pub fn schema() -> String {
    let mut definitions = Definitions::default();
    let root = definitions.of(&PlanFile::kind());
    definitions.all.insert("variable".to_owned(), variable());
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gatecrash plan",
        "$ref": root["$ref"],
        "$defs": definitions.all,
    });
    format!("{schema:#}\n")
}

/// A text in which `${NAME}` stands for a value.
fn variable() -> Value {
    json!({
        "description": "A variable of the environment: `${NAME}` or `${NAME:-default}`.",
        "type": "string",
        "pattern": "\\$\\{",
    })
}

/// What the names of parts begin with.
const PARTS: &str = "PartsOf";

/// Everything that has a name in the schema.
#[derive(Default)]
struct Definitions {
    all: BTreeMap<String, Value>,
    /// What is described is laid over something of its kind: nothing in it is required.
    is_of_parts: bool,
}

impl Definitions {
    fn of(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Leaf(leaf) => self.of_parts(false, |all| all.named(leaf.name, |_| of_leaf(leaf))),
            // A list is replaced as a whole.
            Kind::List(items) => {
                let items = self.of_parts(false, |all| all.of(items));
                json!({ "type": "array", "items": items })
            }
            Kind::Map(_, values) => {
                let values = self.of(values);
                json!({ "type": "object", "additionalProperties": self.or_null(values) })
            }
            Kind::Parts(record) => self.of_parts(true, |all| all.of(&Kind::Record(record))),
            Kind::Record(record) => self.named(record.title(), |all| all.of_record(record)),
            Kind::Merged(first, others, alone) => {
                self.named(first.title(), |all| all.of_merged(first, others, *alone))
            }
            Kind::Open(record, _, values) => {
                let values = self.of(values);
                let values = self.or_null(values);
                self.named(record.title(), |all| {
                    let mut object = all.of_record(record);
                    object["additionalProperties"] = values;
                    object
                })
            }
            Kind::Union(union) => self.named(union.title, |all| {
                let kinds: Vec<Value> = (union.kinds)().iter().map(|kind| all.of(kind)).collect();
                json!({ "description": union.doc, "anyOf": kinds })
            }),
            Kind::OneOf(kinds) => {
                let kinds: Vec<Value> = kinds.iter().map(|kind| self.of(kind)).collect();
                json!({ "anyOf": kinds })
            }
        }
    }

    /// A reference to what has this name; made when it is met for the first time.
    fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        let name = match self.is_of_parts {
            true => format!("{PARTS}{}", name.replace(' ', "_")),
            false => name.replace(' ', "_"),
        };
        if !self.all.contains_key(&name) {
            // Taken before it is made: steps contain steps.
            self.all.insert(name.clone(), Value::Null);
            let made = make(self);
            self.all.insert(name.clone(), made);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// Describes something as parts, or as a whole.
    fn of_parts(&mut self, is_of_parts: bool, make: impl FnOnce(&mut Self) -> Value) -> Value {
        let outer = std::mem::replace(&mut self.is_of_parts, is_of_parts);
        let made = make(self);
        self.is_of_parts = outer;
        made
    }

    /// What can be taken away as well, if this is of parts.
    fn or_null(&self, value: Value) -> Value {
        match self.is_of_parts {
            true => json!({ "anyOf": [value, { "type": "null" }] }),
            false => value,
        }
    }

    fn of_record(&mut self, record: &Record) -> Value {
        let keys = (record.keys)();
        self.object(record, keys, record.one_of)
    }

    /// The keys of the first with those of one of the others; or the first alone, if it has
    /// the key `alone`.
    fn of_merged(&mut self, first: &Record, others: &[&Record], alone: Option<&str>) -> Value {
        let mut forms: Vec<Value> = Vec::new();
        for other in others {
            let mut keys = (other.keys)();
            let is_new =
                |key: &Key| Some(key.name) != alone && keys.iter().all(|one| one.name != key.name);
            let own: Vec<Key> = (first.keys)().into_iter().filter(is_new).collect();
            keys.extend(own);
            forms.push(self.object(other, keys, other.one_of));
        }
        let alone = alone.map(|key| self.object(first, (first.keys)(), &[key]));
        forms.extend(alone);
        json!({ "description": joined(first.doc), "anyOf": forms })
    }

    fn object(&mut self, record: &Record, keys: Vec<Key>, one_of: &[&str]) -> Value {
        let is_of_parts = self.is_of_parts;
        let required = keys.iter().filter(|key| key.required && !is_of_parts);
        let required: Vec<&str> = required.map(|key| key.name).collect();
        // What is laid over has nothing that is laid over it.
        let is_shown = |key: &&Key| !(is_of_parts && matches!(key.kind, Kind::Parts(_)));
        let properties: Map<String, Value> = keys
            .iter()
            .filter(is_shown)
            .map(|key| (key.name.to_owned(), self.property(key)))
            .collect();
        let mut object = json!({
            "description": joined(record.doc),
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            object["required"] = required.into();
        }
        if !one_of.is_empty() && !is_of_parts {
            let each = one_of.iter().map(|name| json!({ "required": [name] }));
            object["oneOf"] = each.collect();
        }
        object
    }

    fn property(&mut self, key: &Key) -> Value {
        let property = self.of(&key.kind);
        let mut property = self.or_null(property);
        let mut description = joined(key.doc);
        if let Some(default) = key.default {
            description.push_str(&format!(" Without it: {default}."));
        }
        property["description"] = description.into();
        if let Ok(example) = file::tree(key.example, Format::Yaml) {
            property["examples"] = json!([file::json_of(&example)]);
        }
        property
    }
}

/// A leaf, or a variable that stands for it where a text would not do anyway.
fn of_leaf(leaf: &Leaf) -> Value {
    let schema: Value = serde_json::from_str(leaf.schema).unwrap_or(Value::Bool(true));
    let takes_any_text = match &schema["type"] {
        Value::String(only) => only == "string",
        Value::Array(several) => several.contains(&json!("string")),
        _ => schema == Value::Bool(true) || schema["not"].is_object(),
    };
    let schema = match takes_any_text && schema["pattern"].is_null() {
        true => schema,
        false => json!({ "anyOf": [schema, { "$ref": "#/$defs/variable" }] }),
    };
    match schema {
        Value::Object(mut object) => {
            object.insert("description".to_owned(), leaf.what.into());
            Value::Object(object)
        }
        other => other,
    }
}
