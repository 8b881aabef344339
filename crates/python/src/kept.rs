//! The folder in which a Locust-style run is kept, as long as it can be written.
//!
//! In: seconds of the run, and its record. Out: files without secrets. A file that cannot be
//! written ends the keeping and not the run; the fault is told once.

use std::path::PathBuf;

use gatecrash_metrics::{RunRecord, Snapshot};
use gatecrash_report::archive::journal::Beginning;
use gatecrash_report::live::WriteError;
use gatecrash_report::results::{Folder, FolderError};
use gatecrash_report::secrets::Secrets;

/// What becomes of the files of a run; nothing where none are wanted.
#[derive(Default)]
pub(crate) struct Kept {
    folder: Option<Folder>,
    secrets: Secrets,
    fault: Option<String>,
}

impl Kept {
    /// Makes the folder, if one is wanted, for the run `begin` of one scenario.
    ///
    /// # Errors
    /// When it cannot be made, or holds something else.
    pub(crate) fn open(
        path: Option<PathBuf>,
        begin: &RunRecord,
        secrets: Secrets,
    ) -> Result<Kept, FolderError> {
        let mut begin = begin.clone();
        secrets.mask_run(&mut begin);
        let scenarios = vec![begin.name.clone()];
        let folder = path.map(|path| Folder::create(path, &begin, scenarios));
        Ok(Kept {
            folder: folder.transpose()?,
            secrets,
            fault: None,
        })
    }

    /// Takes note of another second.
    pub(crate) fn second(&mut self, scenario: &Beginning, at_epoch_s: f64, snapshot: &Snapshot) {
        let Some(folder) = &mut self.folder else {
            return;
        };
        let mut snapshot = snapshot.clone();
        self.secrets.mask_snapshot(&mut snapshot);
        if let Err(fault) = folder.second(scenario, at_epoch_s, &snapshot) {
            self.folder = None;
            self.note(&fault);
        }
    }

    /// Writes the end of the run.
    pub(crate) fn finish(&mut self, record: &RunRecord) {
        if let Some(folder) = self.folder.take()
            && let Err(fault) = folder.finish(record)
        {
            self.note(&fault);
        }
    }

    /// What keeps the files from being complete, the first time that somebody asks.
    pub(crate) fn take_fault(&mut self) -> Option<String> {
        self.fault.take()
    }

    fn note(&mut self, fault: &WriteError) {
        self.fault = Some(format!("{fault}; the run goes on without its results"));
    }
}
