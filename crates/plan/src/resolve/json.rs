//! What must stand in JSON, as meant.

use super::Resolver;
use crate::file::node::Key;
use crate::file::read::At;
use crate::file::written::JsonExpectFile;
use crate::model::{CheckJson, Template};
use crate::template::check::Scope;

impl Resolver<'_> {
    /// The path in a key, and each condition for what stands there.
    pub(super) fn json_checks(
        &mut self,
        key: &Key,
        written: At<JsonExpectFile>,
        scope: &Scope,
    ) -> Vec<(String, CheckJson)> {
        self.check_path(key);
        let checks = match written.value {
            JsonExpectFile::Exists => vec![CheckJson::Exists],
            JsonExpectFile::Absent => vec![CheckJson::Absent],
            JsonExpectFile::Equals(value) => vec![CheckJson::Equals(self.json(&value, scope))],
            JsonExpectFile::Conditions(all) => {
                let equals = all
                    .equals
                    .map(|at| CheckJson::Equals(self.json(&at.value, scope)));
                let contains = all.contains.map(|at| self.template(&at.value, scope));
                let checks: Vec<CheckJson> = [
                    equals,
                    contains.map(CheckJson::Contains),
                    all.at_least.map(|at| CheckJson::AtLeast(at.value)),
                    all.at_most.map(|at| CheckJson::AtMost(at.value)),
                ]
                .into_iter()
                .flatten()
                .collect();
                if checks.is_empty() && self.reader.is_sound(written.span) {
                    let hint =
                        "write `exists`, or one of `equals`, `contains`, `at_least`, `at_most`";
                    self.reader
                        .fault_with_hint(written.span, "no condition stands here", hint);
                }
                checks
            }
        };
        checks
            .into_iter()
            .map(|check| (key.name.clone(), check))
            .collect()
    }

    fn check_path(&mut self, key: &Key) {
        if let Err(why) = crate::file::check_json_path(&key.name) {
            self.reader.fault(key.span, why);
        }
    }

    /// What a header must contain; `exists` asks only that it is there.
    pub(super) fn presence(template: Template) -> Template {
        match template.as_constant() {
            Some("exists") => Template::constant(""),
            _ => template,
        }
    }
}
