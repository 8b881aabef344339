//! JSONPaths and regular expressions: whether they can be read.
//!
//! In: the text. Out: nothing, or what is wrong with it. Never: a match; the engine looks.

use super::node::quoted;

/// Longer ones are refused.
const LONGEST: usize = 2000;
/// The reader of JSONPaths calls itself for each bracket.
const DEEPEST: usize = 20;

/// Whether this is a JSONPath (RFC 9535).
pub(crate) fn check_json_path(text: &str) -> Result<(), String> {
    let shown = quoted(text);
    if !text.starts_with('$') {
        return Err(format!(
            "{shown} is not a JSONPath; it begins with `$`, as in $.items[0].id"
        ));
    }
    if text.len() > LONGEST || depth(text) > DEEPEST {
        return Err(format!(
            "{shown} is too long or too deeply nested a JSONPath"
        ));
    }
    match jsonpath_rust::parser::parse_json_path(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("{shown} is not a JSONPath (RFC 9535)")),
    }
}

/// How deeply brackets are nested, those in quotes included.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'!' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Whether this is a regular expression in the syntax of the `regex` crate.
pub(super) fn check_regex(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("{} is too long a regular expression", quoted(text)));
    }
    match regex::Regex::new(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = error.to_string();
            let last = why.lines().last().unwrap_or_default();
            let last = last.trim_start_matches("error: ");
            Err(format!(
                "{} is not a regular expression: {last}",
                quoted(text)
            ))
        }
    }
}
