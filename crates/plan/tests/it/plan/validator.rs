//! As much of JSON Schema (draft 2020-12) as the published schema uses, to hold plans
//! against it.

use serde_json::Value;

/// Where a value is not as the schema says: pointers into the value. Empty if it is.
pub(super) fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Value::Object(rules) = schema else {
        return if schema == &Value::Bool(true) {
            Vec::new()
        } else {
            vec![at.to_owned()]
        };
    };
    let mut wrong: Vec<String> = Vec::new();
    for (rule, argument) in rules {
        wrong.extend(keyword(root, rule, argument, rules, value, at));
    }
    wrong
}

fn keyword(
    root: &Value,
    rule: &str,
    argument: &Value,
    rules: &serde_json::Map<String, Value>,
    value: &Value,
    at: &str,
) -> Vec<String> {
    let list = || argument.as_array().into_iter().flatten();
    let fits = |schema: &Value| check(root, schema, value, at).is_empty();
    let holds = match rule {
        "$schema" | "title" | "description" | "examples" | "$defs" => true,
        "$ref" => {
            let pointer = argument.as_str().unwrap().strip_prefix('#').unwrap();
            return check(root, root.pointer(pointer).unwrap(), value, at);
        }
        "anyOf" => list().any(fits),
        "oneOf" => list().filter(|schema| fits(schema)).count() == 1,
        "not" => !fits(argument),
        "enum" => list().any(|one| one == value),
        "type" if argument.is_array() => list().any(|one| is_of(value, one)),
        "type" => is_of(value, argument),
        "pattern" => value.as_str().is_none_or(|text| {
            regex::Regex::new(argument.as_str().unwrap())
                .unwrap()
                .is_match(text)
        }),
        "minimum" => value
            .as_f64()
            .is_none_or(|number| number >= argument.as_f64().unwrap()),
        "maximum" => value
            .as_f64()
            .is_none_or(|number| number <= argument.as_f64().unwrap()),
        "minItems" => value
            .as_array()
            .is_none_or(|items| items.len() as u64 >= argument.as_u64().unwrap()),
        "required" => value
            .as_object()
            .is_none_or(|map| list().all(|key| map.contains_key(key.as_str().unwrap()))),
        "items" => {
            let items = value.as_array().into_iter().flatten().enumerate();
            return items
                .flat_map(|(place, item)| check(root, argument, item, &format!("{at}/{place}")))
                .collect();
        }
        "properties" => {
            let properties = argument.as_object().into_iter().flatten();
            return properties
                .filter_map(|(key, schema)| Some((key, schema, value.get(key)?)))
                .flat_map(|(key, schema, inner)| check(root, schema, inner, &format!("{at}/{key}")))
                .collect();
        }
        "additionalProperties" => {
            let known = rules.get("properties");
            let entries = value.as_object().into_iter().flatten();
            return entries
                .filter(|(key, _)| known.is_none_or(|known| known.get(key.as_str()).is_none()))
                .flat_map(|(key, inner)| check(root, argument, inner, &format!("{at}/{key}")))
                .collect();
        }
        other => panic!("the schema uses {other}, which this does not know"),
    };
    if holds {
        Vec::new()
    } else {
        vec![at.to_owned()]
    }
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    }
}
