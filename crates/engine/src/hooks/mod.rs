//! What is done before, beside and after scenarios: calls, commands and flame graphs, on
//! threads of their own.
//!
//! In: the hooks of a plan, and when each is due. Out: a record of each as it ends. Never:
//! a wait on the run's own thread.
//!
//! | module | what it holds |
//! |---|---|
//! | [`command`] | one command, from its start to its end |
//! | [`errand`] | several hooks in turn or side by side, and what ends them early |
//! | [`profile`] | a flame graph of a process, by a command that samples it |

mod command;
mod errand;
mod profile;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gatecrash_metrics::record::{HookRecord, When};
use gatecrash_net::now;
use gatecrash_plan::model::{self, HookAction, OnFailure, Plan};
use tokio::sync::watch;

use crate::journey::{HookCall, PlanError};
use command::Command;
pub(crate) use command::Wish;
pub(crate) use errand::{Errand, News, Order};
use profile::FlameGraph;

/// What is done around a scenario, or around all of them.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The rest before it.
    pub pause: Duration,
    /// What is done then, before it begins.
    pub before: Vec<Hook>,
    /// What is done after it has ended, however it ended.
    pub after: Vec<Hook>,
}

/// Something to do before or after a scenario. Copies share what it is.
#[derive(Clone, Debug)]
pub struct Hook {
    name: Arc<str>,
    action: Arc<Action>,
    on_failure: OnFailure,
}

#[derive(Debug)]
enum Action {
    Call(Box<HookCall>),
    Command(Command),
    Profile(FlameGraph),
}

impl Hook {
    /// Compiles a hook of this plan.
    ///
    /// # Errors
    /// A template that is none.
    pub fn compile(hook: &model::Hook, plan: &Plan) -> Result<Hook, PlanError> {
        let action = match &hook.action {
            HookAction::Request(step) => {
                let call = HookCall::compile(step, plan).map_err(|fault| PlanError {
                    place: format!("hook {}", hook.name),
                    fault,
                });
                Action::Call(Box::new(call?))
            }
            HookAction::Command(command) => {
                Action::Command(Command::new(command.clone(), plan.folder.clone()))
            }
            HookAction::Profile(profile) => Action::Profile(FlameGraph::new(profile.clone())),
        };
        Ok(Hook {
            name: hook.name.as_str().into(),
            action: Arc::new(action),
            on_failure: hook.on_failure,
        })
    }

    /// Several of them.
    ///
    /// # Errors
    /// The first that is none.
    pub fn compile_all(hooks: &[model::Hook], plan: &Plan) -> Result<Vec<Hook>, PlanError> {
        hooks.iter().map(|hook| Hook::compile(hook, plan)).collect()
    }

    /// Whether it runs beside the scenario that it stands before.
    pub(crate) fn is_beside(&self) -> bool {
        match &*self.action {
            Action::Call(_) => false,
            Action::Command(command) => command.runs_for().is_some(),
            Action::Profile(_) => true,
        }
    }

    /// Why the run cannot go on after this came of it, if it cannot.
    fn verdict(&self, record: &HookRecord) -> Result<(), String> {
        match (record.ok, self.on_failure) {
            (false, OnFailure::Stop) => Err(format!("hook {}: {}", record.name, record.told)),
            _ => Ok(()),
        }
    }

    /// Does it, until it is done or somebody wishes its end.
    async fn perform(
        &self,
        when: When,
        files: Option<&Files>,
        wish: &mut watch::Receiver<Wish>,
    ) -> HookRecord {
        let began = now();
        let (outcome, kept, own_file) = match &*self.action {
            Action::Call(call) => (told_of_call(call, wish).await, None, None),
            Action::Command(command) => {
                let outcome = command.perform(wish).await;
                (outcome, command.keep(), None)
            }
            Action::Profile(graph) => match graph.perform(files, wish).await {
                Ok((told, file)) => (Ok(told), None, Some(file)),
                Err(why) => (Err(why), None, None),
            },
        };
        let record = HookRecord {
            name: self.name.to_string(),
            when,
            ok: outcome.is_ok(),
            elapsed_s: now().saturating_duration_since(began).as_secs_f64(),
            told: outcome.unwrap_or_else(|why| why),
            file: own_file,
        };
        match (kept, files) {
            (Some(file), Some(files)) => with_file(record, file, files),
            _ => record,
        }
    }
}

/// The status of a call, or why it failed.
async fn told_of_call(call: &HookCall, wish: &mut watch::Receiver<Wish>) -> Result<String, String> {
    tokio::select! {
        outcome = call.perform() => match outcome {
            Ok(status) => Ok(format!("status {status}")),
            Err(cause) => Err(cause.text.into_owned()),
        },
        () = command::ended(wish) => Err("cut off, as the run was stopped".to_owned()),
    }
}

/// Where files of hooks are kept.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The folder of the results.
    pub(crate) folder: PathBuf,
    /// What their names begin with: the scenario's.
    pub(crate) scenario: String,
}

/// Copies the file that a hook has made. One that is not there is its failure.
fn with_file(record: HookRecord, file: &Path, files: &Files) -> HookRecord {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{}-{name}", harmless(&files.scenario));
    match std::fs::copy(file, files.folder.join(&name)) {
        Ok(_) => HookRecord {
            file: Some(name),
            ..record
        },
        Err(fault) => HookRecord {
            ok: false,
            told: match record.ok {
                true => format!("{} cannot be kept: {fault}", file.display()),
                false => record.told,
            },
            ..record
        },
    }
}

/// A text as a part of a file name.
fn harmless(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect()
}
