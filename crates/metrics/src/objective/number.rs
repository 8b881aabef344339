//! Numbers with their units, as objectives write them.
//!
//! In: the place of a number, and the unit that is wanted. Out: the number in that unit, or
//! what is wrong with it.

use std::time::Duration;

use super::cursor::Cursor;
use super::parse::Fault;
use crate::measure::Unit;

/// A number as it was written, in the unit that its own stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// The number: of times milliseconds, of `%` a share.
    pub value: f64,
    /// `None` of a bare number.
    pub unit: Option<Unit>,
    /// Where it begins.
    pub at: usize,
    /// As it stands there.
    text: String,
}

/// Units of time from long to short, and their milliseconds.
const TIMES: [(&str, f64); 6] = [
    ("d", 86_400_000.0),
    ("h", 3_600_000.0),
    ("m", 60_000.0),
    ("s", 1000.0),
    ("ms", 1.0),
    ("us", 0.001),
];

/// Other units, what they are of, how many of that they are, and how many of them it is:
/// 7 % are 7 / 100 exactly, and not 7 times a hundredth.
const OTHERS: [(&str, Unit, f64, f64); 14] = [
    ("%", Unit::Share, 1.0, 100.0),
    ("/s", Unit::PerSecond, 1.0, 1.0),
    ("/m", Unit::PerSecond, 1.0, 60.0),
    ("/h", Unit::PerSecond, 1.0, 3600.0),
    ("B", Unit::Bytes, 1.0, 1.0),
    ("kB", Unit::Bytes, 1e3, 1.0),
    ("KB", Unit::Bytes, 1e3, 1.0),
    ("MB", Unit::Bytes, 1e6, 1.0),
    ("GB", Unit::Bytes, 1e9, 1.0),
    ("TB", Unit::Bytes, 1e12, 1.0),
    ("KiB", Unit::Bytes, 1024.0, 1.0),
    ("MiB", Unit::Bytes, 1_048_576.0, 1.0),
    ("GiB", Unit::Bytes, 1_073_741_824.0, 1.0),
    ("TiB", Unit::Bytes, 1_099_511_627_776.0, 1.0),
];

/// No number has more digits than this.
const DIGITS_MAX: usize = 15;

/// The longest window: a year.
const LONGEST_MS: f64 = 366.0 * 86_400_000.0;

/// Whether a number stands here.
pub(crate) fn is_here(cursor: &Cursor<'_>) -> bool {
    let rest = cursor.rest();
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Takes a number without a unit.
///
/// # Errors
/// When none stands here, or it has too many digits.
pub(crate) fn decimal(cursor: &mut Cursor<'_>) -> Result<f64, Fault> {
    let rest = cursor.rest();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
    let text = &rest[..end.unwrap_or(rest.len())];
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fault = |what: String| Err(Fault::new(cursor.at, what));
    let value = match text.parse::<f64>() {
        _ if digits == 0 => return fault("a number is missing here".to_owned()),
        _ if digits > DIGITS_MAX => {
            return fault(format!("`{text}` has more than {DIGITS_MAX} digits"));
        }
        Ok(value) if !text.ends_with('.') && !text.starts_with('.') => value,
        _ => return fault(format!("`{text}` is no number")),
    };
    cursor.at += text.len();
    Ok(value)
}

/// Takes a number with its unit, if it has one; a blank may stand between the two.
///
/// # Errors
/// When no number stands here, or its unit is none.
pub(crate) fn number(cursor: &mut Cursor<'_>) -> Result<Number, Fault> {
    let (at, before) = (cursor.at, cursor.rest());
    let sign = if cursor.symbol("-") { -1.0 } else { 1.0 };
    let amount = decimal(cursor)?;
    let (value, unit) = match clock(cursor.rest()) {
        Some((name, ms)) => (time(cursor, amount, name, ms)?, Some(Unit::Ms)),
        None => other(cursor, amount)?,
    };
    let text = before[..cursor.at - at].trim().to_owned();
    cursor.skip_blanks();
    let value = sign * value;
    Ok(Number {
        value,
        unit,
        at,
        text,
    })
}

/// Takes a time, which must have its unit.
///
/// # Errors
/// When it has none, is 0, or longer than a year.
pub(crate) fn duration(cursor: &mut Cursor<'_>) -> Result<Duration, Fault> {
    let written = number(cursor)?;
    let ms = written.to(Some(&Unit::Ms))?;
    if ms <= 0.0 || ms > LONGEST_MS {
        let what = format!("`{}` is no length of time", written.text);
        return Err(Fault::new(written.at, what).hint("write more than 0, as 10s, 1m30s or 2h"));
    }
    Ok(Duration::from_nanos((ms * 1e6).round() as u64))
}

/// The unit of time that stands here, behind at most one blank, and its milliseconds.
fn clock(rest: &str) -> Option<(&'static str, f64)> {
    let word = letters(rest.strip_prefix(' ').unwrap_or(rest));
    TIMES.into_iter().find(|(name, _)| *name == word)
}

fn letters(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphabetic());
    &text[..end.unwrap_or(text.len())]
}

/// The milliseconds of a time whose first number was taken: `1m30s`.
fn time(cursor: &mut Cursor<'_>, amount: f64, unit: &str, ms: f64) -> Result<f64, Fault> {
    let (mut total, mut last) = (amount * ms, ms);
    skip_unit(cursor, unit);
    while cursor.rest().starts_with(|c: char| c.is_ascii_digit()) {
        let at = cursor.at;
        let amount = decimal(cursor)?;
        match clock(cursor.rest()) {
            Some((unit, ms)) if ms < last => {
                skip_unit(cursor, unit);
                (total, last) = (total + amount * ms, ms);
            }
            _ => {
                let what = "the parts of a time go from long to short, each with its unit";
                return Err(Fault::new(at, what).hint("write it as 1m30s"));
            }
        }
    }
    Ok(total)
}

fn skip_unit(cursor: &mut Cursor<'_>, unit: &str) {
    let blank = usize::from(cursor.rest().starts_with(' '));
    cursor.at += blank + unit.len();
}

/// The value in the unit that stands here.
fn other(cursor: &mut Cursor<'_>, amount: f64) -> Result<(f64, Option<Unit>), Fault> {
    let rest = cursor.rest();
    let blank = usize::from(rest.starts_with(' '));
    let rest = &rest[blank..];
    let sign = rest.starts_with(['%', '/']);
    let word = letters(&rest[usize::from(sign)..]);
    let text = &rest[..usize::from(sign) + word.len()];
    let found = OTHERS.into_iter().find(|(name, ..)| *name == text);
    let is_currency = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    let (unit, factor, divisor) = match found {
        Some((_, unit, factor, divisor)) => (unit, factor, divisor),
        None if is_currency => (Unit::Named(text.into()), 1.0, 1.0),
        // A word behind a blank belongs to the sentence: `< 100 for 10s`.
        None if text.is_empty() || (blank == 1 && !sign) => return Ok((amount, None)),
        None => {
            let known = TIMES.iter().map(|t| t.0).chain(OTHERS.iter().map(|o| o.0));
            let known: Vec<&str> = known.collect();
            let what = format!("`{text}` is no unit");
            let hint = format!("units are {}, and currencies as USD", known.join(" "));
            return Err(Fault::new(cursor.at + blank, what).hint(hint));
        }
    };
    cursor.at += blank + text.len();
    Ok((amount * factor / divisor, Some(unit)))
}

impl Number {
    /// The number in a unit; where that is not known, as it was written.
    ///
    /// # Errors
    /// When it is of another one, or a unit is missing that must be there.
    pub(crate) fn to(&self, wanted: Option<&Unit>) -> Result<f64, Fault> {
        let Some(wanted) = wanted else {
            return Ok(self.value);
        };
        match &self.unit {
            None => self.bare(wanted),
            Some(written) => convert(self.value, written, wanted).ok_or_else(|| {
                let what = format!("`{}` is no {}", self.text, kind(wanted));
                Fault::new(self.at, what).hint(example(wanted))
            }),
        }
    }

    fn bare(&self, wanted: &Unit) -> Result<f64, Fault> {
        let (value, text) = (self.value, &self.text);
        let fault = |what: String, hint: String| Err(Fault::new(self.at, what).hint(hint));
        match wanted {
            Unit::Ms | Unit::Seconds if value != 0.0 => fault(
                format!("`{text}` is a time without its unit"),
                format!("write {text}ms or {text}s"),
            ),
            Unit::Share if !(0.0..1.0).contains(&value) => fault(
                format!("`{text}` is no share"),
                format!("write {text}% if that is what you mean"),
            ),
            _ => Ok(value),
        }
    }
}

/// What a unit measures.
fn kind(unit: &Unit) -> &str {
    match unit {
        Unit::Ms | Unit::Seconds => "time",
        Unit::Count => "plain number",
        Unit::PerSecond => "number per time",
        Unit::Bytes => "number of bytes",
        Unit::Share => "share",
        Unit::Money => "amount of money",
        Unit::Named(name) => name,
    }
}

fn example(unit: &Unit) -> String {
    match unit {
        Unit::Ms | Unit::Seconds => "write it as 300ms or 2s".to_owned(),
        Unit::Count => "write it without a unit, as 1000".to_owned(),
        Unit::PerSecond => "write it as 10/s or 600/m".to_owned(),
        Unit::Bytes => "write it as 500MB or 2GiB".to_owned(),
        Unit::Share => "write it as 5%".to_owned(),
        Unit::Money => "write it as 5 USD".to_owned(),
        Unit::Named(name) => format!("write it without a unit; it counts in {name}"),
    }
}

/// A number of one unit in another one; `None` where they measure different things.
pub(crate) fn convert(value: f64, from: &Unit, to: &Unit) -> Option<f64> {
    if from == to {
        return Some(value);
    }
    match (from, to) {
        // Whether it is the right one, those know who know the prices.
        (Unit::Named(_), Unit::Money) => return Some(value),
        (Unit::Named(one), Unit::Named(other)) if one.eq_ignore_ascii_case(other) => {
            return Some(value);
        }
        _ => {}
    }
    let (from, to) = (Scale::of(from)?, Scale::of(to)?);
    let same = value * from.factor / from.divisor;
    (from.unit == to.unit).then(|| same * to.divisor / to.factor)
}

/// A unit as so many of another one.
struct Scale {
    unit: Unit,
    factor: f64,
    divisor: f64,
}

impl Scale {
    fn new(unit: Unit, factor: f64, divisor: f64) -> Scale {
        Scale {
            unit,
            factor,
            divisor,
        }
    }

    /// Of those that a user named, `None` if it is none of ours.
    fn of(unit: &Unit) -> Option<Scale> {
        Some(match unit {
            Unit::Seconds => Scale::new(Unit::Ms, 1000.0, 1.0),
            Unit::Named(name) => return Scale::named(name),
            other => Scale::new(other.clone(), 1.0, 1.0),
        })
    }

    fn named(name: &str) -> Option<Scale> {
        let name = match name {
            "seconds" => "s",
            "milliseconds" => "ms",
            "percent" => "%",
            "bytes" => "B",
            other => other,
        };
        let time = TIMES.into_iter().find(|(unit, _)| *unit == name);
        let other = OTHERS.into_iter().find(|(unit, ..)| *unit == name);
        let time = time.map(|(_, ms)| Scale::new(Unit::Ms, ms, 1.0));
        time.or_else(|| other.map(|(_, unit, factor, divisor)| Scale::new(unit, factor, divisor)))
    }
}
