//! Whether an expression can be evaluated: its syntax, and every name in it.
//!
//! In: the text of an expression, and the names that exist where it stands. Out: what is
//! wrong with it, by place. Never: a value. The syntax tree is minijinja's, which the engine
//! evaluates with; its module is not part of that library's promises, and is used here only.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast::{Call, CallArg, Expr, GetAttr, GetItem};
use minijinja::machinery::{Span, parse_expr};

use super::functions::{FILTERS, FUNCTIONS, TESTS, find};
use crate::hint::nearest;

/// Longer expressions are refused: every operator is a level of the tree.
const LONGEST: usize = 2_000;

/// The names that exist at a place of a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Feeds and their columns, where these are known.
    pub(crate) feeds: BTreeMap<String, Option<BTreeSet<String>>>,
    /// Values that a step takes or sets.
    pub(crate) values: BTreeSet<String>,
}

/// Names that no feed and no value can have.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "env" | "user" | "task" | "fake" | "true" | "false" | "none" | "loop"
    ) || find(name).is_some()
}

/// Whether a template can name this: letters, digits and `_`, not a digit first.
pub(crate) fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Something wrong with an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where in its text, in bytes.
    pub(crate) range: Range<usize>,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

/// A variable of the environment that an expression names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) range: Range<usize>,
    pub(crate) name: String,
    /// It has to be set: no `default` stands behind it.
    pub(crate) needed: bool,
}

/// What was found in an expression.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) faults: Vec<Finding>,
    pub(crate) variables: Vec<Variable>,
    /// Values that it cannot do without, and where it names them.
    pub(crate) values: Vec<(String, Range<usize>)>,
}

/// Looks through an expression.
pub(crate) fn check(source: &str, scope: &Scope) -> Findings {
    let mut checker = Checker {
        scope,
        found: Findings::default(),
    };
    if source.is_empty() {
        checker.fault(0..0, "nothing stands between `{{` and `}}`", None);
    } else if source.len() > LONGEST {
        checker.fault(0..source.len(), "the expression is too long", None);
    } else {
        match parse_expr(source) {
            Ok(tree) => checker.expression(&tree, true),
            Err(error) => {
                let range = error.range().filter(|range| range.end <= source.len());
                let why = error.detail().unwrap_or("it cannot be read");
                let what = format!("not an expression: {why}");
                checker.fault(range.unwrap_or(0..source.len()), &what, None);
            }
        }
    }
    checker.found
}

struct Checker<'s> {
    scope: &'s Scope,
    found: Findings,
}

impl Checker<'_> {
    fn fault(&mut self, range: Range<usize>, what: &str, hint: Option<String>) {
        let what = what.to_owned();
        self.found.faults.push(Finding { range, what, hint });
    }

    /// Looks through a part; `needed` tells whether what it names has to be there.
    fn expression(&mut self, tree: &Expr<'_>, needed: bool) {
        match tree {
            Expr::Const(_) => {}
            Expr::Var(name) => self.name(name.id, bytes(name.span()), needed),
            Expr::GetAttr(member) => {
                self.member(member, whole(&member.expr, member.span()), needed)
            }
            Expr::GetItem(item) => self.item(item, whole(&item.expr, item.span()), needed),
            Expr::Call(call) => self.call(call, whole(&call.expr, call.span())),
            Expr::Filter(filter) => {
                self.listed("filter", filter.name, FILTERS, bytes(filter.span()));
                let has_default = matches!(filter.name, "default" | "d");
                let inner = filter.expr.iter();
                inner.for_each(|inner| self.expression(inner, needed && !has_default));
                self.arguments(&filter.args);
            }
            Expr::Test(test) => {
                self.listed("test", test.name, TESTS, bytes(test.span()));
                let asks = matches!(test.name, "defined" | "undefined");
                self.expression(&test.expr, needed && !asks);
                self.arguments(&test.args);
            }
            _ => parts(tree)
                .into_iter()
                .for_each(|part| self.expression(part, needed)),
        }
    }

    fn name(&mut self, name: &str, range: Range<usize>, needed: bool) {
        if self.scope.values.contains(name) {
            let value = needed.then(|| (name.to_owned(), range));
            return self.found.values.extend(value);
        }
        if self.scope.feeds.contains_key(name) {
            return;
        }
        if let Some(function) = find(name) {
            let hint = format!("write `{}`", function.signature());
            return self.fault(range, &format!("`{name}` is a function"), Some(hint));
        }
        match name {
            "env" => self.fault(range, "`env` alone is no value", hinted("write `env.NAME`")),
            "user" | "task" => {
                let hint = format!("write `{name}.number`");
                self.fault(range, &format!("`{name}` alone is no value"), Some(hint));
            }
            "fake" => {
                self.fault(
                    range,
                    "`fake` alone is no value",
                    hinted("write `fake.name()`"),
                );
            }
            _ => self.unknown(name, range),
        }
    }

    fn unknown(&mut self, name: &str, range: Range<usize>) {
        let what = format!(
            "nothing is called `{name}` here: no feed, and no value that a step takes or sets"
        );
        let values = self.scope.values.iter().map(String::as_str);
        let names = values.chain(self.scope.feeds.keys().map(String::as_str));
        let hint = nearest(name, names.chain(["env", "user", "task"]))
            .map(|near| format!("did you mean `{near}`?"))
            .or_else(|| {
                nearest(name, names_of_functions()).map(|near| format!("did you mean `{near}()`?"))
            });
        self.fault(range, &what, hint);
    }

    fn member(&mut self, member: &GetAttr<'_>, range: Range<usize>, needed: bool) {
        match &member.expr {
            Expr::Var(base) => {
                self.named_member(base.id, bytes(base.span()), member.name, range, needed)
            }
            other => self.expression(other, needed),
        }
    }

    fn item(&mut self, item: &GetItem<'_>, range: Range<usize>, needed: bool) {
        self.expression(&item.subscript_expr, true);
        match (&item.expr, &item.subscript_expr) {
            (Expr::Var(base), Expr::Const(key)) if key.value.as_str().is_some() => {
                let key = key.value.as_str().unwrap_or_default();
                self.named_member(base.id, bytes(base.span()), key, range, needed);
            }
            (base, _) => self.expression(base, needed),
        }
    }

    /// `base.name`, where `base` is one name.
    fn named_member(
        &mut self,
        base: &str,
        base_range: Range<usize>,
        name: &str,
        range: Range<usize>,
        needed: bool,
    ) {
        match (base, self.scope.feeds.get(base)) {
            (_, Some(Some(columns))) if !columns.contains(name) => {
                let hint = nearest(name, columns.iter().map(String::as_str))
                    .map(|near| format!("did you mean `{base}.{near}`?"));
                let what = format!("the feed `{base}` has no column `{name}`");
                self.fault(range, &what, hint);
            }
            (_, Some(_)) => {}
            ("env", None) => self.found.variables.push(Variable {
                range,
                name: name.to_owned(),
                needed,
            }),
            ("user" | "task", None) if name == "number" => {}
            ("user" | "task", None) => {
                let hint = format!("write `{base}.number`");
                self.fault(range, &format!("`{base}` has no `{name}`"), Some(hint));
            }
            ("fake", None) => match find(&format!("fake.{name}")) {
                Some(function) => {
                    let hint = format!("write `{}`", function.signature());
                    self.fault(range, &format!("`fake.{name}` is a function"), Some(hint));
                }
                None => self.unknown_function(&format!("fake.{name}"), range),
            },
            (_, None) => self.name(base, base_range, needed),
        }
    }

    fn call(&mut self, call: &Call<'_>, range: Range<usize>) {
        self.arguments(&call.args);
        let name = match &call.expr {
            Expr::Var(name) => name.id.to_owned(),
            Expr::GetAttr(member) => match &member.expr {
                Expr::Var(base) => format!("{}.{}", base.id, member.name),
                _ => return self.method(member.name, range),
            },
            _ => return self.fault(range, "only functions can be called", None),
        };
        let Some(function) = find(&name) else {
            return self.unknown_function(&name, range);
        };
        let (fewest, most) = function.arguments();
        let is_plain = call.args.iter().all(|one| matches!(one, CallArg::Pos(_)));
        if !is_plain || !(fewest..=most).contains(&call.args.len()) {
            let hint = format!("write `{}`", function.signature());
            let what = match (is_plain, call.args.len()) {
                (false, _) => format!("`{name}` takes its arguments by place, without names"),
                (true, 1) => format!("`{name}` does not take 1 argument"),
                (true, many) => format!("`{name}` does not take {many} arguments"),
            };
            self.fault(range, &what, Some(hint));
        }
    }

    fn unknown_function(&mut self, name: &str, range: Range<usize>) {
        let near = nearest(name, names_of_functions()).and_then(find);
        match (near, name.split_once('.')) {
            (None, Some((base, method))) if base != "fake" => return self.method(method, range),
            _ => {}
        }
        let hint = near.map(|function| format!("did you mean `{}`?", function.signature()));
        self.fault(range, &format!("there is no function `{name}`"), hint);
    }

    fn method(&mut self, name: &str, range: Range<usize>) {
        let hint = FILTERS
            .iter()
            .any(|(filter, _)| *filter == name)
            .then(|| format!("filters are written `value | {name}`"));
        self.fault(range, &format!("values have no method `{name}`"), hint);
    }

    fn listed(
        &mut self,
        what: &str,
        name: &str,
        known: &[(&'static str, &'static str)],
        range: Range<usize>,
    ) {
        if known.iter().any(|(one, _)| *one == name) {
            return;
        }
        let near = nearest(name, known.iter().map(|(one, _)| *one));
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        self.fault(range, &format!("there is no {what} `{name}`"), hint);
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            self.expression(value, true);
        }
    }
}

/// The parts of an expression that only puts others together.
fn parts<'e, 's>(tree: &'e Expr<'s>) -> Vec<&'e Expr<'s>> {
    match tree {
        Expr::UnaryOp(one) => vec![&one.expr],
        Expr::BinOp(two) => vec![&two.left, &two.right],
        Expr::Compare(chain) => {
            let others = chain.ops.iter().map(|one| &one.expr);
            std::iter::once(&chain.expr).chain(others).collect()
        }
        Expr::IfExpr(choice) => {
            let both = [&choice.test_expr, &choice.true_expr];
            both.into_iter().chain(&choice.false_expr).collect()
        }
        Expr::Slice(slice) => {
            let bounds = [&slice.start, &slice.stop, &slice.step];
            let bounds = bounds.into_iter().flatten();
            std::iter::once(&slice.expr).chain(bounds).collect()
        }
        Expr::List(list) => list.items.iter().collect(),
        Expr::Tuple(tuple) => tuple.items.iter().collect(),
        Expr::Map(map) => map.keys.iter().chain(&map.values).collect(),
        _ => Vec::new(),
    }
}

fn names_of_functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

fn hinted(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What begins with this part: the span of a member, an item or a call begins behind it.
fn whole(first: &Expr<'_>, span: Span) -> Range<usize> {
    let start = match first {
        Expr::GetAttr(member) => whole(&member.expr, member.span()).start,
        Expr::GetItem(item) => whole(&item.expr, item.span()).start,
        Expr::Call(call) => whole(&call.expr, call.span()).start,
        other => bytes(other.span()).start,
    };
    start..span.end_offset as usize
}

fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}
