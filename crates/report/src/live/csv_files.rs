//! CSV files that are kept up to date during a run.
//!
//! In: a snapshot every second or so. Out: the four files of `--csv PREFIX`. The
//! tables of requests, failures and exceptions are rewritten each time, the history
//! grows by a row each time, and nothing stays in a buffer, so whoever reads the
//! files sees the run as it is. The last write is [`CsvFiles::finish`]. All files are
//! opened at once, so that a path that cannot be written is known before any load.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gatecrash_metrics::Snapshot;

use crate::csv::{self, Moment};
use crate::locust::Rules;

/// A file or folder that could not be made or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct WriteError {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// One open file that knows its path.
#[derive(Debug)]
struct Page {
    path: PathBuf,
    file: File,
    /// What [`Page::rewrite`] has written last.
    written: String,
}

impl Page {
    fn create(path: String) -> Result<Page, WriteError> {
        let path = PathBuf::from(path);
        match File::create(&path) {
            Ok(file) => Ok(Page {
                path,
                file,
                written: String::new(),
            }),
            Err(source) => Err(WriteError { path, source }),
        }
    }

    fn told(&self, result: io::Result<()>) -> Result<(), WriteError> {
        let path = self.path.clone();
        result.map_err(|source| WriteError { path, source })
    }

    /// Writes behind what is there.
    fn append(&mut self, text: &str) -> Result<(), WriteError> {
        let result = self.file.write_all(text.as_bytes());
        self.told(result)
    }

    /// Writes over what is there; a reader never finds the file empty. What has not changed is
    /// left alone: the time of a write may be somebody's response time on a small machine.
    fn rewrite(&mut self, text: String) -> Result<(), WriteError> {
        if text == self.written {
            return Ok(());
        }
        let is_shorter = text.len() < self.written.len();
        let result = self.file.write_all_at(text.as_bytes(), 0);
        let result = result.and_then(|()| match is_shorter {
            true => self.file.set_len(text.len() as u64),
            false => Ok(()),
        });
        self.written = text;
        self.told(result)
    }
}

/// The four files of one run.
#[derive(Debug)]
pub struct CsvFiles {
    full_history: bool,
    requests: Page,
    history: Page,
    failures: Page,
    exceptions: Page,
    /// Second, requests and failures of the last row of the history.
    last_row: Option<(i64, u64, u64)>,
}

impl CsvFiles {
    /// What follows the prefix in their names.
    pub const ENDS: [&str; 4] = [
        "_stats.csv",
        "_stats_history.csv",
        "_failures.csv",
        "_exceptions.csv",
    ];

    /// Makes `PREFIX_stats.csv`, `PREFIX_stats_history.csv`, `PREFIX_failures.csv` and
    /// `PREFIX_exceptions.csv` with their headers, and the folders they lie in.
    pub fn create(prefix: &str, full_history: bool, rules: &Rules) -> Result<CsvFiles, WriteError> {
        if let Some(folder) = Path::new(prefix).parent() {
            fs::create_dir_all(folder).map_err(|source| WriteError {
                path: folder.into(),
                source,
            })?;
        }
        let [requests, history, failures, exceptions] = Self::ENDS;
        let page = |end| Page::create(format!("{prefix}{end}"));
        let mut files = CsvFiles {
            full_history,
            requests: page(requests)?,
            history: page(history)?,
            failures: page(failures)?,
            exceptions: page(exceptions)?,
            last_row: None,
        };
        files.history.append(&csv::history_header(rules))?;
        Ok(files)
    }

    /// Where the history is, for who offers it for download.
    pub fn history_path(&self) -> &Path {
        &self.history.path
    }

    /// Brings all files up to date at the instant `now_epoch_s` with `users` running.
    pub fn write(
        &mut self,
        snapshot: &Snapshot,
        rules: &Rules,
        now_epoch_s: f64,
        users: u64,
    ) -> Result<(), WriteError> {
        let moment = Moment {
            epoch_s: now_epoch_s,
            users,
            full: self.full_history,
        };
        let total = &snapshot.total;
        self.last_row = Some((now_epoch_s as i64, total.requests, total.failures));
        self.history
            .append(&csv::history_rows(snapshot, rules, moment))?;
        self.requests.rewrite(csv::requests(snapshot, rules))?;
        self.failures.rewrite(csv::failures(snapshot))?;
        self.exceptions
            .rewrite(csv::exceptions(&snapshot.exceptions))
    }

    /// Writes the end of the run. The history gets no second row for the same second
    /// unless something was counted since.
    pub fn finish(
        mut self,
        snapshot: &Snapshot,
        rules: &Rules,
        now_epoch_s: f64,
        users: u64,
    ) -> Result<(), WriteError> {
        let row = (
            now_epoch_s as i64,
            snapshot.total.requests,
            snapshot.total.failures,
        );
        if self.last_row == Some(row) {
            self.failures.rewrite(csv::failures(snapshot))?;
            return self
                .exceptions
                .rewrite(csv::exceptions(&snapshot.exceptions));
        }
        self.write(snapshot, rules, now_epoch_s, users)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_written_last_and_is_left_alone_when_nothing_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.csv");
        let read = || fs::read_to_string(&path).expect("a file");
        let mut page = Page::create(path.display().to_string()).expect("a file");
        for text in ["a\n", "a\nb\nc\n", "d\n"] {
            page.rewrite(text.to_owned()).expect("written");
            assert_eq!(read(), text);
        }
        fs::write(&path, "by another").expect("written");
        page.rewrite("d\n".to_owned()).expect("left alone");
        assert_eq!(read(), "by another");
    }
}
