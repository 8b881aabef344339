//! Locust's CSV files: `--csv PREFIX`, and what its page offers for download.
//!
//! In: the text of `PREFIX_stats.csv`, and of `PREFIX_stats_history.csv` where there is
//! one. Out: a record. Columns go by their names, so files of other versions are read as far
//! as they have them, and the percentiles are those that the file's author chose.

use csv::{ReaderBuilder, StringRecord};
use gatecrash_metrics::RunRecord;
use gatecrash_metrics::shard::TOTAL_NAME;
use gatecrash_metrics::slices::{Part, Slice};

use super::{Beside, NotLocusts, Row, record};

/// How the two files' names end.
pub const STATS_END: &str = "_stats.csv";
/// See [`STATS_END`].
pub const HISTORY_END: &str = "_stats_history.csv";

const METHOD: &str = "Type";
const NAME: &str = "Name";
const REQUESTS: &str = "Request Count";
const FAILURES: &str = "Failure Count";
const MEAN: &str = "Average Response Time";
const MIN: &str = "Min Response Time";
const MAX: &str = "Max Response Time";
const RATE: &str = "Requests/s";
const BYTES: &str = "Average Content Size";

/// Without these the file is somebody else's.
const NEEDED: [&str; 8] = [METHOD, NAME, REQUESTS, FAILURES, MEAN, MIN, MAX, RATE];

const TIMESTAMP: &str = "Timestamp";
const USERS: &str = "User Count";
const TOTAL_REQUESTS: &str = "Total Request Count";
const TOTAL_FAILURES: &str = "Total Failure Count";
const NEEDED_OF_HISTORY: [&str; 6] = [
    TIMESTAMP,
    USERS,
    METHOD,
    NAME,
    TOTAL_REQUESTS,
    TOTAL_FAILURES,
];

/// How many columns of a foreign file are named.
const COLUMNS_NAMED: usize = 8;

const LAST_SECOND: &str = "Locust does not write the last second of a run into its CSV files, so \
                           a few requests may be missing";
const NO_HISTORY: &str = "without the file of the history beside it, nothing is known of users \
                          and of single seconds";

/// The run of which these files tell.
///
/// # Errors
/// What is wrong with either file.
pub fn read(stats: &str, history: Option<&str>) -> Result<RunRecord, NotLocusts> {
    let rows = rows(stats)?;
    let mut notes = vec![LAST_SECOND.to_owned()];
    if history.is_none() {
        notes.push(NO_HISTORY.to_owned());
    }
    let rows_of_history = history.map(seconds).transpose()?.unwrap_or_default();
    let users = rows_of_history.iter().map(|second| second.users);
    let beside = Beside {
        users: users.max().unwrap_or(0),
        seconds: slices(&rows_of_history),
        notes,
        host: None,
    };
    record(&rows, beside)
}

fn rows(text: &str) -> Result<Vec<Row>, NotLocusts> {
    let table = Table::read(text, &NEEDED)?;
    let shares: Vec<(usize, f64)> = (0..)
        .zip(&table.header)
        .filter_map(|(at, title)| Some((at, share(title)?)))
        .collect();
    let row = |line: &Line<'_>| {
        let times = shares
            .iter()
            .map(|&(at, share)| (share, line.fields.get(at)));
        // "N/A" before the first request.
        let known = times.filter_map(|(share, cell)| Some((share, cell?.parse().ok()?)));
        Ok(Row {
            method: line.text(METHOD).to_owned(),
            name: line.text(NAME).to_owned(),
            requests: line.number(REQUESTS)? as u64,
            failures: line.number(FAILURES)? as u64,
            mean_ms: line.number(MEAN)?,
            min_ms: line.number(MIN)?,
            max_ms: line.number(MAX)?,
            mean_bytes: line.number(BYTES).unwrap_or(0.0),
            per_second: line.number(RATE)?,
            quantiles: known.collect(),
        })
    };
    table.lines().map(|line| row(&line)).collect()
}

/// The share that a column of percentiles is for: 0.95 of `95%`.
fn share(title: &str) -> Option<f64> {
    let percent: f64 = title.strip_suffix('%')?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// A row of the history, for all endpoints together.
struct Second {
    epoch_s: f64,
    users: u64,
    requests: u64,
    failures: u64,
}

/// The seconds of the last run in the file: the page may have started several, each of
/// which counts from 0.
fn seconds(text: &str) -> Result<Vec<Second>, NotLocusts> {
    let table = Table::read(text, &NEEDED_OF_HISTORY)?;
    let mut seconds: Vec<Second> = Vec::new();
    for line in table.lines() {
        if line.text(NAME) != TOTAL_NAME || !line.text(METHOD).is_empty() {
            continue;
        }
        let second = Second {
            epoch_s: line.number(TIMESTAMP)?,
            users: line.number(USERS)? as u64,
            requests: line.number(TOTAL_REQUESTS)? as u64,
            failures: line.number(TOTAL_FAILURES)? as u64,
        };
        if seconds
            .last()
            .is_some_and(|last| last.requests > second.requests)
        {
            seconds.clear();
        }
        seconds.push(second);
    }
    Ok(seconds)
}

/// What happened between each two rows.
fn slices(seconds: &[Second]) -> Vec<Slice> {
    let between = |pair: &[Second]| Slice {
        from_epoch_s: pair[0].epoch_s,
        to_epoch_s: pair[1].epoch_s,
        users: pair[1].users,
        total: Part {
            requests: pair[1].requests - pair[0].requests,
            failures: pair[1].failures.saturating_sub(pair[0].failures),
            ..Part::default()
        },
        ..Slice::default()
    };
    seconds.windows(2).map(between).collect()
}

/// A CSV file with a header.
struct Table {
    header: StringRecord,
    /// Each with the number of its line.
    records: Vec<(u64, StringRecord)>,
}

impl Table {
    /// Reads a file that has at least these columns.
    fn read(text: &str, needed: &[&str]) -> Result<Table, NotLocusts> {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers().map_err(broken)?.clone();
        check_columns(&header, needed)?;
        let numbered = |record: csv::Result<StringRecord>| {
            let record = record.map_err(broken)?;
            Ok((record.position().map_or(0, csv::Position::line), record))
        };
        let records = reader.records().map(numbered).collect::<Result<_, _>>()?;
        Ok(Table { header, records })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.records.iter().map(|(number, fields)| Line {
            number: *number,
            header: &self.header,
            fields,
        })
    }
}

/// One line, its fields by the names of their columns.
struct Line<'a> {
    number: u64,
    header: &'a StringRecord,
    fields: &'a StringRecord,
}

impl Line<'_> {
    fn text(&self, title: &str) -> &str {
        let at = self.header.iter().position(|column| column == title);
        at.and_then(|at| self.fields.get(at)).unwrap_or_default()
    }

    /// A number that is not below 0.
    fn number(&self, title: &str) -> Result<f64, NotLocusts> {
        let text = self.text(title);
        let number: Option<f64> = text.parse().ok();
        number
            .filter(|n| n.is_finite() && *n >= 0.0)
            .ok_or_else(|| {
                let line = self.number;
                NotLocusts(format!(
                    "line {line}: `{text}` in the column {title} is no number"
                ))
            })
    }
}

fn check_columns(header: &StringRecord, needed: &[&str]) -> Result<(), NotLocusts> {
    let has = |title: &&&str| header.iter().any(|column| column == **title);
    let (there, lacking): (Vec<&&str>, Vec<&&str>) = needed.iter().partition(has);
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking: Vec<&str> = lacking.into_iter().copied().collect();
    let named: Vec<&str> = header.iter().take(COLUMNS_NAMED).collect();
    let more = if header.len() > COLUMNS_NAMED {
        " …"
    } else {
        ""
    };
    let known = if there.is_empty() {
        "none of Locust's statistics"
    } else {
        "not all of them"
    };
    Err(NotLocusts(format!(
        "it lacks the columns {} ({known}; it has {}{more}). What is read here is the \
         PREFIX{STATS_END} that `--csv PREFIX` writes",
        lacking.join(", "),
        named.join(", "),
    )))
}

fn broken(fault: csv::Error) -> NotLocusts {
    let line = fault.position().map_or(0, csv::Position::line);
    NotLocusts(match fault.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("line {line} has {len} of {expected_len} fields, so the file is not complete"),
        _ => format!("it is no CSV: {fault}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_percentiles_are_shares() {
        assert_eq!(share("50%"), Some(0.5));
        assert!((share("99.99%").expect("a share") - 0.9999).abs() < 1e-12);
        assert_eq!(share("Requests/s"), None);
        assert_eq!(share("%"), None);
        assert_eq!(share("101%"), None);
    }
}
