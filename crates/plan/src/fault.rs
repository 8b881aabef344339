//! What is wrong with a plan, where, and what to do.
//!
//! In: a place and a sentence. Out: [`Fault`]s with the line that they point at, collected
//! so that a person sees all of them at once. Never: a colour, a guess about the terminal.

use std::fmt;

use crate::file::source::{Span, Texts};

/// As many faults are told; a file with more has one cause.
const MOST_TOLD: usize = 50;

/// Characters of a line that are shown on each side of the place.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 60;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What to do, if that is known.
    pub hint: Option<String>,
}

/// A place in a plan, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or the option that overrides it.
    pub file: String,
    /// Its line, from 1 on.
    pub line: u32,
    /// The character in the line, from 1 on.
    pub column: u32,
    /// The line, and what of it is meant.
    pub excerpt: Excerpt,
}

/// A line of a file, or a part of it, and which of its characters are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What is shown; control characters are replaced.
    pub text: String,
    /// The first character that is meant, from 0 on.
    pub start: usize,
    /// How many are meant, at least 1.
    pub length: usize,
}

impl Fault {
    fn order(&self) -> (&str, u32, u32) {
        (&self.place.file, self.place.line, self.place.column)
    }
}

impl Place {
    pub(crate) fn new(texts: &Texts, span: Span) -> Self {
        let source = texts.of(span);
        let range = span.range();
        let (line, column) = source.position(range.start);
        let length = source
            .slice(range)
            .chars()
            .take_while(|c| *c != '\n')
            .count();
        Place {
            file: source.name.clone(),
            line,
            column,
            excerpt: Excerpt::new(source.line(line), column as usize - 1, length),
        }
    }

    /// A fault at this place, such as a file that is mentioned here and cannot be read.
    pub fn fault(&self, what: impl Into<String>, hint: Option<String>) -> Fault {
        Fault {
            place: self.clone(),
            what: what.into(),
            hint,
        }
    }
}

impl Excerpt {
    fn new(line: &str, start: usize, length: usize) -> Self {
        let skipped = start.saturating_sub(SHOWN_BEFORE);
        let mut text: String = if skipped > 0 { "…" } else { "" }.to_owned();
        let start = start - skipped + text.chars().count();
        let shown = line.chars().skip(skipped).take(SHOWN_BEFORE + SHOWN_AFTER);
        text.extend(shown.map(|c| if c.is_control() { ' ' } else { c }));
        // The end of a line may be meant, which is not shown.
        let start = start.min(text.chars().count());
        let rest = text.chars().count() - start;
        if line.chars().count() > skipped + SHOWN_BEFORE + SHOWN_AFTER {
            text.push('…');
        }
        Excerpt {
            text,
            start,
            length: length.min(rest).max(1),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            file,
            line,
            column,
            excerpt,
        } = &self.place;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(excerpt.start);
        let mark = "^".repeat(excerpt.length);
        writeln!(f, "{file}:{line}:{column}: {}", self.what)?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", excerpt.text.trim_end())?;
        write!(f, "{margin} | {indent}{mark}")?;
        if let Some(hint) = &self.hint {
            write!(f, "\n{margin} = {hint}")?;
        }
        Ok(())
    }
}

/// All that is wrong with a plan, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Puts them in order; the same one twice is one.
    pub fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.order().cmp(&b.order()));
        faults.dedup();
        Faults(faults)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in self.0.iter().take(MOST_TOLD) {
            writeln!(f, "{fault}\n")?;
        }
        match self.0.len() {
            1 => write!(f, "1 fault"),
            many if many > MOST_TOLD => write!(f, "{many} faults, {MOST_TOLD} of them shown"),
            many => write!(f, "{many} faults"),
        }
    }
}

impl std::error::Error for Faults {}
