//! Where expressions stand in a text.
//!
//! In: a text. Out: its pieces, as ranges. Never: what they say.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it stands.
    Text(Range<usize>),
    /// What stands between `{{` and `}}`, without the white space around it.
    Expression(Range<usize>),
}

/// The pieces of a text in order, none of them an empty text.
///
/// # Errors
/// The place of a `{{` that has no `}}`.
pub(crate) fn split(text: &str) -> Result<Vec<Piece>, usize> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("{{") {
        let open = at + found;
        let inside = open + 2;
        let close = inside + end(&text[inside..]).ok_or(open)?;
        if open > at {
            pieces.push(Piece::Text(at..open));
        }
        pieces.push(Piece::Expression(trimmed(text, inside..close)));
        at = close + 2;
    }
    if at < text.len() {
        pieces.push(Piece::Text(at..text.len()));
    }
    Ok(pieces)
}

/// Where the `}}` of an expression stands: outside of texts, and of maps such as `{"a": 1}`.
fn end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut braces = 0usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') if braces > 0 => braces -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, _) => {}
        }
        at += 1;
    }
    None
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = &text[range.clone()];
    let start = range.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}
