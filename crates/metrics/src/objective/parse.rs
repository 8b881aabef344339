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
use std::time::Duration;

use super::cursor::Cursor;
use super::language::nearest;
use super::number::{self, Number};
use super::term::{Better, Goodput, Over, RESPONSE_TIME, Scope, SeriesName, Subject, Term};
use super::{Comparison, Limit, Objective, Rule, Severity, Window};
use crate::measure::{Kind, Measure, Unit};

/// The longest objective, bytes.
pub const TEXT_MAX: usize = 1000;

/// The most limits of a goodput, and the most grades.
const LIST_MAX: usize = 20;

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

    fn of(mut self, part: Part) -> Fault {
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
    /// The objective that a line says: `p95 of /retrieve < 900ms`.
    ///
    /// # Errors
    /// [`Fault`] if it is not in the language.
    pub fn parse(text: &str) -> Result<Objective, Fault> {
        let mut cursor = start(text)?;
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

    /// The objective of a value with a target and what is still acceptable, each a number
    /// with its unit; `<` or `>` may stand before it as tables have it. Without one, the
    /// numbers say whether less or more is better.
    ///
    /// # Errors
    /// [`Fault`] with the text that it is in.
    pub fn tiers(term: &str, target: &str, acceptable: &str) -> Result<Objective, Fault> {
        let (name, term) = (one_line(term), alone(term)?);
        let mut units = Units::default();
        let parts = [(Part::Target, target), (Part::Acceptable, acceptable)];
        let limits = limits(&term, parts, &mut units)?;
        let comparison = direction(&term, &limits)?;
        let text = format!(
            "{name}: target {}, acceptable {}",
            target.trim(),
            acceptable.trim()
        );
        let rule = Rule::Tiers {
            term,
            comparison,
            target: limits[0].value,
            acceptable: limits[1].value,
        };
        Ok(Objective::new(text, rule, units.unit))
    }

    /// The objective of a value that earns a word: the words and their limits, best first,
    /// and the worst one that passes. Without that it describes and does not decide.
    ///
    /// # Errors
    /// [`Fault`] with the text that it is in.
    pub fn grades(
        term: &str,
        grades: &[(&str, &str)],
        at_least: Option<&str>,
    ) -> Result<Objective, Fault> {
        let (name, term) = (one_line(term), alone(term)?);
        if grades.is_empty() || grades.len() > LIST_MAX {
            let what = format!("grades are 1 to {LIST_MAX} words with their limits");
            return Err(Fault::new(0, what).hint("write them as excellent: 3s, good: 5s"));
        }
        let mut units = Units::default();
        let parts = grades.iter().enumerate();
        let parts = parts.map(|(at, &(_, limit))| (Part::Grade(at), limit));
        let limits = limits(&term, parts, &mut units)?;
        let comparison = direction(&term, &limits)?;
        let words = grades
            .iter()
            .map(|(word, limit)| format!("{word} {}", limit.trim()));
        let mut text = format!("{name}: {}", words.collect::<Vec<_>>().join(", "));
        if let Some(word) = at_least {
            known_grade(word, grades)?;
            text.push_str(&format!(", at least {word}"));
        }
        let words = grades.iter().map(|(word, _)| (*word).to_owned());
        let rule = Rule::Grades {
            term,
            comparison,
            grades: words.zip(limits.iter().map(|limit| limit.value)).collect(),
            at_least: at_least.map(str::to_owned),
        };
        Ok(Objective::new(text, rule, units.unit))
    }

    fn new(text: String, rule: Rule, unit: Option<Unit>) -> Objective {
        Objective {
            text,
            rule,
            severity: Severity::default(),
            stop: false,
            scenario: None,
            unit,
        }
    }
}

fn start(text: &str) -> Result<Cursor<'_>, Fault> {
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

fn end(cursor: &Cursor<'_>) -> Result<(), Fault> {
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
fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(plain).collect()
}

/// A value with nothing behind it.
fn alone(text: &str) -> Result<Term, Fault> {
    let mut cursor = start(text)?;
    let term = value(&mut cursor)?;
    end(&cursor)?;
    match term.over {
        Over::Growth(_) => Err(Fault::new(0, "growth has a single limit and a time")
            .hint("write it as `growth of X < 1% per 10m`")),
        _ => Ok(term),
    }
}

/// The unit that the numbers of an objective have together.
#[derive(Default)]
struct Units {
    unit: Option<Unit>,
}

impl Units {
    /// Takes a number in the wanted unit; where none is known, all have the same.
    fn number(&mut self, cursor: &mut Cursor<'_>, wanted: Option<&Unit>) -> Result<f64, Fault> {
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

/// Takes a value: `p95 of /retrieve`, `mean over scenarios of cache_hit_rate`.
fn value(cursor: &mut Cursor<'_>) -> Result<Term, Fault> {
    let over = if cursor.words(&["mean", "over", "scenarios", "of"]) {
        Over::MeanOverScenarios
    } else if cursor.words(&["growth", "of"]) {
        // The time comes behind the limit.
        Over::Growth(Duration::ZERO)
    } else {
        Over::Itself
    };
    let subject = subject(cursor)?;
    let scope_at = cursor.at;
    let scope = scope(cursor)?;
    if over == Over::MeanOverScenarios && scope.scenario.is_some() {
        let fault = Fault::new(scope_at, "a mean over scenarios is of all of them");
        return Err(fault.hint("leave `in` out"));
    }
    if over != Over::Itself && scope.each {
        let fault = Fault::new(
            scope_at,
            "`each` does not go together with a mean or a growth",
        );
        return Err(fault.hint("write an objective for each endpoint"));
    }
    Ok(Term {
        subject,
        scope,
        over,
    })
}

fn subject(cursor: &mut Cursor<'_>) -> Result<Subject, Fault> {
    let at = cursor.at;
    if let Some(name) = cursor.quoted()? {
        return Ok(Subject::Named(name.into()));
    }
    let word = cursor.word();
    if !cursor.sees_name() {
        let what = "what the objective speaks of is missing here";
        return Err(Fault::new(at, what).hint("begin with p95, error_rate, rps or another subject"));
    }
    if let Some(share) = percentile(word, at)? {
        cursor.take(word.len());
        return Ok(Subject::Quantile(share, series(cursor)?));
    }
    cursor.take(word.len());
    let goodput = word == "goodput";
    if goodput != cursor.rest().starts_with('(') {
        return Err(bracket(cursor, word));
    }
    Ok(match word {
        "avg" => Subject::Mean(series(cursor)?),
        "max" => Subject::Max(series(cursor)?),
        "min" => Subject::Min(series(cursor)?),
        "sum" => Subject::Sum(named_series(cursor, word)?),
        "last" => Subject::Last(named_series(cursor, word)?),
        "rate" => Subject::Share(named_series(cursor, word)?),
        "error_rate" => Subject::ErrorRate,
        "success_rate" => Subject::SuccessRate,
        "rps" => Subject::RequestsPerSecond,
        "requests" => Subject::Requests,
        "failures" => Subject::Failures,
        "users" => Subject::Users,
        "missed" => Subject::Missed,
        "lag" => Subject::Lag,
        "cache_hit_rate" => Subject::CacheHitRate,
        "cost" => Subject::Cost,
        "tokens_per_second" => Subject::TokensPerSecond,
        "goodput" => Subject::Goodput(good(cursor)?),
        _ => Subject::Named(bare(word, at)?),
    })
}

/// A bracket where none belongs, or none where one does.
fn bracket(cursor: &Cursor<'_>, word: &str) -> Fault {
    if word == "goodput" {
        let fault = Fault::new(cursor.at, "the limits of a good request are missing here");
        return fault.hint("write them as `goodput(ttft < 2s, tpot < 50ms) > 10/s`");
    }
    let fault = Fault::new(cursor.at, "a bracket does not belong here");
    match word {
        "p" => fault.hint("write percentiles as p95"),
        _ => fault,
    }
}

/// A metric by its name alone. Of a measure with a distribution that says too little.
fn bare(word: &str, at: usize) -> Result<SeriesName, Fault> {
    let trend = |measure: Measure| measure.kind() == Some(Kind::Trend);
    if word == RESPONSE_TIME || Measure::named(word).is_some_and(trend) {
        let what = format!("`{word}` has many values");
        let hint = format!("say which one: p95 {word}, avg {word} or max {word}");
        return Err(Fault::new(at, what).hint(hint));
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        let fault = Fault::new(
            at,
            "an objective begins with what it speaks of, not with a number",
        );
        return Err(fault.hint("write it as `p95 < 300ms`"));
    }
    let elsewhere = ["mean", "median", "med", "average", "latency"];
    if elsewhere.contains(&word) {
        let fault = Fault::new(at, format!("`{word}` is no subject"));
        return Err(fault.hint(format!(
            "did you mean `{}`?",
            nearest(word).unwrap_or("p95")
        )));
    }
    Ok(word.into())
}

/// The share of a percentile: 0.95 of `p95`; `None` if the word is something else.
fn percentile(word: &str, at: usize) -> Result<Option<f64>, Fault> {
    let Some(digits) = word.strip_prefix('p').filter(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    }) else {
        return Ok(None);
    };
    // The point is moved in the text: 99.9 / 100 is a little more than 0.999.
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let share = format!("{whole}{decimals}e-{}", decimals.len() + 2);
    let sound = digits.len() <= 8 && !digits.ends_with('.') && !decimals.contains('.');
    match share.parse::<f64>() {
        Ok(share) if sound && share > 0.0 && share <= 1.0 => Ok(Some(share)),
        _ => {
            let fault = Fault::new(at, format!("`{word}` is no percentile"));
            Err(fault.hint("they go from p0.1 to p100"))
        }
    }
}

/// The series that is named here, else the response times.
fn series(cursor: &mut Cursor<'_>) -> Result<SeriesName, Fault> {
    match cursor.sees_name() {
        true => series_name(cursor),
        false => Ok(RESPONSE_TIME.into()),
    }
}

fn named_series(cursor: &mut Cursor<'_>, word: &str) -> Result<SeriesName, Fault> {
    if !cursor.sees_name() {
        let fault = Fault::new(cursor.at, format!("`{word}` needs the name of a metric"));
        return Err(fault.hint(format!("write it as `{word} NAME`")));
    }
    series_name(cursor)
}

fn series_name(cursor: &mut Cursor<'_>) -> Result<SeriesName, Fault> {
    if let Some(name) = cursor.quoted()? {
        return Ok(name.into());
    }
    let word = cursor.word();
    Ok(cursor.take(word.len()).into())
}

/// The limits of a good request, from its opening bracket on.
fn good(cursor: &mut Cursor<'_>) -> Result<Goodput, Fault> {
    let mut limits: Vec<(SeriesName, f64)> = Vec::new();
    cursor.symbol("(");
    loop {
        let at = cursor.at;
        if !cursor.sees_name() {
            let fault = Fault::new(at, "a series is missing here");
            return Err(fault.hint("write it as `ttft < 2s`"));
        }
        let name = series_name(cursor)?;
        if !cursor.rest().starts_with("<=") && cursor.symbol("<") {
            let unit = good_unit(&name, at)?;
            limits.push((name, number::number(cursor)?.to(unit.as_ref())?));
        } else {
            let fault = Fault::new(cursor.at, "`<` and a limit are missing here");
            return Err(fault.hint("a good request stays below its limits: `ttft < 2s`"));
        }
        if limits.len() > LIST_MAX {
            return Err(Fault::new(
                at,
                format!("a goodput has at most {LIST_MAX} limits"),
            ));
        }
        match cursor.symbol(",") {
            true => {}
            false if cursor.symbol(")") => return Ok(Goodput { limits }),
            false => return Err(Fault::new(cursor.at, "`,` or `)` is missing here")),
        }
    }
}

/// The unit of a series that each request has at most one value of.
fn good_unit(name: &str, at: usize) -> Result<Option<Unit>, Fault> {
    if name == RESPONSE_TIME {
        return Ok(Some(Unit::Ms));
    }
    match Measure::named(name) {
        Some(Measure::ChunkGap | Measure::MessagesPerSecond) => Err(Fault::new(
            at,
            format!("`{name}` is no value of one request"),
        )),
        Some(measure) => Ok(measure.unit()),
        None => Ok(None),
    }
}

fn scope(cursor: &mut Cursor<'_>) -> Result<Scope, Fault> {
    let mut scope = Scope::default();
    loop {
        let at = cursor.at;
        if cursor.words(&["of", "user"]) {
            scope.user = Some(once(&scope.user, at, cursor.name("a class of users")?)?);
        } else if cursor.words(&["of"]) {
            scope.each = cursor.words(&["each"]);
            let name = endpoint(cursor)?;
            scope.endpoint = Some(once(&scope.endpoint, at, &name)?);
        } else if cursor.words(&["in"]) {
            scope.scenario = Some(once(&scope.scenario, at, cursor.name("a scenario")?)?);
        } else {
            return Ok(scope);
        }
        if scope.user.is_some() && scope.endpoint.is_some() {
            let fault = Fault::new(at, "requests are counted by endpoint or by class of users");
            return Err(fault.hint("give two objectives"));
        }
    }
}

fn once(before: &Option<String>, at: usize, name: &str) -> Result<String, Fault> {
    match before {
        None => Ok(name.to_owned()),
        Some(before) => {
            let what = format!("`{before}` was named before");
            Err(Fault::new(at, what).hint("give two objectives, or a pattern with `*`"))
        }
    }
}

/// An endpoint's name, with its method if that stands before it.
fn endpoint(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    let first = cursor.name("an endpoint")?;
    let is_method = first.bytes().all(|b| b.is_ascii_uppercase());
    let more =
        cursor.rest().starts_with(['/', '*', '"', '\'']) || (is_method && cursor.sees_name());
    match is_method && more {
        true => Ok(format!("{first} {}", cursor.name("an endpoint")?)),
        false => Ok(first.to_owned()),
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

fn symbol(cursor: &mut Cursor<'_>) -> Option<Comparison> {
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

/// One limit of a tiered or graded value.
struct Bound {
    part: Part,
    value: f64,
    comparison: Option<Comparison>,
}

fn limits<'a>(
    term: &Term,
    parts: impl IntoIterator<Item = (Part, &'a str)>,
    units: &mut Units,
) -> Result<Vec<Bound>, Fault> {
    let wanted = term.unit();
    let bounds = parts.into_iter().map(|(part, text)| {
        bound(text, wanted.as_ref(), units, part).map_err(|fault| fault.of(part))
    });
    bounds.collect()
}

fn bound(text: &str, wanted: Option<&Unit>, units: &mut Units, part: Part) -> Result<Bound, Fault> {
    let mut cursor = start(text)?;
    let at = cursor.at;
    let comparison = symbol(&mut cursor);
    if matches!(comparison, Some(Comparison::Equal | Comparison::Unequal)) {
        return Err(Fault::new(at, "a limit here is `<`, `<=`, `>` or `>=`"));
    }
    let value = units.number(&mut cursor, wanted)?;
    if !cursor.is_at_end() {
        let what = format!("`{}` does not belong here", cursor.rest());
        return Err(Fault::new(cursor.at, what).hint("write one number with its unit"));
    }
    Ok(Bound {
        part,
        value,
        comparison,
    })
}

/// How a value must stand to limits that go from the best one on.
fn direction(term: &Term, bounds: &[Bound]) -> Result<Comparison, Fault> {
    let written = bounds.iter().find_map(|bound| bound.comparison);
    let (first, last) = (&bounds[0], &bounds[bounds.len() - 1]);
    let by_order = match first.value.total_cmp(&last.value) {
        std::cmp::Ordering::Less => Some(Comparison::AtMost),
        std::cmp::Ordering::Greater => Some(Comparison::AtLeast),
        std::cmp::Ordering::Equal => None,
    };
    let by_subject = match term.subject.better() {
        Better::Lower => Some(Comparison::AtMost),
        Better::Higher => Some(Comparison::AtLeast),
        Better::Either => None,
    };
    let Some(chosen) = written.or(by_subject).or(by_order) else {
        let fault = Fault::new(0, "nothing says whether less or more is better");
        return Err(fault
            .hint("write `<` or `>` before the limit")
            .of(first.part));
    };
    let lower = matches!(chosen, Comparison::Below | Comparison::AtMost);
    for pair in bounds.windows(2) {
        let (better, worse) = (&pair[0], &pair[1]);
        let sorted = if lower {
            better.value <= worse.value
        } else {
            better.value >= worse.value
        };
        if !sorted {
            let what = format!(
                "of `{}` {} is better",
                term.subject,
                if lower { "less" } else { "more" }
            );
            let fault = Fault::new(0, what).hint("write the better limit first");
            return Err(fault.of(worse.part));
        }
    }
    let against = bounds
        .iter()
        .find(|bound| bound.comparison.is_some_and(|c| c != chosen));
    match against {
        Some(bound) => Err(Fault::new(0, "the limits have different comparisons").of(bound.part)),
        None => Ok(chosen),
    }
}

fn known_grade(word: &str, grades: &[(&str, &str)]) -> Result<(), Fault> {
    if grades.iter().any(|(grade, _)| *grade == word) {
        return Ok(());
    }
    let words: Vec<&str> = grades.iter().map(|(grade, _)| *grade).collect();
    let fault = Fault::new(0, format!("`{word}` is none of the grades"));
    Err(fault
        .hint(format!("they are {}", words.join(", ")))
        .of(Part::AtLeast))
}
