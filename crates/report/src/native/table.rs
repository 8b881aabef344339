//! Columns that fit a page.
//!
//! In: heads and rows of cells. Out: lines. The first column takes what the others leave
//! and is cut where that is too little; the others are as wide as what stands in them. A
//! page of another kind ([`crate::html`]) reads the cells itself.

use super::{Look, Paint, cut, length};

/// What stands in a column of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    paint: Paint,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell {
            text: text.into(),
            paint: Paint::Plain,
        }
    }
}

impl Cell {
    /// The cell with a paint.
    pub fn painted(self, paint: Paint) -> Cell {
        Cell { paint, ..self }
    }

    /// What stands there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it stands out.
    pub fn paint(&self) -> Paint {
        self.paint
    }
}

/// Columns that share a head of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The first of the columns.
    pub from: usize,
    /// The column after the last of them.
    pub to: usize,
    /// Their head.
    pub head: &'static str,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads of the columns.
    pub heads: Vec<&'static str>,
    /// Heads above them.
    pub groups: Vec<Group>,
    /// How many columns, from the first, are texts and stand to the left.
    pub texts: usize,
    /// Columns of another kind than the one before, which they keep away from.
    pub apart: &'static [usize],
    /// The rows; one that is shorter has empty cells at its end.
    pub rows: Vec<Vec<Cell>>,
}

/// Before each line, and between two columns.
const GAP: usize = 2;

/// So much more before a column that stands apart.
const APART: usize = 2;

/// The first column is not cut below this.
const FIRST_MIN: usize = 12;

impl Table {
    /// Leaves out the last row where it would say the same about all as the only other one
    /// says about one.
    pub(super) fn without_repeated_total(&mut self) {
        if self.rows.len() == 2 {
            self.rows.truncate(1);
        }
    }

    /// Columns that the table takes when the first one has `first` characters, or fewer if
    /// nothing in it is as long.
    pub fn width_with(&self, first: usize) -> usize {
        let widths = self.widths();
        let others = (1..widths.len()).map(|at| widths[at] + self.gap(at));
        GAP + widths[0].min(first) + others.sum::<usize>()
    }

    /// Columns before a column.
    fn gap(&self, at: usize) -> usize {
        GAP + if self.apart.contains(&at) { APART } else { 0 }
    }

    /// The lines; none without rows.
    pub fn lines(&self, look: &Look) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let mut widths = self.widths();
        let others = self.width_with(0);
        widths[0] = widths[0].min(look.width.saturating_sub(others).max(FIRST_MIN));
        let mut lines = Vec::new();
        if !self.groups.is_empty() {
            lines.push(look.paint(Paint::Dim, &self.group_line(&widths)));
        }
        let heads: Vec<Cell> = self.heads.iter().map(|&head| head.into()).collect();
        let plain = Look {
            color: false,
            ..*look
        };
        lines.push(look.paint(Paint::Dim, &self.line(&heads, &widths, &plain)));
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths, look)));
        lines
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| length(head)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(length(&cell.text));
            }
        }
        for group in &self.groups {
            let columns = group.from..group.to;
            let gaps: usize = columns.clone().skip(1).map(|at| self.gap(at)).sum();
            let room = widths[columns].iter().sum::<usize>() + gaps;
            widths[group.from] += length(group.head).saturating_sub(room);
        }
        widths
    }

    fn line(&self, row: &[Cell], widths: &[usize], look: &Look) -> String {
        let mut line = String::new();
        for (at, (cell, &width)) in row.iter().zip(widths).enumerate() {
            let text = if at == 0 {
                cut(&cell.text, width)
            } else {
                cell.text.clone()
            };
            let room = " ".repeat(width - length(&text));
            let text = look.paint(cell.paint, &text);
            line.push_str(&" ".repeat(self.gap(at)));
            line.push_str(&if at < self.texts {
                text + &room
            } else {
                room + &text
            });
        }
        line.trim_end().to_owned()
    }

    /// Each head stands over the right end of its columns.
    fn group_line(&self, widths: &[usize]) -> String {
        let mut line = String::new();
        for group in &self.groups {
            let columns = (0..group.to).map(|at| widths[at] + self.gap(at));
            let end: usize = columns.sum();
            let start = end - length(group.head);
            line.push_str(&" ".repeat(start.saturating_sub(length(&line))));
            line.push_str(group.head);
        }
        line
    }
}
