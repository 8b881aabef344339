//! Which series of a page of metrics are meant, and what becomes of them.
//!
//! In: a text such as `p95 http_request_duration_seconds{path="/retrieve"}`. Out: a
//! [`Selector`], or what is wrong with it. Never: a page; who reads one applies it.
//!
//! Names, labels and matchers are those of Prometheus
//! (<https://prometheus.io/docs/prometheus/latest/querying/basics/>); the word before them
//! says what becomes of the values.

use std::fmt;

use crate::measure::Unit;

/// Which series, and what becomes of their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// What becomes of the values.
    pub reduce: Reduce,
    /// The name of the metric; of a histogram or a summary without `_bucket`, `_sum`, `_count`.
    pub name: String,
    /// What the labels of a series must be; all of these.
    pub matchers: Vec<Matcher>,
}

/// What becomes of the values of the series that fit. Those of several series are added up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reduce {
    /// Of a counter its growth per second, of anything else the value.
    Natural,
    /// `rate`: the growth per second, whatever the page calls it.
    Rate,
    /// `value`: the value as it stands there.
    Value,
    /// `p95`: of a histogram what came since the last look, interpolated as Prometheus does;
    /// of a summary the quantile that it has.
    Quantile(f64),
    /// `avg`: the growth of the sum by that of the count.
    Mean,
}

/// What one label must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what; a label that a series does not have is empty.
    pub value: String,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `=~`: the whole value fits a regular expression.
    Fits,
    /// `!~`
    FitsNot,
}

/// What is wrong with a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorFault {
    /// Where, bytes from the start of the text.
    pub at: usize,
    /// A sentence without its full stop.
    pub what: String,
}

impl fmt::Display for SelectorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for SelectorFault {}

impl Selector {
    /// Reads one.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Selector, SelectorFault> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip_blanks();
        let reduce = cursor.reduce()?;
        let name = cursor.name("the name of a metric", ":")?;
        let matchers = cursor.matchers()?;
        cursor.skip_blanks();
        match cursor.rest() {
            "" => Ok(Selector {
                reduce,
                name,
                matchers,
            }),
            rest => Err(cursor.fault(format!(
                "`{rest}` does not belong here; a selector is a name with its labels, \
                 as up{{job=\"api\"}}: functions are for `prometheus:`"
            ))),
        }
    }

    /// The unit of its value, as far as the name says it
    /// (<https://prometheus.io/docs/practices/naming/>).
    pub fn unit(&self) -> Unit {
        let counted = self.name.strip_suffix("_total");
        let grows = match self.reduce {
            Reduce::Rate => true,
            Reduce::Natural => counted.is_some(),
            Reduce::Value | Reduce::Quantile(_) | Reduce::Mean => false,
        };
        let base = counted.unwrap_or(&self.name);
        let ends = |ends: &str| base.ends_with(ends);
        match (grows, ()) {
            (true, ()) if ends("_seconds") => Unit::Share,
            (true, ()) if ends("_bytes") => Unit::Named("B/s".into()),
            (true, ()) => Unit::PerSecond,
            _ if ends("_seconds") => Unit::Seconds,
            _ if ends("_milliseconds") || ends("_ms") => Unit::Ms,
            _ if ends("_bytes") => Unit::Bytes,
            _ if ends("_ratio") => Unit::Share,
            _ => Unit::Count,
        }
    }
}

/// As it is written; reads back as itself.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reduce {
            Reduce::Natural => {}
            Reduce::Rate => f.write_str("rate ")?,
            Reduce::Value => f.write_str("value ")?,
            Reduce::Quantile(share) => write!(f, "p{} ", (share * 1e8).round() / 1e6)?,
            Reduce::Mean => f.write_str("avg ")?,
        }
        f.write_str(&self.name)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        f.write_str("{")?;
        for (at, matcher) in self.matchers.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{matcher}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::Unequal => "!=",
            Operator::Fits => "=~",
            Operator::FitsNot => "!~",
        };
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        write!(
            f,
            "{}{operator}\"{}\"",
            self.label,
            value.replace('\n', "\\n")
        )
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn fault(&self, what: impl Into<String>) -> SelectorFault {
        SelectorFault {
            at: self.at,
            what: what.into(),
        }
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is_here = self.rest().starts_with(symbol);
        self.at += if is_here { symbol.len() } else { 0 };
        is_here
    }

    /// The word before a name, if one stands there: a name alone has nothing behind it.
    fn reduce(&mut self) -> Result<Reduce, SelectorFault> {
        let rest = self.rest();
        let Some((word, behind)) = rest.split_once(char::is_whitespace) else {
            return Ok(Reduce::Natural);
        };
        if behind.trim_start().starts_with(['{', '(']) || word.contains(['{', '(']) {
            return Ok(Reduce::Natural);
        }
        let reduce = match word {
            "rate" => Reduce::Rate,
            "value" => Reduce::Value,
            "avg" => Reduce::Mean,
            _ => Reduce::Quantile(percentile(word).ok_or_else(|| {
                self.fault(format!(
                    "`{word}` is none of `rate`, `value`, `avg` and percentiles such as `p95`"
                ))
            })?),
        };
        self.at += word.len();
        self.skip_blanks();
        Ok(reduce)
    }

    /// A name of letters, digits, `_` and `more`.
    fn name(&mut self, what: &str, more: &str) -> Result<String, SelectorFault> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !fits(c)).unwrap_or(rest.len())];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.fault(format!("{what} is missing here")));
        }
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn matchers(&mut self) -> Result<Vec<Matcher>, SelectorFault> {
        self.skip_blanks();
        let mut matchers = Vec::new();
        if !self.takes("{") {
            return Ok(matchers);
        }
        loop {
            self.skip_blanks();
            if self.takes("}") {
                return Ok(matchers);
            }
            matchers.push(self.matcher()?);
            self.skip_blanks();
            if !self.takes(",") && !self.rest().starts_with('}') {
                return Err(self.fault("`,` or `}` is missing here"));
            }
        }
    }

    fn matcher(&mut self) -> Result<Matcher, SelectorFault> {
        let label = self.name("the name of a label", "")?;
        self.skip_blanks();
        let operators = [
            ("=~", Operator::Fits),
            ("!~", Operator::FitsNot),
            ("!=", Operator::Unequal),
            ("=", Operator::Equal),
        ];
        let found = operators.into_iter().find(|(sign, _)| self.takes(sign));
        let (_, operator) =
            found.ok_or_else(|| self.fault("`=`, `!=`, `=~` or `!~` is missing here"))?;
        self.skip_blanks();
        let value = self.quoted()?;
        Ok(Matcher {
            label,
            operator,
            value,
        })
    }

    /// A text in quotes, with `\\`, `\"` and `\n` for what cannot stand there.
    fn quoted(&mut self) -> Result<String, SelectorFault> {
        let begin = self.at;
        let quote = self.rest().chars().next().filter(|c| "\"'".contains(*c));
        let quote = quote.ok_or_else(|| self.fault("the value of a label stands in quotes"))?;
        self.at += 1;
        let mut value = String::new();
        let mut letters = self.rest().char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => value.push(match letters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, other)) => other,
                    None => break,
                }),
                letter if letter == quote => {
                    self.at += at + 1;
                    return Ok(value);
                }
                letter => value.push(letter),
            }
        }
        self.at = begin;
        Err(self.fault("the quotes are not closed"))
    }
}

/// The share of `p95`, `p99.9`.
pub fn percentile(word: &str) -> Option<f64> {
    let number = word.strip_prefix('p')?;
    let plain = number.starts_with(|c: char| c.is_ascii_digit());
    let percent: f64 = number.parse().ok().filter(|_| plain)?;
    // As written, not as the division leaves it: quantiles of a summary are looked up by it.
    (percent > 0.0 && percent < 100.0).then(|| (percent * 1e7).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, reduce: Reduce, unit: Unit, written: &str) {
        let selector = Selector::parse(text).expect(text);
        assert_eq!(selector.reduce, reduce, "{text}");
        assert_eq!(selector.unit(), unit, "{text}");
        assert_eq!(selector.to_string(), written);
        assert_eq!(Selector::parse(written), Ok(selector), "{written}");
    }

    #[test]
    fn selectors_say_which_series_and_what_becomes_of_them() {
        check("queue_depth", Reduce::Natural, Unit::Count, "queue_depth");
        check(
            " rate  cpu_seconds_total { job = 'a' } ",
            Reduce::Rate,
            Unit::Share,
            "rate cpu_seconds_total{job=\"a\"}",
        );
        let text = r#"p99.9 http_request_duration_seconds{path="/a\"b",code!~"4..",}"#;
        let written = r#"p99.9 http_request_duration_seconds{path="/a\"b",code!~"4.."}"#;
        check(text, Reduce::Quantile(0.999), Unit::Seconds, written);
        check(
            "avg body_bytes",
            Reduce::Mean,
            Unit::Bytes,
            "avg body_bytes",
        );
        check("x_total", Reduce::Natural, Unit::PerSecond, "x_total");
        check("value x_total", Reduce::Value, Unit::Count, "value x_total");
        let sent = Unit::Named("B/s".into());
        check(
            "sent_bytes_total",
            Reduce::Natural,
            sent,
            "sent_bytes_total",
        );
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, at, says) in [
            ("", 0, "name of a metric"),
            ("p100 x", 0, "percentiles"),
            ("sum(x)", 3, "does not belong here"),
            ("x{job}", 5, "is missing here"),
            ("x{job=a}", 6, "in quotes"),
            ("x{job=\"a}", 6, "not closed"),
            ("x{a=\"b\" c=\"d\"}", 8, "`,` or `}`"),
            ("max x", 0, "none of"),
        ] {
            let fault = Selector::parse(text).expect_err(text);
            assert_eq!(fault.at, at, "{text}: {fault}");
            assert!(fault.what.contains(says), "{text}: {fault}");
        }
    }
}
