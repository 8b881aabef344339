//! Texts that a plan comes from, and places in them.
//!
//! In: the plan file and each overriding option, as text under a name. Out: [`Span`]s, and
//! the line and column of each. Never: a file; reading it is the caller's.

use std::ops::Range;

/// A piece of one of the texts, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which text: 0 is the plan file, the others are overriding options.
    pub source: u16,
    /// The first byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// A piece of the plan file.
    pub fn in_file(range: Range<usize>) -> Self {
        Span {
            source: 0,
            start: clamped(range.start),
            end: clamped(range.end),
        }
    }

    /// The same piece of another text.
    pub(crate) fn of(self, source: u16) -> Self {
        Span { source, ..self }
    }

    /// The same piece of another text, that far behind.
    pub(crate) fn moved(self, source: u16, by: usize) -> Self {
        let range = self.range();
        Span::in_file(range.start + by..range.end + by).of(source)
    }

    /// From the beginning of this one to the end of the other.
    pub(crate) fn to(self, other: Span) -> Self {
        Span {
            end: other.end.max(self.end),
            ..self
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Texts are limited far below this; the limit is checked before anything is parsed.
fn clamped(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// One text.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
    lines: Vec<usize>,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Source {
            name: name.to_owned(),
            text: text.to_owned(),
            lines: std::iter::once(0)
                .chain(ends.map(|(at, _)| at + 1))
                .collect(),
        }
    }

    /// Line and column of a byte, both from 1 on; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> (u32, u32) {
        let offset = self.floor(offset);
        let line = self.lines.partition_point(|start| *start <= offset) - 1;
        let column = self.text[self.lines[line]..offset].chars().count() + 1;
        (clamped(line + 1), clamped(column))
    }

    /// The text of a line, counted from 1 on, without its end.
    pub(crate) fn line(&self, line: u32) -> &str {
        let start = self.lines[line as usize - 1];
        let rest = &self.text[start..];
        rest.split('\n')
            .next()
            .unwrap_or(rest)
            .trim_end_matches('\r')
    }

    /// The piece of text; empty where the range is not one of this text.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// All texts of one plan.
#[derive(Debug)]
pub(crate) struct Texts(Vec<Source>);

impl Texts {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Texts(vec![Source::new(name, text)])
    }

    /// Takes in a further text; its number is what spans in it carry.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> u16 {
        self.0.push(Source::new(name, text));
        u16::try_from(self.0.len() - 1).unwrap_or(u16::MAX)
    }

    pub(crate) fn of(&self, span: Span) -> &Source {
        self.0.get(usize::from(span.source)).unwrap_or(&self.0[0])
    }
}
