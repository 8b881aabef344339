//! What is known of a run that is over: our own record of it, or what Locust wrote down.
//!
//! In: the name of a file or a folder. Out: a record. What a file is, its content says, not
//! its name.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use gatecrash_metrics::RunRecord;
use gatecrash_report::foreign::{locust_csv, locust_html};
use gatecrash_report::results::list::ROOT;
use gatecrash_report::results::open::{find, open};

/// The largest file of Locust's that is read, bytes; a page has one million.
const LARGEST_FILE: u64 = 100 << 20;

/// The run that `path` tells of.
///
/// # Errors
/// A file that cannot be read, or is something else; with its name.
pub(crate) fn read(path: &Path) -> Result<RunRecord> {
    match path.is_file() && !is_json(path) {
        true => foreign(path).with_context(|| format!("cannot judge {}", path.display())),
        false => Ok(open(&find(path, Path::new(ROOT))?)?.record),
    }
}

/// Whether it begins as our own files do. What cannot be read is told by who reads it whole.
fn is_json(path: &Path) -> bool {
    let mut first = [0];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && matches!(first, [b'{' | b'['])
}

fn foreign(path: &Path) -> Result<RunRecord> {
    let text = text(path)?;
    match text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .chars()
        .next()
    {
        Some('<') => Ok(locust_html::read(&text)?),
        Some(_) => {
            let history = history_of(path).filter(|path| path.is_file());
            let history = history.map(|path| self::text(&path)).transpose()?;
            Ok(locust_csv::read(&text, history.as_deref())?)
        }
        None => Err(anyhow!("it is empty")),
    }
}

/// Where Locust writes the history that belongs to its statistics.
fn history_of(stats: &Path) -> Option<PathBuf> {
    let name = stats.file_name()?.to_str()?;
    let prefix = name.strip_suffix(locust_csv::STATS_END)?;
    Some(stats.with_file_name(format!("{prefix}{}", locust_csv::HISTORY_END)))
}

fn text(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= LARGEST_FILE,
        "it is larger than {} MB, which no report of Locust is",
        LARGEST_FILE >> 20
    );
    String::from_utf8(bytes).map_err(|_| anyhow!("it is no text"))
}
