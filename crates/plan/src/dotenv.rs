//! `.env` files: variables for plans, as text.
//!
//! In: the text of the file. Out: names and values in order, or all faults. Never: the file
//! itself, the environment; what the environment has goes before.
//!
//! A line is `NAME=value`, perhaps with `export` before it. A value ends with its line, or
//! before ` #`; in double quotes it may have `\n`, `\t`, `\"` and `\\`, and several lines; in
//! single quotes it stands as it is.

use crate::fault::{Fault, Faults, Place};
use crate::file::source::{Span, Texts};

/// The variables in the text of a `.env` file, which faults call `name`.
///
/// # Errors
/// Every line that is not of the form.
pub fn parse(name: &str, text: &str) -> Result<Vec<(String, String)>, Faults> {
    let texts = Texts::new(name, text);
    let mut lines = Lines {
        text,
        at: 0,
        texts: &texts,
        faults: Vec::new(),
    };
    let mut variables = Vec::new();
    while lines.at < text.len() {
        variables.extend(lines.next_variable());
    }
    match lines.faults.is_empty() {
        true => Ok(variables),
        false => Err(Faults::new(lines.faults)),
    }
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
    texts: &'t Texts,
    faults: Vec<Fault>,
}

impl Lines<'_> {
    /// Reads a line, or several that one value takes.
    fn next_variable(&mut self) -> Option<(String, String)> {
        let start = self.at;
        let rest = &self.text[start..];
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        self.at += line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return None;
        }
        let begin = start + (line.len() - line.trim_start().len());
        let assignment = trimmed
            .strip_prefix("export ")
            .map_or(trimmed, str::trim_start);
        let Some((name, _)) = assignment.split_once('=') else {
            return self.fault(begin..begin + trimmed.len(), "this line has no `=`");
        };
        let name = name.trim_end();
        if !crate::template::check::is_name(name) {
            let what = format!("{name:?} cannot be the name of a variable");
            return self.fault(begin..begin + trimmed.len(), &what);
        }
        let value = start + line.find('=').map_or(line.len(), |at| at + 1);
        self.value(value, start + line.len())
            .map(|value| (name.to_owned(), value))
    }

    fn value(&mut self, from: usize, end: usize) -> Option<String> {
        let line = &self.text[from..end];
        let begin = from + (line.len() - line.trim_start_matches([' ', '\t']).len());
        match self.text[begin..].chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(begin, quote),
            _ => {
                let value = self.text[begin.min(end)..end].trim_end();
                let comment = value.find(" #").unwrap_or(value.len());
                let starts_with_comment = value.starts_with('#');
                let value = if starts_with_comment {
                    ""
                } else {
                    value[..comment].trim_end()
                };
                Some(value.to_owned())
            }
        }
    }

    fn quoted(&mut self, begin: usize, quote: char) -> Option<String> {
        let mut value = String::new();
        let mut characters = self.text[begin + 1..].char_indices();
        while let Some((at, c)) = characters.next() {
            match (c, quote) {
                ('\\', '"') => value.push(match characters.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                }),
                _ if c == quote => {
                    let after = begin + 1 + at + 1;
                    return self.check_rest(after).then_some(value);
                }
                _ => value.push(c),
            }
        }
        self.at = self.text.len();
        self.fault(begin..begin + 1, "this quote has no end")
    }

    /// Behind a quoted value only a comment can stand.
    fn check_rest(&mut self, after: usize) -> bool {
        let rest = self.text[after..]
            .split_inclusive('\n')
            .next()
            .unwrap_or_default();
        self.at = after + rest.len();
        let trimmed = rest.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return true;
        }
        let begin = after + (rest.len() - rest.trim_start().len());
        self.fault::<()>(
            begin..begin + trimmed.len(),
            "something stands behind the value",
        );
        false
    }

    fn fault<T>(&mut self, range: std::ops::Range<usize>, what: &str) -> Option<T> {
        let place = Place::new(self.texts, Span::in_file(range));
        self.faults
            .push(place.fault(what, Some("a line is `NAME=value`".to_owned())));
        None
    }
}
