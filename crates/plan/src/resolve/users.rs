//! Classes of users, as meant.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Resolver;
use super::requests::ClassDefaults;
use super::scope::{self, Feeds};
use crate::file::read::{At, Entries};
use crate::file::written::{Classes, StepFile, TaskFile, UserFile};
use crate::model::{HttpUsers, LocustUsers, Step, Task, UserClass, UserKind, Wait};
use crate::template::check::Scope;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
const DEFAULT_REDIRECTS: u32 = 10;
const DEFAULT_MAX_BODY_BYTES: u64 = 64_000_000;

/// The classes of a plan, and the names also of those that could not be read.
pub(super) struct ClassList {
    pub(super) names: Vec<String>,
    /// In the order of the names.
    pub(super) classes: Vec<Option<UserClass>>,
}

impl ClassList {
    /// All of them. `None` if one is faulty.
    pub(super) fn complete(self) -> Option<Vec<UserClass>> {
        self.classes.into_iter().collect()
    }
}

impl Resolver<'_> {
    pub(super) fn classes(
        &mut self,
        written: At<Entries<Classes, UserFile>>,
        feeds: &Feeds,
    ) -> ClassList {
        let Entries { list, names, .. } = written.value;
        if names.is_empty() {
            self.reader.fault(written.span, "there are no user classes");
        }
        let mut classes: Vec<Option<UserClass>> = names.iter().map(|_| None).collect();
        for (key, file) in list {
            self.check_label(&key, "a user class");
            let place = names.iter().position(|name| *name == key.name);
            let class = self.class(key.name, file, feeds);
            if let Some(slot) = place.and_then(|place| classes.get_mut(place)) {
                *slot = class;
            }
        }
        ClassList { names, classes }
    }

    fn class(&mut self, name: String, file: At<UserFile>, feeds: &Feeds) -> Option<UserClass> {
        let file = file.value;
        let weight = file.weight.as_ref().map_or(1.0, |weight| weight.value.0);
        let own = file.host.as_ref();
        let own = own.map(|host| {
            self.checked_host(host)
                .unwrap_or_else(|| host.value.clone())
        });
        let host = own.or_else(|| self.host.clone());
        self.host_was_missed = false;
        let kind = match &file.locustfile {
            Some(locustfile) => {
                self.check_locust_keys(&file);
                let path = self.file(locustfile)?;
                let classes = file.classes.into_iter().flat_map(|classes| classes.value);
                UserKind::Locust(LocustUsers {
                    file: path,
                    classes: classes.map(|class| class.value).collect(),
                    host,
                })
            }
            None => UserKind::Http(Box::new(self.http_users(file, host, feeds)?)),
        };
        Some(UserClass { name, weight, kind })
    }

    /// What a class of a locustfile says itself does not stand in the plan, and what is looked
    /// at in answers holds for all of them.
    fn check_locust_keys(&mut self, file: &UserFile) {
        let given = [
            ("wait", file.wait.as_ref().map(|at| at.span)),
            ("headers", file.headers.as_ref().map(|at| at.span)),
            ("timeout", file.timeout.as_ref().map(|at| at.span)),
            ("redirects", file.redirects.as_ref().map(|at| at.span)),
            ("max_body", file.max_body.as_ref().map(|at| at.span)),
            ("verify_tls", file.verify_tls.as_ref().map(|at| at.span)),
            ("cache", file.cache.as_ref().map(|at| at.span)),
            ("states", file.states.as_ref().map(|at| at.span)),
            ("start", file.start.as_ref().map(|at| at.span)),
            ("stop", file.stop.as_ref().map(|at| at.span)),
        ];
        for (key, span) in given {
            if let Some(span) = span {
                let what = format!("`{key}` does not apply to users of a locustfile");
                let hint = match key {
                    "cache" | "states" => "say it once for the plan, at its top",
                    _ => "the locustfile says it",
                };
                self.reader.fault_with_hint(span, what, hint);
            }
        }
    }

    fn http_users(
        &mut self,
        file: UserFile,
        host: Option<String>,
        feeds: &Feeds,
    ) -> Option<HttpUsers> {
        if let Some(classes) = &file.classes {
            let hint = "it names classes of a `locustfile`";
            self.reader
                .fault_with_hint(classes.span, "`classes` does not apply here", hint);
        }
        let scope = scope_of(&file, feeds);
        self.pending.clear();
        let (headers, late) = self.headers_of_class(file.headers, &scope);
        let defaults = ClassDefaults {
            host: host.clone(),
            timeout: self.positive(file.timeout).unwrap_or(DEFAULT_TIMEOUT),
            redirects: file.redirects.map_or(DEFAULT_REDIRECTS, |at| {
                u32::try_from(at.value.0).unwrap_or(u32::MAX)
            }),
            max_body_bytes: file
                .max_body
                .map_or(DEFAULT_MAX_BODY_BYTES, |at| at.value.0),
            headers: late,
            cache: match file.cache {
                Some(cache) => self.cache(cache.value)?,
                None => self.plan_cache.clone(),
            },
        };
        let of_plan = self.plan_states.clone();
        let states = self.states(file.states, &of_plan);
        let at_start = scope::names(file.start.iter().flat_map(|at| &at.value), []);
        let start = self.start(file.start, &scope, &defaults);
        let tasks = file
            .tasks
            .map(|tasks| self.tasks(tasks, &at_start, &scope, &defaults));
        self.pending.clear();
        let stop = file.stop.into_iter().flat_map(|steps| steps.value);
        Some(HttpUsers {
            headers,
            host: host.unwrap_or_default(),
            wait: file.wait.map_or(Wait::None, |wait| wait.value),
            start,
            tasks: tasks?,
            stop: self.steps(stop, &scope, &defaults),
            verify_tls: file.verify_tls.is_none_or(|verify| verify.value),
            states,
        })
    }

    /// What comes first: no value is there that these steps do not take themselves.
    fn start(
        &mut self,
        written: Option<At<Vec<At<StepFile>>>>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Vec<Step> {
        self.pending = scope.values.clone();
        self.is_start = true;
        let steps = written.into_iter().flat_map(|steps| steps.value);
        let steps = self.steps(steps, scope, defaults);
        self.is_start = false;
        steps
    }

    fn tasks(
        &mut self,
        written: At<Vec<At<TaskFile>>>,
        at_start: &BTreeSet<String>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Vec<Task> {
        let is_empty = written.value.is_empty() && self.reader.is_sound(written.span);
        let weights = written.value.iter().map(|task| weight(&task.value));
        let all_zero = !written.value.is_empty() && weights.sum::<f64>() <= 0.0;
        if is_empty {
            self.reader.fault(written.span, "there are no tasks");
        } else if all_zero {
            let hint = "give one of them a weight above 0";
            self.reader
                .fault_with_hint(written.span, "every task has weight 0", hint);
        }
        let tasks = written.value.into_iter().enumerate();
        let tasks = tasks.filter_map(|(place, task)| {
            // What the task takes itself is there from that step on.
            let own = scope::names([], [&task]);
            self.pending = own.difference(at_start).cloned().collect();
            self.task(place, task, scope, defaults)
        });
        tasks.filter(|task| task.weight > 0.0).collect()
    }

    fn task(
        &mut self,
        place: usize,
        written: At<TaskFile>,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Option<Task> {
        let weight = weight(&written.value);
        let TaskFile { keys, step } = written.value;
        let given = keys.name.map(|name| {
            self.template(&name.value, scope);
            name.value.written
        });
        let expected_time = self.positive(keys.expected_time);
        let several = keys.steps.into_iter().flat_map(|steps| steps.value);
        let steps: Vec<Step> = self.steps(step.into_iter().chain(several), scope, defaults);
        if steps.is_empty() && self.reader.is_sound(written.span) {
            self.reader.fault(written.span, "the task has no steps");
        }
        let name = given.or_else(|| name_of(&steps));
        Some(Task {
            name: name.unwrap_or_else(|| format!("task {}", place + 1)),
            weight,
            steps,
            expected_time,
        })
    }
}

fn weight(task: &TaskFile) -> f64 {
    task.keys
        .weight
        .as_ref()
        .map_or(1.0, |weight| weight.value.0)
}

/// A task of one request is called as that is, with its method.
fn name_of(steps: &[Step]) -> Option<String> {
    match steps {
        [Step::Http(http)] => Some(format!("{} {}", http.method, http.name.as_constant()?)),
        _ => None,
    }
}

/// The names that templates of a class can use: feeds, and what any of its steps takes.
fn scope_of(file: &UserFile, feeds: &Feeds) -> Scope {
    let steps = [&file.start, &file.stop].into_iter().flatten();
    let steps = steps.flat_map(|steps| &steps.value);
    let tasks = file.tasks.iter().flat_map(|tasks| &tasks.value);
    Scope {
        values: scope::names(steps, tasks),
        ..feeds.scope.clone()
    }
}
