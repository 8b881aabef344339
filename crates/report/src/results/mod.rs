//! The folder of a run's results.
//!
//! In: the seconds, the scenarios and the end of a run. Out: files, from the first second on,
//! so that a process that is killed leaves all but the last second; and from a folder the
//! run again. When something is written, the caller says; this module reads no clock.
//!
//! | module | what it holds |
//! |---|---|
//! | [`files`] | which files there are, made from a record |
//! | [`open`](mod@open) | a run from its folder, however it ended |
//! | [`list`](mod@list) | the runs that there are |

pub mod files;
pub mod list;
pub mod open;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gatecrash_metrics::{Ended, RunRecord, ScenarioRecord, Snapshot};

use crate::archive;
use crate::archive::journal::{self, Beginning, Journal};
use crate::live::{CsvFiles, WriteError};
use crate::locust::Rules;
use crate::native::csv;
use files::file_names;

/// Bytes of the journal before it begins anew and `run.json` takes over what it holds.
const JOURNAL_BYTES: u64 = 64 << 20;

/// Why no folder can be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It holds something else.
    #[error(
        "the folder {} has files in it and is no folder of results; name another one, or one that \
         does not exist yet", .0.display()
    )]
    Foreign(PathBuf),
    /// Another run writes into it.
    #[error("another run writes into the folder {}; name another one", .0.display())]
    InUse(PathBuf),
}

/// Makes a folder for results where there is none, and looks whether it can be had: nothing
/// in it is touched.
///
/// # Errors
/// When it cannot be made, or holds something else.
pub fn prepare(path: &Path) -> Result<(), FolderError> {
    let told = |source| WriteError {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(path).map_err(told)?;
    earlier(path)?;
    Ok(())
}

/// Takes back what [`prepare`] made, when no run came of it.
pub fn withdraw(path: &Path) {
    // One that is not empty was there before, and stays.
    let _ = fs::remove_dir(path);
}

/// The run that a folder holds; `None` if it is empty.
fn earlier(path: &Path) -> Result<Option<RunRecord>, FolderError> {
    let told = |source| WriteError {
        path: path.to_owned(),
        source,
    };
    if fs::read_dir(path).map_err(told)?.next().is_none() {
        return Ok(None);
    }
    let earlier = open::open(path).map_err(|_| FolderError::Foreign(path.to_owned()))?;
    match earlier.is_running {
        true => Err(FolderError::InUse(path.to_owned())),
        false => Ok(Some(earlier.record)),
    }
}

/// The folder of a run on its way.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The run as `run.json` has it.
    record: RunRecord,
    /// By a scenario's place: its name, and its part of the files' names.
    names: Vec<String>,
    prefixes: Vec<String>,
    rules: Rules,
    open: BTreeMap<usize, CsvFiles>,
    journal: Journal,
    journal_file: File,
    journal_bytes: u64,
}

impl Folder {
    /// Makes the folder. `begin` is the run before its first scenario, `scenarios` the names
    /// of those that are planned. The results of an earlier run in it are removed.
    ///
    /// # Errors
    /// When it cannot be made or written, or holds something else.
    pub fn create(
        path: PathBuf,
        begin: &RunRecord,
        scenarios: Vec<String>,
    ) -> Result<Folder, FolderError> {
        prepare(&path)?;
        clear(&path)?;
        let journal_file = lock(&path)?;
        let mut record = begin.clone();
        record.ended_by = Ended::Unknown;
        let folder = Folder {
            prefixes: file_names(&scenarios),
            names: scenarios,
            record,
            rules: Rules::default(),
            open: BTreeMap::new(),
            journal: Journal::default(),
            journal_file,
            journal_bytes: 0,
            path,
        };
        folder.replace(archive::FILE, &archive::write(&folder.record))?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file into the folder, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, name: &str, text: &str) -> Result<(), WriteError> {
        let (path, part) = (
            self.path.join(name),
            self.path.join(format!(".{name}.part")),
        );
        fs::write(&part, text)
            .and_then(|()| fs::rename(&part, &path))
            .map_err(|source| WriteError { path, source })
    }

    /// Takes note of another second of a scenario.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn second(
        &mut self,
        scenario: &Beginning,
        at_epoch_s: f64,
        snapshot: &Snapshot,
    ) -> Result<(), WriteError> {
        let lines = self.journal.second(scenario, at_epoch_s, snapshot);
        self.append(&lines)?;
        let rules = self.rules.clone();
        if let Some(files) = self.files(scenario.place)? {
            files.write(snapshot, &rules, at_epoch_s, snapshot.arrivals.users.now)?;
        }
        if self.journal_bytes > JOURNAL_BYTES {
            self.fold_journal()?;
        }
        Ok(())
    }

    /// Takes note of a scenario's end.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn ended(&mut self, scenario: &ScenarioRecord) -> Result<(), WriteError> {
        let place = self.names.iter().position(|name| *name == scenario.name);
        let known = self.record.scenarios.iter_mut();
        match known.into_iter().find(|known| known.name == scenario.name) {
            Some(known) => *known = scenario.clone(),
            None => self.record.scenarios.push(scenario.clone()),
        }
        self.record.ended_epoch_s = scenario.ended_epoch_s;
        self.record.validity = RunRecord::judged(&self.record.scenarios);
        self.replace(archive::FILE, &archive::write(&self.record))?;
        if let Some(place) = place {
            self.journal.ended(place);
            self.close(place, scenario)?;
        }
        if self.journal.is_idle() {
            self.empty_journal()?;
        }
        let scenarios = &self.record.scenarios;
        self.replace(files::MEASURES, &csv::measures(scenarios))?;
        self.replace(files::ARRIVALS, &csv::arrivals(scenarios))
    }

    /// Writes the end of the run: all files, as its record tells it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self, record: &RunRecord) -> Result<(), WriteError> {
        for scenario in &record.scenarios {
            let place = self.names.iter().position(|name| *name == scenario.name);
            let is_known = self
                .record
                .scenarios
                .iter()
                .any(|one| one.name == scenario.name);
            if let Some(place) = place.filter(|_| !is_known) {
                self.close(place, scenario)?;
            }
        }
        for (name, text) in files::files(record) {
            self.replace(&name, &text)?;
        }
        remove(&self.path.join(journal::FILE))
    }

    /// Writes the end of a scenario's own files.
    fn close(&mut self, place: usize, scenario: &ScenarioRecord) -> Result<(), WriteError> {
        self.files(place)?;
        let users = scenario.snapshot.arrivals.users.now;
        let at = scenario.ended_epoch_s;
        match self.open.remove(&place) {
            Some(files) => files.finish(&scenario.snapshot, &self.rules, at, users),
            None => Ok(()),
        }
    }

    /// The files of a scenario, made when they are first wanted.
    fn files(&mut self, place: usize) -> Result<Option<&mut CsvFiles>, WriteError> {
        let Some(prefix) = self.prefixes.get(place) else {
            return Ok(None);
        };
        if !self.open.contains_key(&place) {
            let prefix = self.path.join(prefix).to_string_lossy().into_owned();
            let files = CsvFiles::create(&prefix, false, &self.rules)?;
            self.open.insert(place, files);
        }
        Ok(self.open.get_mut(&place))
    }

    fn append(&mut self, lines: &str) -> Result<(), WriteError> {
        self.journal_bytes += lines.len() as u64;
        let done = self.journal_file.write_all(lines.as_bytes());
        self.told(done)
    }

    /// Lets `run.json` take over what the journal holds.
    fn fold_journal(&mut self) -> Result<(), WriteError> {
        let path = self.path.join(journal::FILE);
        let lines = fs::read_to_string(&path).map_err(|source| WriteError { path, source })?;
        let known = std::mem::take(&mut self.record.scenarios);
        self.record.scenarios = journal::replay(known, &lines);
        self.replace(archive::FILE, &archive::write(&self.record))?;
        self.journal.restart();
        self.empty_journal()
    }

    fn empty_journal(&mut self) -> Result<(), WriteError> {
        self.journal_bytes = 0;
        let done = self.journal_file.set_len(0);
        self.told(done)
    }

    fn told(&self, done: io::Result<()>) -> Result<(), WriteError> {
        done.map_err(|source| WriteError {
            path: self.path.join(journal::FILE),
            source,
        })
    }
}

/// Removes the files of an earlier run.
fn clear(path: &Path) -> Result<(), FolderError> {
    let Some(earlier) = earlier(path)? else {
        return Ok(());
    };
    let scenarios = earlier.scenarios.iter();
    let names: Vec<String> = scenarios.map(|one| one.name.clone()).collect();
    let hooks = earlier.scenarios.iter().flat_map(|one| &one.hooks);
    let kept = hooks.filter_map(|hook| hook.file.clone());
    // What a hook has kept lies in the folder itself; anything else is not ours to remove.
    let kept = kept.filter(|name| Path::new(name).file_name() == Some(name.as_ref()));
    for name in files::planned(&names).into_iter().chain(kept) {
        remove(&path.join(name))?;
    }
    Ok(())
}

/// Removes a file if it is there.
fn remove(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            let path = path.to_owned();
            Err(WriteError { path, source })
        }
        _ => Ok(()),
    }
}

/// The journal, empty, and locked as long as it is open: who reads it knows by that whether
/// the run goes on.
fn lock(path: &Path) -> Result<File, FolderError> {
    let path = path.join(journal::FILE);
    let told = |source| WriteError {
        path: path.clone(),
        source,
    };
    let options = File::options().create(true).append(true).open(&path);
    let file = options.map_err(told)?;
    // Where locks are unknown the run goes on without.
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(FolderError::InUse(path));
    }
    file.set_len(0).map_err(told)?;
    Ok(file)
}
