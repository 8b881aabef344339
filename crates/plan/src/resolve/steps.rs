//! Steps, as meant.

use super::Resolver;
use super::requests::ClassDefaults;
use super::scope;
use crate::file::read::At;
use crate::file::written::StepFile;
use crate::model::{SocketStep, Step};
use crate::template::check::Scope;

impl Resolver<'_> {
    /// All steps of a list. Faulty ones are left out; they have been told.
    pub(super) fn steps(
        &mut self,
        written: impl IntoIterator<Item = At<StepFile>>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Vec<Step> {
        let written = written.into_iter();
        written
            .filter_map(|step| self.step(step, scope, defaults))
            .collect()
    }

    fn step(
        &mut self,
        written: At<StepFile>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Option<Step> {
        let taken = scope::names([&written], []);
        let step = self.meant(written, scope, defaults);
        self.pending.retain(|name| !taken.contains(name));
        step
    }

    fn meant(
        &mut self,
        written: At<StepFile>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Option<Step> {
        let span = written.span;
        Some(match written.value {
            StepFile::Http(file) => Step::Http(Box::new(self.http(*file, span, scope, defaults)?)),
            StepFile::Think(file) => Step::Think(file.think?.value.0),
            StepFile::Set(file) => {
                let mut values = Vec::new();
                for (key, value) in file.set?.value.list {
                    self.check_value_name(&key, scope);
                    values.push((key.name, self.json(&value.value, scope)));
                }
                Step::Set(values)
            }
            StepFile::If(file) => {
                let condition = file.condition?.value;
                self.check_condition(&condition, scope);
                let otherwise = file.otherwise.into_iter().flat_map(|steps| steps.value);
                Step::If {
                    condition: condition.source,
                    then: self.steps(file.then?.value, scope, defaults),
                    otherwise: self.steps(otherwise, scope, defaults),
                }
            }
            StepFile::Repeat(file) => Step::Repeat {
                times: file.repeat?.value.0,
                steps: self.steps(file.steps?.value, scope, defaults),
            },
            StepFile::Connect(file) => Step::Socket(self.connect(*file, scope, defaults)?),
            StepFile::Send(file) => Step::Socket(self.send(*file, scope)?),
            StepFile::Receive(file) => Step::Socket(self.receive(*file, scope)?),
            StepFile::Hold(file) => Step::Socket(SocketStep::Hold(file.hold?.value.0)),
            StepFile::Close(file) => {
                file.close?;
                Step::Socket(SocketStep::Close)
            }
        })
    }
}
