//! The left side of an objective: what it speaks of, and of which requests.
//!
//! In: the place of a value. Out: the [`Term`], or what is wrong with it.

use std::time::Duration;

use super::cursor::Cursor;
use super::language::nearest;
use super::number;
use super::parse::Fault;
use super::term::{Goodput, Over, RESPONSE_TIME, Scope, SeriesName, Subject, Term};
use crate::measure::{Kind, Measure, Unit};

/// Takes a value: `p95 of /retrieve`, `mean over scenarios of cache_hit_rate`.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<Term, Fault> {
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
    let mut term = Term {
        subject,
        scope,
        over,
    };
    if cursor.names_gauges {
        term.name_gauge(&has_dot);
    }
    Ok(term)
}

/// Whether a name is like that of a gauge: `api.cpu`.
fn has_dot(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "_.".contains(c);
    name.contains('.') && name.chars().all(fits)
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
    // `last of api.memory` as `avg of api.memory`.
    let _ = cursor.names_gauges && cursor.words(&["of"]);
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

/// The most limits of a goodput.
const LIMITS_MAX: usize = 20;

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
        if limits.len() > LIMITS_MAX {
            return Err(Fault::new(
                at,
                format!("a goodput has at most {LIMITS_MAX} limits"),
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
