//! A run from its folder, or from its `run.json` alone.
//!
//! In: a path. Out: the record. Of a run whose process was killed it is what was known at
//! the last second, with a note that says so.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gatecrash_metrics::{Ended, RunRecord};

use crate::archive::journal;
use crate::archive::{self, Unreadable};
use crate::results::list;

/// The largest file that is read: a run of an hour with a hundred endpoints has a tenth.
const LARGEST: u64 = 300 << 20;

/// What the newest run is called.
pub const LATEST: &str = "latest";

/// A run that was opened.
#[derive(Debug)]
pub struct Opened {
    /// All that is known of it.
    pub record: RunRecord,
    /// Its folder.
    pub folder: PathBuf,
    /// It has not ended: a process still writes to it.
    pub is_running: bool,
}

/// Why a run cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing is there.
    #[error("there is no {}; `gatecrash results` lists the runs that there are", .0.display())]
    Missing(PathBuf),
    /// There are none at all.
    #[error(
        "there are no runs in the folder {}; `gatecrash run PLAN` leaves one there, and one \
         elsewhere is named by its folder", .0.display()
    )]
    None(PathBuf),
    /// A folder of something else.
    #[error("the folder {} holds no run: it has no {}", .0.display(), archive::FILE)]
    NoRun(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// It is something else.
    #[error("{} cannot be used: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: Unreadable,
    },
}

/// The run that a person means: the newest one by `latest`, a folder or file by its path, a
/// folder below `root` by its name.
///
/// # Errors
/// When there is none.
pub fn find(run: &Path, root: &Path) -> Result<PathBuf, OpenError> {
    if run.as_os_str() == LATEST && !run.exists() {
        return list::latest(root).ok_or_else(|| OpenError::None(root.to_owned()));
    }
    let below = root.join(run);
    match !run.exists() && below.exists() {
        true => Ok(below),
        false => Ok(run.to_owned()),
    }
}

/// The run of a folder, or of a file.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    let (folder, file) = match fs::metadata(path) {
        Ok(found) if found.is_dir() => (path.to_owned(), path.join(archive::FILE)),
        Ok(_) => (
            path.parent().unwrap_or(Path::new(".")).to_owned(),
            path.to_owned(),
        ),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::Missing(path.to_owned()));
        }
        Err(why) => {
            let path = path.to_owned();
            return Err(OpenError::Read { path, why });
        }
    };
    let text = match read(&file) {
        Err(OpenError::Read { why, .. }) if why.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::NoRun(folder));
        }
        text => text?,
    };
    let record = archive::read(&text).map_err(|why| OpenError::Unreadable { path: file, why })?;
    match record.ended_by {
        Ended::Unknown => Ok(rescue(record, folder)),
        _ => Ok(Opened {
            record,
            folder,
            is_running: false,
        }),
    }
}

/// What is known of a run whose end was never written.
fn rescue(mut record: RunRecord, folder: PathBuf) -> Opened {
    let path = folder.join(journal::FILE);
    let is_running = is_locked(&path);
    // Without a journal the scenarios that have ended are all there is.
    let lines = fs::read(&path).unwrap_or_default();
    record.scenarios = journal::replay(record.scenarios, &String::from_utf8_lossy(&lines));
    let ends = record.scenarios.iter().map(|one| one.ended_epoch_s);
    record.ended_epoch_s = ends.fold(record.started_epoch_s, f64::max);
    record.validity = RunRecord::judged(&record.scenarios);
    let note = match is_running {
        true => "the run still goes on: these are its numbers so far".to_owned(),
        false => "the process was killed: the numbers reach up to its last second, and objectives \
                  were not judged; `gatecrash check` does that"
            .to_owned(),
    };
    record.notes.push(note);
    Opened {
        record,
        folder,
        is_running,
    }
}

/// Whether a process writes to this journal.
pub(super) fn is_locked(path: &Path) -> bool {
    let locked = File::open(path).map(|file| file.try_lock());
    matches!(locked, Ok(Err(fs::TryLockError::WouldBlock)))
}

/// The text of a file, if it is not larger than any run may be.
pub(super) fn read(path: &Path) -> Result<String, OpenError> {
    let told = |why| OpenError::Read {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(told)?;
    let mut text = String::new();
    let length = file
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(told)?;
    match length as u64 > LARGEST {
        true => Err(told(io::Error::other(
            "it is larger than 300 MB, which no run is",
        ))),
        false => Ok(text),
    }
}
