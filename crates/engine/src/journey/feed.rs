//! Rows of data, read once before the run and shared by all users.
//!
//! In: CSV and JSON files, or rows of the plan. Out: a row's number for a task, and the
//! values of its columns. Never: a file opened while load runs.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gatecrash_plan::draw::{Purpose, Stream};
use gatecrash_plan::fingerprint::FeedRows;
use gatecrash_plan::model::{Feed, Pick, Source};
use serde_json::{Map, Value};

use super::sequences::Sequences;
use super::values::Ref;

/// The largest file of rows.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// What all users of a run share: the rows of its feeds, and its counters.
#[derive(Debug, Default)]
pub struct Feeds {
    feeds: Vec<Rows>,
    pub(super) sequences: Sequences,
}

/// Rows that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("data {feed}: {fault}")]
pub struct FeedError {
    /// The name of the feed in the plan.
    pub feed: String,
    /// What is wrong, and where.
    pub fault: String,
}

/// Who asks for a row. In the open model rows belong to arrivals, whichever lane they go
/// to; in the closed model users take them as they come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) seed: u64,
    pub(super) user: u64,
    /// The number of the arrival, or of the user's turn.
    pub(super) turn: u64,
    pub(super) is_open: bool,
}

/// The rows of one feed.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) name: String,
    pick: Pick,
    /// Its place in the plan.
    place: u64,
    table: Table,
    /// Rows given out where they are taken as users come.
    taken: AtomicU64,
}

#[derive(Debug)]
enum Table {
    Text(TextTable),
    Json(Vec<Map<String, Value>>),
}

/// The cells of a CSV file in one piece of memory.
#[derive(Debug)]
struct TextTable {
    columns: Vec<String>,
    text: String,
    /// Where each cell ends, row after row.
    ends: Vec<u32>,
}

impl Feeds {
    /// Reads the rows of all feeds.
    ///
    /// # Errors
    /// The first feed that cannot be read or has no rows.
    pub fn load(feeds: &[Feed]) -> Result<Feeds, FeedError> {
        let rows = (0..).zip(feeds).map(|(place, feed)| {
            Rows::load(place, feed).map_err(|fault| FeedError {
                feed: feed.name.clone(),
                fault,
            })
        });
        Ok(Feeds {
            feeds: rows.collect::<Result<_, _>>()?,
            sequences: Sequences::default(),
        })
    }

    /// How each feed gives out its rows, and how many it has.
    pub fn sizes(&self) -> Vec<FeedRows> {
        let size = |feed: &Rows| FeedRows {
            pick: feed.pick,
            rows: feed.count(),
        };
        self.feeds.iter().map(size).collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.feeds.iter().position(|feed| feed.name == name)
    }

    pub(super) fn rows(&self, feed: usize) -> &Rows {
        &self.feeds[feed]
    }

    pub(super) fn count(&self) -> usize {
        self.feeds.len()
    }
}

impl Rows {
    fn load(place: u64, feed: &Feed) -> Result<Rows, String> {
        let table = match &feed.source {
            Source::Csv(path) => Table::Text(read_csv(&read_file(path)?).map_err(in_file(path))?),
            Source::Json(path) => Table::Json(read_json(&read_file(path)?).map_err(in_file(path))?),
            Source::Rows(rows) => Table::Json(rows.clone()),
        };
        let rows = Rows {
            name: feed.name.clone(),
            pick: feed.pick,
            place,
            table,
            taken: AtomicU64::new(0),
        };
        match rows.count() {
            0 => Err("there are no rows".to_owned()),
            _ => Ok(rows),
        }
    }

    pub(super) fn count(&self) -> u64 {
        match &self.table {
            Table::Text(table) => (table.ends.len() / table.columns.len()) as u64,
            Table::Json(rows) => rows.len() as u64,
        }
    }

    /// The row for a task; `None` when each was given out and is used once only.
    pub(super) fn take(&self, asker: Asker) -> Option<u64> {
        let feed = Stream::new(asker.seed, Purpose::Row).fork(self.place);
        let draw = match (self.pick, asker.is_open) {
            (Pick::Unique, _) | (Pick::Sequential | Pick::Shuffled, false) => {
                self.taken.fetch_add(1, Ordering::Relaxed)
            }
            (Pick::Random, false) => feed.fork(asker.user).at(asker.turn),
            (Pick::Sequential | Pick::Shuffled | Pick::Random, true) => asker.turn,
        };
        self.pick.row(feed, draw, self.count())
    }

    /// The place of a column that has its own, as those of CSV files have.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        match &self.table {
            Table::Text(table) => table.columns.iter().position(|known| known == name),
            Table::Json(_) => None,
        }
    }

    /// The value of a row in a column.
    pub(super) fn cell(&self, row: u64, name: &str, column: Option<usize>) -> Option<Ref<'_>> {
        match &self.table {
            Table::Text(table) => Some(Ref::Text(table.cell(row as usize, column?))),
            Table::Json(rows) => rows[row as usize].get(name).map(Ref::Json),
        }
    }

    /// A whole row.
    pub(super) fn row(&self, row: u64) -> Vec<(&str, Ref<'_>)> {
        let row = row as usize;
        match &self.table {
            Table::Text(table) => {
                let columns = table.columns.iter().enumerate();
                columns
                    .map(|(at, name)| (name.as_str(), Ref::Text(table.cell(row, at))))
                    .collect()
            }
            Table::Json(rows) => rows[row]
                .iter()
                .map(|(name, value)| (name.as_str(), Ref::Json(value)))
                .collect(),
        }
    }
}

impl TextTable {
    fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns.len() + column;
        let start = match at {
            0 => 0,
            _ => self.ends[at - 1] as usize,
        };
        &self.text[start..self.ends[at] as usize]
    }
}

fn in_file(path: &Path) -> impl Fn(String) -> String {
    move |fault| format!("{}: {fault}", path.display())
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|fault| in_file(path)(fault.to_string()))?;
    if size.len() > MAX_FILE_BYTES {
        return Err(in_file(path)("the file is larger than 1 GiB".to_owned()));
    }
    let mut bytes = fs::read(path).map_err(|fault| in_file(path)(fault.to_string()))?;
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// RFC 4180; the first record names the columns.
fn read_csv(bytes: &[u8]) -> Result<TextTable, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|fault| fault.to_string())?;
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    if columns.is_empty() {
        return Err("the first line names no columns".to_owned());
    }
    let mut table = TextTable {
        columns,
        text: String::new(),
        ends: Vec::new(),
    };
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|fault| fault.to_string())?
    {
        for cell in &record {
            table.text.push_str(cell);
            // The file, and so its cells, are smaller than 4 GiB.
            table.ends.push(table.text.len() as u32);
        }
    }
    Ok(table)
}

/// An array of objects, or one object per line.
fn read_json(bytes: &[u8]) -> Result<Vec<Map<String, Value>>, String> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return serde_json::from_slice(bytes).map_err(|fault| fault.to_string());
    }
    let lines = (1..).zip(bytes.split(|&byte| byte == b'\n'));
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|fault| format!("line {number}: {fault}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str, pick: Pick) -> Rows {
        Rows {
            name: "people".to_owned(),
            pick,
            place: 0,
            table: Table::Text(read_csv(text.as_bytes()).expect("a table")),
            taken: AtomicU64::new(0),
        }
    }

    fn asker(user: u64, turn: u64, is_open: bool) -> Asker {
        Asker {
            seed: 7,
            user,
            turn,
            is_open,
        }
    }

    #[test]
    fn cells_of_csv_are_found_by_row_and_column() {
        let rows = csv("name,say\nAda,\"a, \"\"b\"\"\nc\"\nBo,\n", Pick::Sequential);
        let cell = |row, name: &str| {
            let cell = rows.cell(row, name, rows.column(name));
            cell.map(|cell| cell.into_value())
        };
        assert_eq!(rows.count(), 2);
        assert_eq!(cell(0, "name"), Some("Ada".into()));
        assert_eq!(cell(0, "say"), Some("a, \"b\"\nc".into()));
        assert_eq!(cell(1, "name"), Some("Bo".into()));
        assert_eq!(cell(1, "say"), Some("".into()));
        assert_eq!(cell(1, "nobody"), None);
    }

    #[test]
    fn a_record_of_another_length_is_told_with_its_line() {
        let fault = read_csv(b"a,b\n1,2\n3\n").expect_err("a fault");
        assert!(fault.contains("line: 3"), "{fault}");
    }

    #[test]
    fn json_is_an_array_or_lines() {
        let array = read_json(b" [{\"a\": 1}, {\"b\": [2]}]").expect("rows");
        let lines = read_json(b"{\"a\": 1}\r\n\n{\"b\": [2]}\n").expect("rows");
        assert_eq!(array, lines);
        assert_eq!(array.len(), 2);
        let fault = read_json(b"{\"a\": 1}\n{\n").expect_err("a fault");
        assert!(fault.starts_with("line 2: "), "{fault}");
    }

    #[test]
    fn unique_rows_end_and_sequential_ones_begin_again() {
        let taken = |rows: &Rows, is_open| -> Vec<_> {
            (0..3)
                .map(|turn| rows.take(asker(turn, turn, is_open)))
                .collect()
        };
        for is_open in [false, true] {
            let unique = csv("a\n1\n2\n", Pick::Unique);
            assert_eq!(taken(&unique, is_open), [Some(0), Some(1), None]);
            let sequential = csv("a\n1\n2\n", Pick::Sequential);
            assert_eq!(taken(&sequential, is_open), [Some(0), Some(1), Some(0)]);
        }
    }

    #[test]
    fn rows_of_arrivals_do_not_depend_on_who_asks_first() {
        let rows = csv("a\n1\n2\n3\n4\n5\n6\n7\n", Pick::Random);
        let forward: Vec<_> = (0..50)
            .map(|turn| rows.take(asker(1, turn, true)))
            .collect();
        let backward: Vec<_> = (0..50)
            .rev()
            .map(|turn| rows.take(asker(2, turn, true)))
            .collect();
        assert_eq!(forward, backward.into_iter().rev().collect::<Vec<_>>());
        let users: Vec<_> = (0..50)
            .map(|user| rows.take(asker(user, 0, false)))
            .collect();
        assert_ne!(users, forward);
    }
}
