//! The results as a page: `--html FILE`.
//!
//! In: where it is wanted, and the record. Out: the file, whole or not at all. That it cannot
//! be written is known before the run where that can be known; afterwards it is told, and
//! costs nothing but the page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use gatecrash_metrics::RunRecord;
use gatecrash_report::html::html;

use crate::printer;

/// Where the page goes, if one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Page {
    file: Option<PathBuf>,
}

impl Page {
    /// A page in `file`.
    ///
    /// # Errors
    /// If it is a folder, or would stand in none.
    pub(crate) fn create(file: Option<PathBuf>) -> Result<Page> {
        if let Some(file) = &file {
            check(file).with_context(|| format!("--html {}", file.display()))?;
        }
        Ok(Page { file })
    }

    /// Writes the page; says whether it could be, which it is where none is wanted.
    pub(crate) fn write(&self, record: &RunRecord) -> bool {
        let Some(file) = &self.file else { return true };
        let written = write_whole(file, &html(record));
        if let Err(fault) = &written {
            printer::warn(&format!("cannot write {}: {fault}", file.display()));
        }
        written.is_ok()
    }
}

fn check(file: &Path) -> Result<()> {
    ensure!(
        !file.is_dir(),
        "it is a folder; name a file, such as report.html"
    );
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.is_dir(),
        "there is no folder {}; make it first",
        folder.display()
    );
    Ok(())
}

/// Never leaves half a page under the name.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let part = file.with_file_name(format!(".{name}.part"));
    fs::write(&part, text)?;
    fs::rename(&part, file)
}
