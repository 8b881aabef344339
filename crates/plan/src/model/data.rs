//! Rows that users take turns with.

use std::path::PathBuf;

pub use crate::draw::Pick;

/// Rows under one name: `{{ questions.text }}` is the column `text` of the row that the
/// task has taken from the feed `questions`.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its name in templates.
    pub name: String,
    /// Where the rows are.
    pub source: Source,
    /// Which row is next. A task takes one row of a feed and keeps it to its end.
    pub pick: Pick,
}

/// Where rows are.
#[derive(Clone, Debug)]
pub enum Source {
    /// A CSV file, absolute; its first line names the columns.
    Csv(PathBuf),
    /// A JSON file, absolute: an array of objects, or one object per line.
    Json(PathBuf),
    /// In the plan itself.
    Rows(Vec<serde_json::Map<String, serde_json::Value>>),
}
