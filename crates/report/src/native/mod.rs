//! What is told of a run of plans or Rust users: to a person a line while it runs and
//! tables at its end, to programs CSV, JSON and XML.
//!
//! In: snapshots and records, how wide the page is, whether colours are wanted. Out: lines
//! without their ends, and the contents of files. Nothing here is a copy of Locust's; those are in
//! [`crate::console`].
//!
//! | module | what it tells |
//! |---|---|
//! | [`figure`] | how a number looks |
//! | [`table`] | columns that fit a page |
//! | [`status`] | one line on how a scenario stands |
//! | [`requests`] | requests, phases, errors |
//! | [`work`] | arrivals, users, tasks |
//! | [`series`] | streams, WebSockets and declared metrics |
//! | [`cache`] | hits and misses |
//! | [`cost`] | what the requests cost |
//! | [`verdicts`] | what came of the objectives |
//! | [`suite`] | the run in a line per scenario, and whether to ship |
//! | [`run`] | all of it, scenario by scenario |
//! | [`csv`] | every measure, and every second, as CSV |
//! | [`summary_md`] | the run as a page of Markdown |
//! | [`summary_json`] | the run in a few figures, for scripts |
//! | [`junit`] | the verdicts as test cases |

pub mod cache;
pub mod cost;
pub mod csv;
pub mod figure;
pub mod gauges;
pub mod junit;
pub mod requests;
pub mod run;
pub mod series;
pub mod slowest;
pub mod status;
pub mod suite;
pub mod summary_json;
pub mod summary_md;
pub mod table;
pub mod verdicts;
pub mod work;

/// The page that is written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns of the page.
    pub width: usize,
    /// Whether colours are wanted: on terminals only.
    pub color: bool,
}

/// How a text stands out. Nothing is told by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Not at all.
    #[default]
    Plain,
    /// A heading.
    Bold,
    /// What explains rather than tells.
    Dim,
    /// As it should be.
    Good,
    /// Something to look at.
    Warn,
    /// Something went wrong.
    Bad,
}

/// A labelled text, on any page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about; empty where it goes on about the same.
    pub label: &'static str,
    /// How the text stands out.
    pub paint: Paint,
    /// The text.
    pub text: String,
}

impl Fact {
    /// A text from elsewhere loses what would move the cursor.
    pub fn new(label: &'static str, paint: Paint, text: &str) -> Fact {
        let text = harmless(text);
        Fact { label, paint, text }
    }
}

impl Look {
    /// The text with its paint, if colours are wanted.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Plain => return text.to_owned(),
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Good => "32",
            Paint::Warn => "33",
            Paint::Bad => "31",
        };
        if self.color && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Labelled texts, one below the other.
    pub fn facts(&self, facts: &[Fact]) -> Vec<String> {
        let lines = facts.iter();
        let lines = lines.flat_map(|fact| self.paragraph(fact.label, fact.paint, &fact.text));
        lines.collect()
    }

    /// Columns for the text of a [`Look::paragraph`].
    pub(crate) fn text_width(&self) -> usize {
        self.width.max(40) - INDENT
    }

    /// A labelled text, broken between words where the page ends.
    pub fn paragraph(&self, label: &str, paint: Paint, text: &str) -> Vec<String> {
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        let lines = broken(text, self.text_width());
        let labelled = lines.iter().zip(labels).map(|(line, label)| {
            let label = format!("  {label:<0$}", INDENT - 2);
            self.paint(Paint::Dim, &label) + &self.paint(paint, line)
        });
        labelled.collect()
    }
}

/// Columns before the text of a paragraph.
const INDENT: usize = 14;

/// Lines of at most `width` characters, broken between words, and within those that are
/// longer.
pub(crate) fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut()
            && length(line) + 1 + length(word) <= width
        {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        let letters: Vec<char> = word.chars().collect();
        let pieces = letters.chunks(width).map(|piece| piece.iter().collect());
        lines.extend(pieces);
    }
    lines
}

/// Characters of a text on a page.
pub(crate) fn length(text: &str) -> usize {
    text.chars().count()
}

/// A text from elsewhere without what would move the cursor or break the line.
pub fn harmless(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// At most `width` characters of a text, with an ellipsis for the rest.
pub fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
