//! JSON values with places to fill in, where a value is wanted and not its text.
//!
//! In: what a step sets, or compares with. Out: a value. What is constant is made once.

use gatecrash_plan::model::{JsonTemplate, Part};
use serde_json::{Map, Value};

use super::encode::Escape;
use super::template::{Expr, Fault, Pieces, Scope, Written};
use super::values::Names;

/// A JSON value with places to fill in, that becomes a value.
#[derive(Debug)]
pub(super) enum Tree {
    Constant(Value),
    Expr(Expr),
    Text(Pieces),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    pub(super) fn compile(template: &JsonTemplate, names: &mut Names<'_>) -> Result<Tree, String> {
        Ok(match template {
            JsonTemplate::Constant(value) => Tree::Constant(value.clone()),
            JsonTemplate::Text(text) => match text.parts.as_slice() {
                [Part::Expression(source)] => match Expr::compile(source, names)? {
                    Expr::Constant(value) => Tree::Constant(value),
                    expr => Tree::Expr(expr),
                },
                _ => {
                    let pieces = Pieces::compile(text, Written::As(Escape::Text), names)?;
                    match pieces.as_constant() {
                        Some(bytes) => Tree::Constant(String::from_utf8_lossy(bytes).into()),
                        None => Tree::Text(pieces),
                    }
                }
            },
            JsonTemplate::Array(items) => {
                let items = items.iter().map(|item| Tree::compile(item, names));
                let items: Vec<Tree> = items.collect::<Result<_, _>>()?;
                let constants: Option<Vec<Value>> = items.iter().map(Tree::as_constant).collect();
                constants.map_or(Tree::Array(items), |items| Tree::Constant(items.into()))
            }
            JsonTemplate::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), Tree::compile(value, names)?)));
                let members: Vec<(String, Tree)> = members.collect::<Result<_, String>>()?;
                let constants = members
                    .iter()
                    .map(|(name, member)| Some((name.clone(), member.as_constant()?)));
                match constants.collect::<Option<Map<String, Value>>>() {
                    Some(members) => Tree::Constant(members.into()),
                    None => Tree::Object(members),
                }
            }
        })
    }

    fn as_constant(&self) -> Option<Value> {
        match self {
            Tree::Constant(value) => Some(value.clone()),
            _ => None,
        }
    }

    pub(super) fn value(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        Ok(match self {
            Tree::Constant(value) => value.clone(),
            Tree::Expr(expr) => expr.value(scope)?.into_value(),
            Tree::Text(pieces) => pieces.text(scope)?.into(),
            Tree::Array(items) => {
                let items = items.iter().map(|item| item.value(scope));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Tree::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), member.value(scope)?)));
                Value::Object(members.collect::<Result<Map<_, _>, Fault>>()?)
            }
        })
    }
}
