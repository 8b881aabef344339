//! What is done before and after scenarios, as the controller sees it.
//!
//! In: hooks that are due, and news of them. Out: scenarios that may begin, and that are
//! over. The hooks themselves are done elsewhere ([`crate::hooks`]).

use std::time::Duration;

use gatecrash_metrics::record::{Ended, HookRecord, ScenarioRecord, When};

use super::Message;
use super::controller::{Controller, State};
use crate::fleet::ScenarioId;
use crate::hooks::{Errand, Files, Hook, News, Order, Wish};

/// Whose hooks they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The run's own, before its first scenario.
    RunBefore,
    /// The run's own, after its last scenario.
    RunAfter,
    /// Before a scenario.
    Before(ScenarioId),
    /// Beside a scenario.
    Beside(ScenarioId),
    /// After a scenario.
    After(ScenarioId),
}

/// How far the run itself is.
pub(super) enum Stage {
    /// Nothing was done yet.
    New,
    /// What comes before the first scenario is done.
    Before(Errand),
    /// Scenarios run.
    Open,
    /// What comes after the last scenario is done.
    After(Errand),
    Over,
}

/// A scenario that waits for what is done before it.
pub(super) struct Preparing {
    errand: Errand,
    pub(super) hooks: Vec<HookRecord>,
}

/// A scenario whose load is over.
pub(super) struct Finishing {
    /// None if it never began.
    pub(super) record: Option<ScenarioRecord>,
    pub(super) hooks: Vec<HookRecord>,
    beside: Option<Errand>,
    after: Option<Errand>,
}

impl Controller {
    /// The run's own hooks, where it is time for them.
    pub(super) fn begin_run(&mut self) {
        let hooks = self.setup.around.before.clone();
        let pause = self.setup.around.pause;
        self.stage = match self.errand(Whose::RunBefore, pause, hooks) {
            Some(errand) => Stage::Before(errand),
            None => Stage::Open,
        };
    }

    /// All scenarios are over.
    pub(super) fn end_run(&mut self) {
        let hooks = self.setup.around.after.clone();
        self.stage = match self.errand(Whose::RunAfter, Duration::ZERO, hooks) {
            Some(errand) => Stage::After(errand),
            None => Stage::Over,
        };
    }

    /// What is done before a scenario; it begins at once where that is nothing.
    pub(super) fn prepare(&mut self, id: ScenarioId) {
        let around = &self.setup.scenarios[id].around;
        let hooks = around.before.iter().filter(|hook| !hook.is_beside());
        let (pause, hooks) = (around.pause, hooks.cloned().collect());
        match self.errand(Whose::Before(id), pause, hooks) {
            Some(errand) => {
                let hooks = Vec::new();
                self.states[id] = State::Preparing(Preparing { errand, hooks });
            }
            None => self.begin(id, Vec::new()),
        }
    }

    /// What runs beside a scenario that begins now.
    pub(super) fn begin_beside(&mut self, id: ScenarioId) -> Option<Errand> {
        let before = self.setup.scenarios[id].around.before.iter();
        let hooks = before.filter(|hook| hook.is_beside()).cloned().collect();
        self.errand(Whose::Beside(id), Duration::ZERO, hooks)
    }

    /// The load of a scenario is over: what ran beside it ends, then comes what is done
    /// after it.
    pub(super) fn finish(
        &mut self,
        id: ScenarioId,
        record: ScenarioRecord,
        hooks: Vec<HookRecord>,
        beside: Option<Errand>,
    ) {
        if let Some(beside) = &beside {
            beside.ask(Wish::End);
        }
        let is_alone = beside.is_none();
        self.states[id] = State::Finishing(Box::new(Finishing {
            record: Some(record),
            hooks,
            beside,
            after: None,
        }));
        if is_alone {
            self.begin_after(id);
        }
    }

    fn begin_after(&mut self, id: ScenarioId) {
        let hooks = self.setup.scenarios[id].around.after.clone();
        let errand = self.errand(Whose::After(id), Duration::ZERO, hooks);
        let State::Finishing(finishing) = &mut self.states[id] else {
            return;
        };
        finishing.after = errand;
        if finishing.after.is_none() {
            self.close(id);
        }
    }

    /// All that belongs to a scenario is over.
    fn close(&mut self, id: ScenarioId) {
        let state = std::mem::replace(&mut self.states[id], State::Done);
        let State::Finishing(finishing) = state else {
            return;
        };
        if let Some(record) = finishing.record {
            self.keep(ScenarioRecord {
                hooks: finishing.hooks,
                ..record
            });
        }
    }

    /// Somebody stops the run: what prepares ends; asked again, everything does.
    pub(super) fn end_hooks(&self, again: bool) {
        let wish = if again { Wish::CutOff } else { Wish::End };
        if let Stage::Before(errand) = &self.stage {
            errand.ask(wish);
        }
        for state in &self.states {
            match state {
                State::Preparing(preparing) => preparing.errand.ask(wish),
                State::Running(running) if again => {
                    running.beside.iter().for_each(|errand| errand.ask(wish));
                }
                State::Finishing(finishing) if again => {
                    let errands = finishing.beside.iter().chain(&finishing.after);
                    errands.for_each(|errand| errand.ask(wish));
                }
                _ => {}
            }
        }
        if let Stage::After(errand) = &self.stage
            && again
        {
            errand.ask(wish);
        }
    }

    /// News of hooks.
    pub(super) fn hear_of_hooks(&mut self, whose: Whose, news: News) {
        match news {
            News::Done(record) => self.note_hook(whose, record),
            News::Over(outcome) => {
                if let Err(why) = outcome {
                    self.fail(why);
                }
                self.hooks_over(whose);
            }
        }
    }

    fn note_hook(&mut self, whose: Whose, record: HookRecord) {
        let outcome = if record.ok { "done" } else { "failed" };
        let told = match record.told.as_str() {
            "" => String::new(),
            told => format!(": {told}"),
        };
        let what = format!("hook {} {outcome}{told}", record.name);
        if !record.ok {
            self.notes.push(what.clone());
        }
        let scenario = match whose {
            Whose::Before(id) | Whose::Beside(id) | Whose::After(id) => Some(id),
            Whose::RunBefore | Whose::RunAfter => None,
        };
        self.tell_change(scenario, what);
        let hooks = match scenario.map(|id| &mut self.states[id]) {
            Some(State::Preparing(preparing)) => &mut preparing.hooks,
            Some(State::Running(running)) => &mut running.hooks,
            Some(State::Finishing(finishing)) => &mut finishing.hooks,
            _ => &mut self.own_hooks,
        };
        hooks.push(record);
    }

    fn hooks_over(&mut self, whose: Whose) {
        match whose {
            Whose::RunBefore => self.stage = Stage::Open,
            Whose::RunAfter => self.stage = Stage::Over,
            Whose::Before(id) => self.prepared(id),
            Whose::Beside(id) => match &mut self.states[id] {
                State::Running(running) => running.beside = None,
                State::Finishing(finishing) => {
                    finishing.beside = None;
                    self.begin_after(id);
                }
                _ => {}
            },
            Whose::After(id) => self.close(id),
        }
    }

    /// A scenario begins, unless the run has ended meanwhile: then only what undoes its
    /// preparations is done.
    fn prepared(&mut self, id: ScenarioId) {
        let state = std::mem::replace(&mut self.states[id], State::Waiting);
        let State::Preparing(preparing) = state else {
            return;
        };
        if self.ended_by.is_none() {
            return self.begin(id, preparing.hooks);
        }
        let began = !preparing.hooks.is_empty();
        self.states[id] = State::Finishing(Box::new(Finishing {
            record: None,
            hooks: preparing.hooks,
            beside: None,
            after: None,
        }));
        if began {
            self.begin_after(id);
        } else {
            self.close(id);
        }
    }

    /// Begins hooks; `None` where there is nothing to do or wait for.
    fn errand(&mut self, whose: Whose, pause: Duration, hooks: Vec<Hook>) -> Option<Errand> {
        if hooks.is_empty() && pause.is_zero() {
            return None;
        }
        let when = match whose {
            Whose::RunBefore | Whose::Before(_) => When::Before,
            Whose::Beside(_) => When::Beside,
            Whose::RunAfter | Whose::After(_) => When::After,
        };
        let order = Order {
            pause,
            hooks,
            at_once: matches!(whose, Whose::Beside(_)),
            when,
            files: self.files_of(whose),
        };
        let messages = self.messages.clone();
        let tell = move |news| {
            // Nobody listens when the run has been given up.
            let _ = messages.send(Message::Hooks(whose, news));
        };
        match Errand::begin(order, tell) {
            Ok(errand) => Some(errand),
            Err(fault) => {
                self.fail(format!("hooks cannot be done: {fault}"));
                None
            }
        }
    }

    fn files_of(&self, whose: Whose) -> Option<Files> {
        let name = match whose {
            Whose::Before(id) | Whose::Beside(id) | Whose::After(id) => {
                &self.setup.scenarios[id].name
            }
            Whose::RunBefore | Whose::RunAfter => &self.setup.name,
        };
        Some(Files {
            folder: self.setup.files.clone()?,
            scenario: name.clone(),
        })
    }

    /// The run cannot go on.
    pub(super) fn fail(&mut self, why: String) {
        if self.ended_by.is_none() {
            self.stop(Ended::Failed(why));
        }
    }
}
