//! How Python writes numbers, texts and times.
//!
//! In: plain values. Out: the text that `repr` and `strftime` give for them, since
//! the outputs that are copied here are made by these.

use std::fmt;

/// A number that Python holds as an `int` or as a `float`; displays as its `repr`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// What it amounts to.
    pub value: f64,
    /// Whether it is an `int`; the value has no fraction then.
    pub whole: bool,
}

impl Number {
    /// An `int`.
    pub fn whole(value: f64) -> Number {
        Number { value, whole: true }
    }

    /// A `float`.
    pub fn float(value: f64) -> Number {
        Number {
            value,
            whole: false,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.whole {
            write!(f, "{:.0}", self.value)
        } else {
            f.write_str(&float_repr(self.value))
        }
    }
}

/// `repr` of a `float`: the shortest digits that read back as the same number, with
/// an exponent below 1e-4 and from 1e16 on
/// (<https://docs.python.org/3/library/stdtypes.html>, `float.__repr__` and format
/// type `r`).
pub fn float_repr(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text; // inf, -inf
    };
    match exponent.parse::<i32>().unwrap_or_default() {
        -4..=15 => format!("{value:?}"),
        exponent if exponent < 0 => format!("{digits}e-{:02}", -exponent),
        exponent => format!("{digits}e+{exponent:02}"),
    }
}

/// `repr` of a `str`. Which characters beyond ASCII count as printable follows the
/// common cases (controls, separators, invisible format characters), not the full
/// table of Unicode.
pub fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut repr = String::with_capacity(text.len() + 2);
    repr.push(quote);
    for c in text.chars() {
        match c {
            '\n' => repr.push_str("\\n"),
            '\r' => repr.push_str("\\r"),
            '\t' => repr.push_str("\\t"),
            '\\' => repr.push_str("\\\\"),
            c if c == quote => repr.extend(['\\', c]),
            ' ' => repr.push(' '),
            c if is_unprintable(c) => repr.push_str(&escaped(c)),
            c => repr.push(c),
        }
    }
    repr.push(quote);
    repr
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}')
}

fn escaped(c: char) -> String {
    match c as u32 {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// The text that a Python string literal at the beginning of `source` stands for;
/// `None` if there is none.
pub fn parse_str_literal(source: &str) -> Option<String> {
    let mut chars = source.chars();
    let quote = chars.next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            c if c == quote => return Some(text),
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'x' => hex_char(&mut chars, 2)?,
                'u' => hex_char(&mut chars, 4)?,
                'U' => hex_char(&mut chars, 8)?,
                c => c,
            }),
            c => text.push(c),
        }
    }
}

fn hex_char(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = chars.take(digits).collect();
    char::from_u32(u32::from_str_radix(&hex, 16).ok()?)
}

/// A share from 0 to 1 as percents: `50%`, `99.9%`.
pub fn percent_label(share: f64) -> String {
    let percent = share * 100.0;
    if percent.fract() == 0.0 {
        return format!("{percent:.0}%");
    }
    let rounded = format!("{:.6}", 100.0 * share).parse().unwrap_or(percent);
    format!("{}%", float_repr(rounded))
}

/// An instant as `YYYY-mm-ddTHH:MM:SSZ`, UTC, the fraction of the second cut off.
pub fn utc_timestamp(epoch_s: f64) -> String {
    let seconds = epoch_s as i64;
    let (day, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(day);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970-01-01, by the algorithm of
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
