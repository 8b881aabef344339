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
    definitions.0.insert("variable".to_owned(), variable());
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gatecrash plan",
        "$ref": root["$ref"],
        "$defs": definitions.0,
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

/// Everything that has a name in the schema.
#[derive(Default)]
struct Definitions(BTreeMap<String, Value>);

impl Definitions {
    fn of(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Leaf(leaf) => self.named(leaf.name, |_| of_leaf(leaf)),
            Kind::List(items) => json!({ "type": "array", "items": self.of(items) }),
            Kind::Map(_, values) => {
                json!({ "type": "object", "additionalProperties": self.of(values) })
            }
            Kind::Record(record) => self.named(record.title(), |all| all.of_record(record)),
            Kind::Merged(first, others, alone) => {
                self.named(first.title(), |all| all.of_merged(first, others, *alone))
            }
            Kind::Open(record, _, values) => {
                let values = self.of(values);
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
        let name = name.replace(' ', "_");
        if !self.0.contains_key(&name) {
            // Taken before it is made: steps contain steps.
            self.0.insert(name.clone(), Value::Null);
            let made = make(self);
            self.0.insert(name.clone(), made);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
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
        let required = keys.iter().filter(|key| key.required).map(|key| key.name);
        let required: Vec<&str> = required.collect();
        let properties: Map<String, Value> = keys
            .iter()
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
        if !one_of.is_empty() {
            let each = one_of.iter().map(|name| json!({ "required": [name] }));
            object["oneOf"] = each.collect();
        }
        object
    }

    fn property(&mut self, key: &Key) -> Value {
        let mut property = self.of(&key.kind);
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
