//! Whether a text of JSON ends in the middle.
//!
//! In: the text, and why it could not be read. Out: yes or no. Never reads the text again.

/// What a number that was cut off ends with, where a digit has to follow.
const UNFINISHED: [char; 5] = ['-', '+', '.', 'e', 'E'];

/// Whether a text could not be read because its end is missing. Of a value that nobody asked for,
/// `serde_json` calls an unfinished number invalid, also where it is the end that is missing.
pub(crate) fn is_cut_off(text: &str, fault: &serde_json::Error) -> bool {
    fault.is_eof() || fault.is_syntax() && is_at_the_end(text, fault) && text.ends_with(UNFINISHED)
}

/// Lines count from one, columns are bytes of a line.
fn is_at_the_end(text: &str, fault: &serde_json::Error) -> bool {
    let last = text.lines().last().map_or(0, str::len);
    fault.line() == text.lines().count() && fault.column() >= last
}
