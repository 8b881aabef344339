//! The language of objectives: text to [`Objective`].
//!
//! In: one line, or the parts of a tiered or graded one. Out: the objective, or a [`Fault`]
//! with its place and what to do. What its words mean is data, in [`super::language`].
//!
//! ```text
#![doc = include_str!("grammar.ebnf")]
//! ```
//!
//! Without a window, and with `within`, a rule says what must hold: `p95 < 900ms`. With
//! `for` it says what is bad, and is broken when that was so in every second of the time:
//! `error_rate > 5% for 10s`. So that nobody takes the one for the other, `for` is refused
//! where the rule names what is plainly good, such as short times.
//!
//! Names of endpoints, scenarios and metrics are not checked here: who knows them asks
//! [`Objective::metrics`] and [`Objective::terms`].

use std::fmt;

use super::cursor::Cursor;
use super::language::nearest;
use super::number::{self, Number};
use super::phrase::value;
use super::term::{Better, Over, Subject, Term};
use super::{Comparison, Limit, Objective, Rule, Severity, Window};
use crate::measure::Unit;

/// The longest objective, bytes.
pub const TEXT_MAX: usize = 1000;

/// In which of the texts of an objective a fault is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The objective, or the value that it speaks of.
    #[default]
    Text,
    /// The target of a tiered one.
    Target,
    /// What is still acceptable.
    Acceptable,
    /// A grade, by its place.
    Grade(usize),
    /// The worst grade that passes.
    AtLeast,
}

/// What is wrong with an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which of its texts.
    pub part: Part,
    /// Where in that text, bytes from its start.
    pub at: usize,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What to do, if that is known.
    pub hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(at: usize, what: impl Into<String>) -> Fault {
        Fault {
            part: Part::Text,
            at,
            what: what.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn of(mut self, part: Part) -> Fault {
        self.part = part;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

impl Objective {
    /// The objective that a line says: `p95 of /retrieve < 900ms`. What it may mean by
    /// `avg of api.cpu`, who knows the gauges settles ([`Objective::name_gauges`]), unless it can
    /// be one only.
    ///
    /// # Errors
    /// [`Fault`] if it is not in the language.
    pub fn parse(text: &str) -> Result<Objective, Fault> {
        of_either(|names_gauges| Objective::parse_as(text, names_gauges))
    }

    fn parse_as(text: &str, names_gauges: bool) -> Result<Objective, Fault> {
        let mut cursor = start(text)?;
        cursor.names_gauges = names_gauges;
        let mut left = value(&mut cursor)?;
        let mut units = Units::default();
        let is_between = cursor.words(&["between"]);
        let (comparison_at, comparison) = match is_between {
            true => (cursor.at, Comparison::AtLeast),
            false => (cursor.at, comparison(&mut cursor, &left)?),
        };
        let growth = matches!(left.over, Over::Growth(_));
        let wanted = left.unit();
        let rule = if is_between {
            let low = units.number(&mut cursor, wanted.as_ref())?;
            if !cursor.words(&["and"]) {
                return Err(Fault::new(
                    cursor.at,
                    "`and` and the upper limit are missing here",
                ));
            }
            let high_at = cursor.at;
            let high = units.number(&mut cursor, wanted.as_ref())?;
            if high < low {
                let what = "the upper limit is below the lower one";
                return Err(Fault::new(high_at, what).hint("write the smaller one first"));
            }
            let window = window(&mut cursor, &mut left, Ok((comparison_at, None)))?;
            let term = left;
            Rule::Between {
                term,
                low,
                high,
                window,
            }
        } else {
            let right = limit(&mut cursor, &left, &mut units)?;
            let named = (comparison_at, Some(comparison));
            let named = match &right {
                Limit::Term { term, .. } if term.scope.scenario.is_some() || term.spans() => {
                    Err("a value that is compared with one of another scenario has no window")
                }
                _ => Ok(named),
            };
            let window = window(&mut cursor, &mut left, named)?;
            Rule::Compare {
                left,
                comparison,
                right,
                window,
            }
        };
        if growth && matches!(rule.terms()[0].over, Over::Growth(span) if span.is_zero()) {
            let what = "growth needs the time that it is meant for";
            return Err(Fault::new(cursor.at, what).hint("write `per 10m` behind the limit"));
        }
        end(&cursor)?;
        Ok(Objective::new(one_line(text), rule, units.unit))
    }

    pub(super) fn new(text: String, rule: Rule, unit: Option<Unit>) -> Objective {
        Objective {
            text,
            rule,
            severity: Severity::default(),
            optional: false,
            stop: false,
            scenario: None,
            unit,
        }
    }
}

/// What is read where a name with a dot is an endpoint; if that cannot be, where it is a gauge.
/// A fault is that of the first.
pub(super) fn of_either<T>(read: impl Fn(bool) -> Result<T, Fault>) -> Result<T, Fault> {
    read(false).or_else(|fault| read(true).map_err(|_| fault))
}

pub(super) fn start(text: &str) -> Result<Cursor<'_>, Fault> {
    if text.len() > TEXT_MAX {
        let what = format!(
            "an objective has at most {TEXT_MAX} bytes; this one has {}",
            text.len()
        );
        return Err(Fault::new(TEXT_MAX, what));
    }
    let strange = |c: char| c.is_control() && !c.is_whitespace();
    if let Some(at) = text.find(strange) {
        return Err(Fault::new(at, "a control character does not belong here"));
    }
    let cursor = Cursor::new(text);
    if cursor.is_at_end() {
        let fault = Fault::new(0, "an objective is missing here");
        return Err(fault.hint("write one as `p95 < 300ms`"));
    }
    Ok(cursor)
}

pub(super) fn end(cursor: &Cursor<'_>) -> Result<(), Fault> {
    if cursor.is_at_end() {
        return Ok(());
    }
    let rest = cursor.rest();
    let word = rest.split_whitespace().next().unwrap_or(rest);
    let what = format!("`{word}` does not belong here");
    Err(Fault::new(cursor.at, what).hint(
        "an objective ends behind its limit, or with `for 10s` or `within 30s`; `of` and `in` stand before the comparison",
    ))
}

/// A text without the line breaks that it may have.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(plain).collect()
}

/// The unit that the numbers of an objective have together.
#[derive(Default)]
pub(super) struct Units {
    pub(super) unit: Option<Unit>,
}

impl Units {
    /// Takes a number in the wanted unit; where none is known, all have the same.
    pub(super) fn number(
        &mut self,
        cursor: &mut Cursor<'_>,
        wanted: Option<&Unit>,
    ) -> Result<f64, Fault> {
        let number = number::number(cursor)?;
        self.agree(&number, wanted)
    }

    fn agree(&mut self, number: &Number, wanted: Option<&Unit>) -> Result<f64, Fault> {
        let value = number.to(wanted)?;
        let unit = match wanted {
            Some(Unit::Money) => number.unit.clone(),
            Some(wanted) => Some(wanted.clone()),
            None => number.unit.clone(),
        };
        if let (Some(before), Some(unit)) = (&self.unit, &unit)
            && before != unit
        {
            let what = format!("this number is in another unit than the one before ({before})");
            return Err(Fault::new(number.at, what));
        }
        self.unit = self.unit.take().or(unit);
        Ok(value)
    }
}

/// The comparisons; those that begin like another one come first.
const COMPARISONS: [Comparison; 6] = [
    Comparison::AtMost,
    Comparison::AtLeast,
    Comparison::Equal,
    Comparison::Unequal,
    Comparison::Below,
    Comparison::Above,
];

pub(super) fn symbol(cursor: &mut Cursor<'_>) -> Option<Comparison> {
    COMPARISONS
        .into_iter()
        .find(|one| cursor.symbol(one.symbol()))
}

fn comparison(cursor: &mut Cursor<'_>, left: &Term) -> Result<Comparison, Fault> {
    if let Some(comparison) = symbol(cursor) {
        return Ok(comparison);
    }
    let found = cursor.rest().split_whitespace().next();
    let what = match found {
        Some(word) => format!("a comparison is missing before `{word}`"),
        None => "a comparison and a limit are missing at the end".to_owned(),
    };
    let mut hint = "write <, <=, >, >=, == or !=, or `between 1 and 2`".to_owned();
    if let Subject::Named(name) = &left.subject
        && let Some(near) = nearest(name)
    {
        hint = format!("did you mean `{near}`?");
    }
    Err(Fault::new(cursor.at, what).hint(hint))
}

/// Takes a number, or another value with what it is multiplied by.
fn limit(cursor: &mut Cursor<'_>, left: &Term, units: &mut Units) -> Result<Limit, Fault> {
    let wanted = left.unit();
    let at = cursor.at;
    if cursor.is_at_end() {
        return Err(
            Fault::new(at, "a limit is missing at the end").hint("write it as `p95 < 300ms`")
        );
    }
    let mut factor = 1.0;
    if number::is_here(cursor) {
        let mut ahead = cursor.clone();
        match number::decimal(&mut ahead) {
            Ok(number)
                if {
                    ahead.skip_blanks();
                    ahead.symbol("*")
                } =>
            {
                (factor, *cursor) = (number, ahead);
            }
            _ => return Ok(Limit::Number(units.number(cursor, wanted.as_ref())?)),
        }
    }
    let term_at = cursor.at;
    let term = value(cursor)?;
    if term.scope.each {
        return Err(Fault::new(term_at, "`each` stands on the left side only"));
    }
    if term.over != left.over && (term.spans() || matches!(term.over, Over::Growth(_))) {
        return Err(Fault::new(
            term_at,
            "a mean or a growth is compared with a number or with its like",
        ));
    }
    if matches!(term.over, Over::Growth(_)) {
        return Err(
            Fault::new(term_at, "a growth is compared with a number").hint("write it as 1%")
        );
    }
    if let (Some(ours), Some(theirs)) = (&wanted, term.unit())
        && number::convert(1.0, &theirs, ours).is_none()
    {
        let what = format!("`{term}` counts in {theirs}, `{left}` in {ours}");
        return Err(Fault::new(term_at, what));
    }
    Ok(Limit::Term { factor, term })
}

/// Takes the window. `named` is the comparison and its place, or why there can be none.
fn window(
    cursor: &mut Cursor<'_>,
    left: &mut Term,
    named: Result<(usize, Option<Comparison>), &str>,
) -> Result<Window, Fault> {
    let at = cursor.at;
    if cursor.words(&["per"]) {
        return match &mut left.over {
            Over::Growth(span) => {
                *span = number::duration(cursor)?;
                Ok(Window::Whole)
            }
            _ => Err(Fault::new(at, "`per` belongs to a growth").hint("rates are written as 10/s")),
        };
    }
    let every_second = cursor.words(&["for"]);
    if !every_second && !cursor.words(&["within"]) {
        return Ok(Window::Whole);
    }
    if left.over != Over::Itself {
        return Err(Fault::new(
            at,
            "a mean over scenarios or a growth has no window",
        ));
    }
    let (place, comparison) = named.map_err(|why| Fault::new(at, why))?;
    let span = number::duration(cursor)?;
    match every_second {
        true => bad(left, comparison, place).map(|()| Window::EverySecond(span)),
        false => Ok(Window::Within(span)),
    }
}

/// Refuses what is plainly good where the rule must say what is bad.
fn bad(left: &Term, comparison: Option<Comparison>, at: usize) -> Result<(), Fault> {
    let Some(comparison) = comparison else {
        let fault = Fault::new(at, "`for` says what is bad, `between` what is good");
        return Err(fault.hint("write `within` instead of `for`"));
    };
    let turned = match (left.subject.better(), comparison) {
        (Better::Lower, Comparison::Below) => Comparison::AtLeast,
        (Better::Lower, Comparison::AtMost) => Comparison::Above,
        (Better::Higher, Comparison::Above) => Comparison::AtMost,
        (Better::Higher, Comparison::AtLeast) => Comparison::Below,
        _ => return Ok(()),
    };
    let fault = Fault::new(
        at,
        format!(
            "with `for` a rule says what is bad, and `{} {}` is good",
            left.subject,
            comparison.symbol()
        ),
    );
    Err(fault.hint(format!(
        "write `{}` with `for`, or `within` instead of `for`",
        turned.symbol()
    )))
}
