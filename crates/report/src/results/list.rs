//! The runs that there are.
//!
//! In: the folder that holds folders of results. Out: the runs, newest first.

use std::fs;
use std::path::{Path, PathBuf};

use super::open;
use crate::archive::{self, Glance, journal};

/// Where plans leave their results unless told otherwise, below the current folder.
pub const ROOT: &str = "results";

/// The folders below `root` that hold a run, newest first: by the time that their names
/// begin with, then by name. None where there is no such folder.
pub fn list(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else {
        return Vec::new();
    };
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut runs: Vec<PathBuf> = folders
        .filter(|folder| folder.join(archive::FILE).is_file())
        .collect();
    runs.sort_by(|one, other| other.file_name().cmp(&one.file_name()));
    runs
}

/// A run in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its folder.
    pub folder: PathBuf,
    /// What is known of it; `None` if its file cannot be read.
    pub glance: Option<Glance>,
    /// It has not ended.
    pub is_running: bool,
}

/// A look at the run in a folder.
pub fn look_at(folder: PathBuf) -> Listed {
    let text = open::read(&folder.join(archive::FILE));
    Listed {
        glance: text.ok().and_then(|text| archive::glance(&text)),
        is_running: open::is_locked(&folder.join(journal::FILE)),
        folder,
    }
}

/// The newest run below `root`.
pub fn latest(root: &Path) -> Option<PathBuf> {
    list(root).into_iter().next()
}

/// The folder of a run that begins at this time, below `root`: `20261121-155039-NAME`, UTC.
pub fn folder_for(root: &Path, started_epoch_s: f64, name: &str) -> PathBuf {
    let time = crate::format::utc_timestamp(started_epoch_s);
    let time: String = time
        .trim_end_matches('Z')
        .chars()
        .filter(|c| *c != '-' && *c != ':')
        .map(|c| if c == 'T' { '-' } else { c })
        .collect();
    let name = super::files::file_name(name);
    let base = format!("{time}-{}", if name.is_empty() { "run" } else { &name });
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut free = std::iter::once(base.clone())
        .chain(numbered)
        .map(|name| root.join(name))
        .filter(|folder| !folder.exists());
    free.next().expect("there are more numbers than folders")
}
