//! A flame graph beside a scenario, as meant: something that is done beside it.

use std::time::Duration;

use gatecrash_metrics::watch::Profile;

use super::Resolver;
use crate::file::read::At;
use crate::file::written::{ProcessFile, ProcessKeys, ProfileFile};
use crate::model::{Hook, HookAction, OnFailure};

impl Resolver<'_> {
    /// The hook that makes it; `lasts` is how long new work begins in its scenario, if that
    /// is known.
    pub(super) fn flame_graph(
        &mut self,
        written: At<ProfileFile>,
        lasts: Option<Duration>,
    ) -> Option<Hook> {
        let At { value: file, span } = written;
        if let (Some(after), Some(lasts)) = (&file.after, lasts)
            && after.value >= lasts
        {
            let what = format!("the scenario is over after {lasts:?}, before this begins");
            let hint = "begin earlier, or let the scenario last longer";
            self.reader.fault_with_hint(after.span, what, hint);
        }
        let keys = ProcessKeys {
            pid: file.pid,
            name: file.process,
            port: file.port,
        };
        let process = self.process(At::new(ProcessFile::Keys(keys), span));
        let runs_for = self.positive(file.runs_for);
        let profile = Profile {
            process: process?,
            after: file.after.map_or(Duration::ZERO, |at| at.value),
            runs_for: runs_for?,
            tool: file.tool.map(|at| at.value),
        };
        Some(Hook {
            name: format!("flame graph of {}", profile.process),
            action: HookAction::Profile(profile),
            on_failure: OnFailure::Warn,
        })
    }
}
