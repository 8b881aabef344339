//! What is done before and after scenarios, as meant.

use std::time::Duration;

use super::Resolver;
use super::requests::ClassDefaults;
use crate::file::read::At;
use crate::file::written::{ActionFile, HookFile, HooksFile, HttpFile, RunFile};
use crate::model::{CacheFrom, Hook, HookAction, HookCommand, OnFailure, Part, Template};
use crate::template::check::Scope;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
const DEFAULT_REDIRECTS: u32 = 10;
const DEFAULT_MAX_BODY_BYTES: u64 = 1_000_000;

impl Resolver<'_> {
    /// What is done before, which must work unless it says otherwise, and what is done after,
    /// which need not.
    pub(super) fn around_it(&mut self, written: Option<At<HooksFile>>) -> (Vec<Hook>, Vec<Hook>) {
        let Some(At { value, .. }) = written else {
            return (Vec::new(), Vec::new());
        };
        let before = self.hooks(value.before, OnFailure::Stop);
        (before, self.hooks(value.after, OnFailure::Warn))
    }

    fn hooks(
        &mut self,
        written: Option<At<Vec<At<HookFile>>>>,
        on_failure: OnFailure,
    ) -> Vec<Hook> {
        let hooks = written.into_iter().flat_map(|written| written.value);
        hooks
            .filter_map(|hook| self.hook(hook, on_failure))
            .collect()
    }

    fn hook(&mut self, written: At<HookFile>, on_failure: OnFailure) -> Option<Hook> {
        let At { value: file, span } = written;
        let on_failure = file.on_failure.map_or(on_failure, |at| at.value);
        let (name, action) = match file.action {
            ActionFile::Http(http) => self.call(*http, span)?,
            ActionFile::Run(run) => self.command(run)?,
        };
        Some(Hook {
            name,
            action,
            on_failure,
        })
    }

    fn call(
        &mut self,
        file: HttpFile,
        span: crate::file::source::Span,
    ) -> Option<(String, HookAction)> {
        self.refuse_in_hook(&file);
        let defaults = ClassDefaults {
            host: self.host.clone(),
            timeout: DEFAULT_TIMEOUT,
            redirects: DEFAULT_REDIRECTS,
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            headers: Vec::new(),
            cache: CacheFrom::Off,
        };
        let given = file.name.as_ref().map(|name| name.value.written.clone());
        self.pending.clear();
        self.host_was_missed = false;
        let mut step = self.http(file, span, &Scope::default(), &defaults)?;
        // Without a name of its own the step is called as its URL is written.
        let name = given.unwrap_or_else(|| format!("{} {}", step.method, step.name.written()));
        self.make_absolute(&mut step.url);
        Some((name, HookAction::Request(Box::new(step))))
    }

    /// Puts the plan's host before a path.
    fn make_absolute(&mut self, url: &mut Template) {
        if let (Some(Part::Text(path)), Some(host)) = (url.parts.first_mut(), &self.host)
            && path.starts_with('/')
        {
            *path = format!("{host}{path}");
        }
    }

    /// Faults what would be for nothing: no step comes after a hook's request.
    fn refuse_in_hook(&mut self, file: &HttpFile) {
        let given = [
            ("stream", file.stream.as_ref().map(|at| at.span)),
            ("take", file.take.as_ref().map(|at| at.span)),
            ("cache", file.cache.as_ref().map(|at| at.span)),
            ("measure", file.measure.as_ref().map(|at| at.span)),
            (
                "expected_tokens",
                file.expected_tokens.as_ref().map(|at| at.span),
            ),
        ];
        for (key, span) in given {
            if let Some(span) = span {
                let what = format!("`{key}` does not apply to a hook: nothing is measured there");
                self.reader.fault(span, what);
            }
        }
    }

    fn command(&mut self, file: RunFile) -> Option<(String, HookAction)> {
        let keep = file.keep.map(|keep| self.folder.join(keep.value));
        let runs_for = self.positive(file.runs_for);
        let timeout = self.positive(file.timeout).unwrap_or(DEFAULT_TIMEOUT);
        let run = file.run?;
        if run.value.written.trim().is_empty() {
            self.reader.fault(run.span, "the command is empty");
        }
        let name = file.name.map_or(run.value.written, |name| name.value);
        let command = HookCommand {
            words: run.value.words,
            runs_for,
            timeout,
            keep,
        };
        Some((name, HookAction::Command(command)))
    }
}
