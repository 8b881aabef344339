//! The plan as it was run, as YAML: what the file says with all that overrides it, and with
//! nothing in it that may be secret.
//!
//! In: the tree of the file after overriding options, and what the environment said. Out: a
//! text that is a plan again. Never: a value of the environment or of `.env`, the value of a
//! header that authorizes, the user and password of a URL; [`MASK`] stands for them. What the
//! author wrote into the file elsewhere is no secret of ours.

use crate::file::node::{Key, Node, Value};
use crate::model::Plan;
use crate::template::split::{self, Piece};

/// What stands for what may be secret.
pub const MASK: &str = "***";

/// Headers whose values are never shown, in lower case.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
];

/// The plan as it was run, as YAML; empty for one that was not written.
pub fn effective(plan: &Plan) -> String {
    plan.effective.clone()
}

/// Whether a header's value is never shown.
pub fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// Writes the tree of a plan of this name.
pub(crate) fn text(tree: &Node, name: &str, environment: &[(String, String)]) -> String {
    let mut writer = Writer {
        environment,
        lines: vec![format!(
            "# What was run; `{MASK}` stands for what may be secret."
        )],
    };
    if let Value::Map(entries) = &tree.value {
        if tree.get("name").is_none() {
            writer.lines.push(format!("name: {}", scalar(name)));
        }
        // The schema's place is relative to that of the file.
        let shown = entries.iter().filter(|(key, _)| key.name != "$schema");
        shown.for_each(|(key, node)| writer.entry(key, node, "", false));
    }
    writer.lines.push(String::new());
    writer.lines.join("\n")
}

struct Writer<'e> {
    environment: &'e [(String, String)],
    lines: Vec<String>,
}

impl Writer<'_> {
    /// A name and its value, behind `indent`; `is_header` says that the map is of headers.
    fn entry(&mut self, key: &Key, node: &Node, indent: &str, is_header: bool) {
        let name = scalar(&key.name);
        if is_header && is_secret_header(&key.name) {
            self.lines.push(format!("{indent}{name}: {}", scalar(MASK)));
            return;
        }
        match self.short(node) {
            Some(value) => self.lines.push(format!("{indent}{name}: {value}")),
            None => {
                self.lines.push(format!("{indent}{name}:"));
                self.block(node, &format!("{indent}  "), key.name == "headers");
            }
        }
    }

    /// What is inside a list or a map, a line for each.
    fn block(&mut self, node: &Node, indent: &str, is_headers: bool) {
        match &node.value {
            Value::Map(entries) => {
                for (key, node) in entries {
                    self.entry(key, node, indent, is_headers);
                }
            }
            Value::List(list) => list.iter().for_each(|one| self.item(one, indent)),
            _ => {}
        }
    }

    fn item(&mut self, node: &Node, indent: &str) {
        if let Some(value) = self.short(node) {
            self.lines.push(format!("{indent}- {value}"));
            return;
        }
        let first = self.lines.len();
        let inner = format!("{indent}  ");
        self.block(node, &inner, false);
        if let Some(line) = self.lines.get_mut(first) {
            line.replace_range(indent.len()..=indent.len(), "-");
        }
    }

    /// What is written on the line of its name.
    fn short(&self, node: &Node) -> Option<String> {
        Some(match &node.value {
            Value::Null => "null".to_owned(),
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number, written) => match is_plain_number(written) {
                true => written.clone(),
                false => number.to_string(),
            },
            Value::Text(text) => scalar(&self.masked(text)),
            Value::List(list) if list.is_empty() => "[]".to_owned(),
            Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Value::List(_) | Value::Map(_) => return None,
        })
    }

    /// A text without the values of variables; expressions stay as they are.
    fn masked(&self, text: &str) -> String {
        let Ok(pieces) = split::split(text) else {
            return without_user(&self.filled(text));
        };
        let mut told = String::new();
        let mut at = 0;
        for piece in pieces {
            if let Piece::Text(range) = piece {
                told.push_str(&text[at..range.start]);
                told.push_str(&self.filled(&text[range.clone()]));
                at = range.end;
            }
        }
        told.push_str(&text[at..]);
        without_user(&told)
    }

    /// A piece of text in which each variable is masked, or is its default where that holds.
    fn filled(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, found) = rest.split_at(at);
            filled.push_str(before);
            let end = found.find('}').filter(|_| found.starts_with("${"));
            let (told, length) = match end {
                Some(end) => (self.variable(&found[2..end]), end + 1),
                None if found.starts_with("$$") => ("$$".to_owned(), 2),
                None => ("$".to_owned(), 1),
            };
            filled.push_str(&told);
            rest = &found[length..];
        }
        filled + rest
    }

    /// What `${inside}` is shown as.
    fn variable(&self, inside: &str) -> String {
        let (name, otherwise) = inside.split_once(':').unwrap_or((inside, ""));
        let value = self.environment.iter().find(|(known, _)| known == name);
        let is_set = value.is_some_and(|(_, value)| otherwise.is_empty() || !value.is_empty());
        match otherwise.strip_prefix('-') {
            Some(default) if !is_set => default.replace('$', "$$"),
            _ => MASK.to_owned(),
        }
    }
}

/// A text without the user and the password of the URLs in it.
fn without_user(text: &str) -> String {
    let mut pieces = text.split("://");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace());
        let authority = &piece[..end.unwrap_or(piece.len())];
        told.push_str("://");
        match authority.rfind('@') {
            Some(at) => {
                told.push_str(MASK);
                told.push_str(&piece[at..]);
            }
            None => told.push_str(piece),
        }
    }
    told
}

/// Whether YAML reads a number that is written so as one.
fn is_plain_number(written: &str) -> bool {
    let starts = written.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    starts
        && written
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'))
}

/// A text as YAML: as it stands where nothing else could be meant, else in quotes, which
/// are those of JSON.
fn scalar(text: &str) -> String {
    match is_plain(text) {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan", "none",
    ];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '$'));
    let belongs = |c: char| c.is_ascii_alphanumeric() || "/_-.$<>=%* ()+".contains(c);
    let is_length = text.starts_with(|c: char| c.is_ascii_digit())
        && !text.starts_with("0x")
        && !text.starts_with("0o")
        && (text.contains('/') || text.ends_with(['s', 'm', 'h']));
    let is_word = WORDS.contains(&text.to_ascii_lowercase().as_str());
    (begins || is_length) && text.chars().all(belongs) && !text.ends_with(' ') && !is_word
}
