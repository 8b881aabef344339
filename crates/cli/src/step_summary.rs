//! The summary on the page of a job of GitHub Actions.
//!
//! In: the record. Out: `summary.md`, appended to the file that `GITHUB_STEP_SUMMARY` names
//! (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>). That it
//! cannot be written is told and costs nothing else: the file is the job's, not the run's.

use std::fs::File;
use std::io::Write;

use gatecrash_metrics::RunRecord;
use gatecrash_report::native::summary_md;

use crate::{env, printer};

/// Appends the summary where a job wants one.
pub(crate) fn append(record: &RunRecord) {
    let Some(path) = env::step_summary() else {
        return;
    };
    let file = File::options().append(true).create(true).open(&path);
    let text = summary_md::summary(record) + "\n";
    if let Err(fault) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        let what = format!(
            "cannot write the job's summary, {}: {fault}",
            path.display()
        );
        printer::warn(&what);
    }
}
