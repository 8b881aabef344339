//! The place that a parser has reached in a text, and the words from there on.
//!
//! In: the text of an objective. Out: words, quoted names and symbols, with their places.

use super::parse::Fault;

/// Words that say what follows, and so are no names unless they are quoted.
pub(crate) const KEYWORDS: [&str; 11] = [
    "of", "in", "for", "within", "between", "and", "per", "each", "user", "mean", "growth",
];

/// A place in a text.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// In bytes.
    pub at: usize,
    /// A name with a dot behind `of` is a gauge.
    pub names_gauges: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut cursor = Cursor {
            text,
            at: 0,
            names_gauges: false,
        };
        cursor.skip_blanks();
        cursor
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes what stands here, and the blanks behind it.
    pub(crate) fn take(&mut self, bytes: usize) -> &'a str {
        let taken = &self.rest()[..bytes];
        self.at += bytes;
        self.skip_blanks();
        taken
    }

    /// Takes a symbol, if it stands here.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.take(symbol.len());
        }
        found
    }

    /// What stands here up to a blank, a comparison, a comma or a bracket.
    pub(crate) fn word(&self) -> &'a str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || "<>=!(),*\"'".contains(c);
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    /// Takes these words, if they stand here.
    pub(crate) fn words(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        for word in words {
            if ahead.word() != *word {
                return false;
            }
            ahead.take(word.len());
        }
        *self = ahead;
        true
    }

    /// Whether a name can stand here: anything but a keyword and a comparison.
    pub(crate) fn sees_name(&self) -> bool {
        let quoted = self.rest().starts_with(['"', '\'']);
        let word = self.word();
        quoted || !(word.is_empty() || KEYWORDS.contains(&word))
    }

    /// Takes a quoted text, if one stands here.
    ///
    /// # Errors
    /// When its end is missing, or nothing stands in it.
    pub(crate) fn quoted(&mut self) -> Result<Option<&'a str>, Fault> {
        let Some(quote) = self.rest().chars().next().filter(|c| "\"'".contains(*c)) else {
            return Ok(None);
        };
        let inside = &self.rest()[1..];
        let Some(end) = inside.find(quote) else {
            return Err(Fault::new(self.at, format!("the {quote} here has no end")));
        };
        let name = &inside[..end];
        if name.is_empty() || name.contains(char::is_control) {
            let what = "a name in quotes has at least a letter, and no line break";
            return Err(Fault::new(self.at, what));
        }
        self.take(end + 2);
        Ok(Some(name))
    }

    /// Takes a text up to a blank, `<` or `>`; `what` says what it is for.
    ///
    /// # Errors
    /// When nothing stands here.
    pub(crate) fn name(&mut self, what: &str) -> Result<&'a str, Fault> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || "<>".contains(c);
        match rest.find(ends).unwrap_or(rest.len()) {
            0 => Err(Fault::new(self.at, format!("{what} is missing here"))),
            end => Ok(self.take(end)),
        }
    }
}
