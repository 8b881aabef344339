//! Expressions that need a language: operators, filters, calls of what is not constant.
//!
//! In: an expression, compiled once, and the user's values. Out: a value. The values that
//! an expression names are handed over for each evaluation, nothing else. The functions
//! of plans are there under their names.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use gatecrash_plan::draw::Stream;
use minijinja::value::{Object, Rest, Serde};
use minijinja::{Environment, Error, ErrorKind, Expression, State, UndefinedBehavior};
use serde_json::Value;

use super::feed::Feeds;
use super::functions::{Call, Function};
use super::template::{Fault, Scope, fault};
use super::values::{Names, Ref, Root};

/// What it means when an expression names something without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undefined {
    /// The template cannot be filled in.
    IsAFault,
    /// The condition does not hold.
    IsNotTrue,
}

static STRICT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::SemiStrict));
static LENIENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| environment(UndefinedBehavior::Chainable));

/// The name, not to be written in any template, under which functions find [`Chance`].
const CHANCE: &str = "$chance";

/// An expression.
#[derive(Debug)]
pub(super) struct Jinja {
    expression: Expression<'static, 'static>,
    /// What it names.
    roots: Vec<(String, Root)>,
    environment: minijinja::Value,
    source: Box<str>,
}

impl Jinja {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn compile(
        source: &str,
        undefined: Undefined,
        names: &mut Names<'_>,
    ) -> Result<Jinja, String> {
        let expression = expression(source, undefined).map_err(|fault| fault.to_string())?;
        let mut mentioned: Vec<String> = expression
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| name != "fake" && Function::named(name).is_none())
            .collect();
        mentioned.sort();
        let roots = mentioned.into_iter().map(|name| {
            let root = names.root(&name);
            (name, root)
        });
        let roots = roots.collect();
        let environment = names.environment().iter();
        let environment = environment.map(|(name, value)| (name.clone(), value.clone()));
        Ok(Jinja {
            roots,
            environment: minijinja::Value::from_pairs(environment),
            expression,
            source: source.into(),
        })
    }

    /// Its value, where it names nothing and calls nothing.
    pub(super) fn constant(&self) -> Option<Value> {
        constant(&self.source)
    }

    pub(super) fn value(&self, scope: Scope<'_>) -> Result<Value, Fault> {
        let value = self.evaluate(scope)?;
        if value.is_undefined() {
            return Err(fault(&self.source, "it has no value here"));
        }
        to_json(&value).map_err(|why| fault(&self.source, &why))
    }

    pub(super) fn holds(&self, scope: Scope<'_>) -> Result<bool, Fault> {
        Ok(self.evaluate(scope)?.is_true())
    }

    fn evaluate(&self, scope: Scope<'_>) -> Result<minijinja::Value, Fault> {
        let (stream, drawn) = scope.values.draws().state();
        let chance = Arc::new(Chance {
            stream,
            drawn: AtomicU64::new(drawn),
            feeds: scope.feeds.clone(),
        });
        let named = self
            .roots
            .iter()
            .filter_map(|(name, root)| Some((name.as_str(), self.named(*root, scope)?)));
        let chance_value = minijinja::Value::from_dyn_object(chance.clone());
        let context = named.chain([(CHANCE, chance_value)]);
        let value = self.expression.eval(minijinja::Value::from_pairs(context));
        let drawn = chance.drawn.load(Ordering::Relaxed);
        scope.values.draws().advance_to(drawn);
        value.map_err(|error| fault(&self.source, &sentence(&error)))
    }

    fn named(&self, root: Root, scope: Scope<'_>) -> Option<minijinja::Value> {
        let number = |number: u64| minijinja::Value::from_pairs([("number", number)]);
        match root {
            Root::Slot(slot) => scope.values.slot(slot).map(from_json),
            Root::Feed(feed) => {
                let row = scope.feeds.rows(feed).row(scope.values.row(feed)?);
                let cells = row.into_iter().map(|(name, cell)| (name, of_ref(&cell)));
                Some(minijinja::Value::from_pairs(cells))
            }
            Root::Env => Some(self.environment.clone()),
            Root::User => Some(number(scope.values.user)),
            Root::Task => Some(number(scope.values.tasks)),
        }
    }
}

fn of_ref(value: &Ref<'_>) -> minijinja::Value {
    match value {
        Ref::Json(value) => from_json(value),
        Ref::Text(text) => minijinja::Value::from(*text),
        Ref::Own(value) => from_json(value),
    }
}

fn from_json(value: &Value) -> minijinja::Value {
    minijinja::Value::from(Serde(value))
}

fn to_json(value: &minijinja::Value) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|_| "its value cannot be written as JSON".to_owned())
}

/// The value of an expression that names nothing; `None` for all others.
pub(super) fn constant(source: &str) -> Option<Value> {
    let expression = expression(source, Undefined::IsAFault).ok()?;
    if !expression.undeclared_variables(false).is_empty() {
        return None;
    }
    to_json(&expression.eval(()).ok()?).ok()
}

fn expression(source: &str, undefined: Undefined) -> Result<Expression<'static, 'static>, Error> {
    let environment: &'static Environment<'static> = match undefined {
        Undefined::IsAFault => &STRICT,
        Undefined::IsNotTrue => &LENIENT,
    };
    environment.compile_expression_owned(source.to_owned())
}

/// Without the place in the expression, which is one line.
fn sentence(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    for function in Function::all().filter(|function| !function.name().contains('.')) {
        environment.add_function(
            function.name(),
            move |state: &State<'_, '_>, arguments: Rest<minijinja::Value>| {
                call(function, state, &arguments)
            },
        );
    }
    environment.add_global("fake", minijinja::Value::from_object(Fake));
    environment
}

/// The value `fake`, whose members are functions.
#[derive(Debug)]
struct Fake;

impl Object for Fake {
    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        arguments: &[minijinja::Value],
    ) -> Result<minijinja::Value, Error> {
        let function = Function::named(&format!("fake.{method}"));
        call(
            function.ok_or_else(|| Error::from(ErrorKind::UnknownMethod))?,
            state,
            arguments,
        )
    }
}

/// What functions need beside their arguments, for one evaluation.
#[derive(Debug)]
struct Chance {
    stream: Stream,
    drawn: AtomicU64,
    feeds: Arc<Feeds>,
}

impl Object for Chance {}

fn call(
    function: Function,
    state: &State<'_, '_>,
    arguments: &[minijinja::Value],
) -> Result<minijinja::Value, Error> {
    let invalid = |why: String| Error::new(ErrorKind::InvalidOperation, why);
    let chance = state.lookup(CHANCE);
    let chance = chance
        .as_ref()
        .and_then(|value| value.downcast_object_ref::<Chance>());
    let chance = chance.ok_or_else(|| invalid("there is no user here".to_owned()))?;
    let arguments: Vec<Value> = arguments
        .iter()
        .map(to_json)
        .collect::<Result<_, _>>()
        .map_err(invalid)?;
    let value = function.call(Call {
        arguments: &arguments,
        draw: &mut || {
            chance
                .stream
                .at(chance.drawn.fetch_add(1, Ordering::Relaxed))
        },
        sequences: &chance.feeds.sequences,
    });
    value.map(|value| from_json(&value)).map_err(invalid)
}
