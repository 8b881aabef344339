//! Tables.
//!
//! In: a [`Table`], the same that the console prints. Out: an HTML table that scrolls by
//! itself where the page is narrow.

use super::markup::Markup;
use crate::native::Paint;
use crate::native::figure::counted;
use crate::native::table::{Cell, Table};

/// Rows of a table at most; the last one, which is about all of them, is always shown.
pub(super) const ROWS: usize = 500;

/// How a text stands out, as the style sheet calls it.
pub(super) fn class(paint: Paint) -> &'static str {
    match paint {
        Paint::Plain => "",
        Paint::Bold => "bold",
        Paint::Dim => "dim",
        Paint::Good => "good",
        Paint::Warn => "warn",
        Paint::Bad => "bad",
    }
}

/// A table under a heading; nothing without rows.
pub(super) fn section(html: &mut Markup, heading: &str, table: &Table) {
    section_with(html, heading, table, |_| {});
}

/// A table under a heading, and what else belongs there; nothing without rows.
pub(super) fn section_with(
    html: &mut Markup,
    heading: &str,
    table: &Table,
    more: impl FnOnce(&mut Markup),
) {
    if table.rows.is_empty() {
        return;
    }
    html.within("section", &[("class", "block")], |html| {
        html.element("h3", &[], heading);
        self::table(html, &below(heading, table));
        more(html);
    });
}

/// The table without a head that would say what stands above it already.
fn below(heading: &str, table: &Table) -> Table {
    let mut table = table.clone();
    if let Some(head) = table.heads.first_mut()
        && head.eq_ignore_ascii_case(heading)
    {
        *head = "";
    }
    table
}

/// A table.
pub(super) fn table(html: &mut Markup, table: &Table) {
    // What scrolls can be reached with the keyboard.
    let scrolls = [("class", "scroll"), ("tabindex", "0")];
    html.within("div", &scrolls, |html| {
        html.within("table", &[], |html| {
            html.within("thead", &[], |html| heads(html, table));
            html.within("tbody", &[], |html| rows(html, table));
        });
    });
}

fn heads(html: &mut Markup, table: &Table) {
    if !table.groups.is_empty() {
        html.within("tr", &[("class", "groups")], |html| {
            let mut column = 0;
            for group in &table.groups {
                (column..group.from).for_each(|_| html.element("td", &[], ""));
                let span = (group.to - group.from).to_string();
                let attributes = [("scope", "colgroup"), ("colspan", span.as_str())];
                html.element("th", &attributes, group.head);
                column = group.to;
            }
            (column..table.heads.len()).for_each(|_| html.element("td", &[], ""));
        });
    }
    html.within("tr", &[], |html| {
        for (at, head) in table.heads.iter().enumerate() {
            html.element("th", &[("scope", "col"), ("class", kind(table, at))], head);
        }
    });
}

/// How a column looks.
fn kind(table: &Table, at: usize) -> &'static str {
    let begins = table.groups.iter().any(|group| group.from == at);
    match (at < table.texts, begins) {
        (true, _) => "text",
        (false, true) => "number begins",
        (false, false) => "number",
    }
}

fn rows(html: &mut Markup, table: &Table) {
    let hidden = table.rows.len().saturating_sub(ROWS);
    let shown = table.rows.len() - hidden;
    for (at, row) in table.rows.iter().enumerate() {
        if at + 1 < shown || at + 1 == table.rows.len() {
            html.within("tr", &[], |html| cells(html, table, row));
        } else if at + 1 == shown {
            html.within("tr", &[], |html| {
                let columns = table.heads.len().to_string();
                let text = counted(hidden as u64, "row is left out", "rows are left out");
                html.element("td", &[("colspan", &columns), ("class", "text dim")], &text);
            });
        }
    }
}

fn cells(html: &mut Markup, table: &Table, row: &[Cell]) {
    for (at, cell) in row.iter().enumerate() {
        let class = format!("{} {}", kind(table, at), class(cell.paint()));
        let class = [("class", class.trim_end())];
        match at {
            0 => html.element("th", &[("scope", "row"), class[0]], cell.text()),
            _ => html.element("td", &class, cell.text()),
        }
    }
}
