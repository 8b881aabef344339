//! The results of a run on their way to disk.
//!
//! In: the news of a run and, at its end, the record; both with their secrets masked. Out:
//! the folder, brought up to date each second. A file that cannot be written costs the run
//! nothing: it is told at once, the record has a note of it, and the exit code tells it again.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gatecrash_engine::ScenarioSetup;
use gatecrash_metrics::{Model, RunRecord};
use gatecrash_plan::model::Load;
use gatecrash_report::archive::journal::Beginning;
use gatecrash_report::live::WriteError;
use gatecrash_report::results::Folder;
use gatecrash_report::results::files::PLAN;
use gatecrash_report::secrets::Secrets;

use crate::news::{News, Standing};
use crate::printer;

/// The folder of one run, if one is wanted.
#[derive(Debug, Default)]
pub(crate) struct Results {
    path: Option<PathBuf>,
    /// Gone as soon as something in it could not be written.
    folder: Option<Folder>,
    /// What is known of each scenario from its beginning on, by their places.
    beginnings: Vec<Beginning>,
    /// Why not all is written.
    fault: Option<String>,
}

impl Results {
    /// Begins the record in the folder.
    pub(crate) fn create(
        path: Option<PathBuf>,
        begin: &RunRecord,
        scenarios: &[ScenarioSetup],
        secrets: &Secrets,
    ) -> Result<Results> {
        let Some(path) = path else {
            return Ok(Results::default());
        };
        let beginnings = scenarios.iter().enumerate();
        let beginnings = beginnings.map(|(at, one)| beginning(at, one, secrets));
        let beginnings: Vec<Beginning> = beginnings.collect();
        let names = beginnings.iter().map(|one| one.name.clone()).collect();
        let folder = Folder::create(path.clone(), begin, names)?;
        if let Some(plan) = &begin.origin.plan {
            folder.replace(PLAN, &plan.text)?;
        }
        Ok(Results {
            path: Some(path),
            folder: Some(folder),
            beginnings,
            fault: None,
        })
    }

    /// Brings the files up to date.
    pub(crate) fn note(&mut self, news: &News) {
        match news {
            News::Second(standing) => self.second(standing),
            News::Ended(record) => self.try_to(|folder| folder.ended(record)),
            _ => {}
        }
    }

    fn second(&mut self, standing: &Standing) {
        let Some(beginning) = self.beginnings.get_mut(standing.place) else {
            return;
        };
        let at_epoch_s = standing.at_epoch_s;
        if beginning.started_epoch_s == 0.0 {
            beginning.started_epoch_s = at_epoch_s - standing.elapsed.as_secs_f64();
        }
        let beginning = beginning.clone();
        self.try_to(|folder| folder.second(&beginning, at_epoch_s, &standing.snapshot));
    }

    /// Writes the end of the run; says whether all files could be written. What could not
    /// be is noted in the record.
    pub(crate) fn finish(mut self, record: &mut RunRecord) -> bool {
        record.notes.extend(self.fault.clone());
        if let Some(folder) = self.folder.take() {
            let finished = folder.finish(record);
            self.check(finished);
            record.notes.extend(self.fault.clone());
        }
        self.fault.is_none()
    }

    /// The folder, if one is wanted.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Does something with the folder. The first fault is told, and nothing is tried again.
    fn try_to(&mut self, work: impl FnOnce(&mut Folder) -> Result<(), WriteError>) {
        if let Some(folder) = &mut self.folder {
            let done = work(folder);
            self.check(done);
        }
    }

    fn check(&mut self, done: Result<(), WriteError>) {
        if let Err(fault) = done {
            let what = format!("{fault}; the run goes on without its files");
            printer::warn(&what);
            self.fault = Some(what);
            self.folder = None;
        }
    }
}

fn beginning(place: usize, scenario: &ScenarioSetup, secrets: &Secrets) -> Beginning {
    let (model, max_in_flight) = match &scenario.load {
        Load::Users { .. } => (Model::Closed, None),
        Load::Rate { max_in_flight, .. } => (Model::Open, Some(u64::from(*max_in_flight))),
    };
    Beginning {
        place,
        name: secrets.mask(&scenario.name).into_owned(),
        load: secrets.mask_sentence(&scenario.load_text).into_owned(),
        measured: scenario.measured,
        started_epoch_s: 0.0,
        model,
        max_in_flight,
    }
}
