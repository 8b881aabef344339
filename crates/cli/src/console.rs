//! What a person sees of a run while it runs: lines on stderr.
//!
//! In: the news of a run. Out: on a terminal one line that is drawn again each second,
//! elsewhere a line every ten seconds; in both a line for everything that begins, changes
//! or ends. Never: tables, which are for the end and for stdout; a number that the
//! record does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gatecrash_engine::{ScenarioSetup, Setup};
use gatecrash_metrics::ScenarioRecord;
use gatecrash_metrics::objective::{Judge, Objective};
use gatecrash_plan::model::{Iterations, Load};
use gatecrash_report::native::figure::{clock, counted};
use gatecrash_report::native::requests::exception_count;
use gatecrash_report::native::status::{Spent, Status};
use gatecrash_report::native::{Look, Paint, harmless};
use gatecrash_report::progress::ERASE;

use crate::news::{News, Standing};
use crate::{printer, terminal};

/// From one line to the next where nobody watches.
const STEP: Duration = Duration::from_secs(10);

/// Lines that are drawn again at most: scenarios that run beside each other.
const MOST_DRAWN: usize = 8;

/// The lines of one run.
#[derive(Debug)]
pub(crate) struct Console {
    scenarios: Vec<ScenarioSetup>,
    is_quiet: bool,
    is_live: bool,
    no_color: bool,
    /// Running scenarios by their places.
    running: BTreeMap<usize, Running>,
    /// How many lines stand at the bottom that are to be drawn over.
    drawn: usize,
    /// Scenarios that have ended.
    done: usize,
    /// What costs are counted in.
    currency: Option<Arc<str>>,
    /// What the run may cost.
    budget: Option<f64>,
    /// Watches the objectives that do not end their scenarios; those that do, the run tells.
    judge: Judge,
    /// The places of scenarios that it knows of.
    watched: BTreeSet<usize>,
    /// What was told to be broken, by the scenarios' places.
    broken: BTreeMap<usize, Vec<String>>,
}

#[derive(Debug, Default)]
struct Running {
    /// How it stands.
    line: String,
    /// When the line is told again, where nobody watches.
    next: Duration,
}

impl Console {
    /// Says what is going to run.
    pub(crate) fn open(setup: &Setup, results: Option<&Path>, quiet: bool, no_color: bool) -> Self {
        let mut console = Console {
            scenarios: setup.scenarios.clone(),
            is_quiet: quiet,
            is_live: !quiet && terminal::is_live(),
            no_color,
            running: BTreeMap::new(),
            drawn: 0,
            done: 0,
            currency: setup.prices.as_ref().map(|prices| prices.currency.clone()),
            budget: setup.budget,
            judge: Judge::watching(&told_when_broken(&setup.objectives)),
            watched: BTreeSet::new(),
            broken: BTreeMap::new(),
        };
        let lanes = counted(setup.lanes as u64, "lane", "lanes");
        let results = results.map_or_else(String::new, |folder| {
            format!(" · results in {}", folder.display())
        });
        let name = console.look().paint(Paint::Bold, &harmless(&setup.name));
        console.say(&format!("{name} · seed {} · {lanes}{results}", setup.seed));
        console
    }

    /// Whether somebody watches who can press keys.
    pub(crate) fn has_keys(&self) -> bool {
        self.is_live && terminal::has_keyboard()
    }

    /// Tells one piece of news.
    pub(crate) fn tell(&mut self, news: &News) {
        match news {
            News::Began(place) => self.begin(*place),
            News::Second(standing) => self.second(standing),
            News::Changed(change) => self.say(&harmless(&change.what)),
            News::Ended(record) => self.end(record),
        }
    }

    /// A line that stays.
    pub(crate) fn say(&mut self, line: &str) {
        if !self.is_quiet {
            printer::progress(&format!("{}{line}\n", self.erased()));
            self.draw();
        }
    }

    /// Nothing is left at the bottom that is not to stay.
    pub(crate) fn close(&mut self) {
        let erased = self.erased();
        printer::progress(&erased);
    }

    fn begin(&mut self, place: usize) {
        let Some(scenario) = self.scenarios.get(place) else {
            return;
        };
        let name = self.look().paint(Paint::Bold, &harmless(&scenario.name));
        let load = harmless(&scenario.load_text);
        let measured = if scenario.measured {
            ""
        } else {
            " · not measured"
        };
        let keys = match scenario.load {
            Load::Users { .. } => {
                "keys: w W s S users +1 +10 -1 -10 · p pause · n next · Ctrl-C end"
            }
            Load::Rate { .. } => "keys: p pause · n next · Ctrl-C end",
        };
        self.say(&format!("{name} · {load}{measured}"));
        if self.has_keys() {
            let keys = self.look().paint(Paint::Dim, keys);
            self.say(&keys);
        }
        let running = Running {
            line: String::new(),
            next: STEP,
        };
        self.running.insert(place, running);
    }

    fn second(&mut self, standing: &Standing) {
        let Some(scenario) = self.scenarios.get(standing.place) else {
            return;
        };
        let line = self.status(scenario, standing);
        let running = self.running.entry(standing.place).or_default();
        running.line = line;
        if self.is_live {
            let erased = self.erased();
            printer::progress(&erased);
            self.draw();
        } else if standing.elapsed >= running.next {
            running.next = next_step(standing.elapsed);
            let line = running.line.clone();
            self.say(&line);
        }
        self.watch(standing);
    }

    /// Tells which objectives have broken since the last second, and which hold again: one
    /// that looks at all requests together may do so.
    fn watch(&mut self, standing: &Standing) {
        let Some(scenario) = self.scenarios.get(standing.place) else {
            return;
        };
        let name = scenario.name.clone();
        if self.watched.insert(standing.place) {
            let began_epoch_s = standing.at_epoch_s - standing.elapsed.as_secs_f64();
            self.judge.began(&name, began_epoch_s, scenario.measured);
        }
        let broken = self
            .judge
            .second(&name, standing.at_epoch_s, &standing.snapshot);
        let before = self.broken.insert(standing.place, broken.clone());
        let before = before.unwrap_or_default();
        let after = clock(standing.elapsed.as_secs_f64().floor());
        let (new, mended) = (beside(&broken, &before), beside(&before, &broken));
        let texts = new
            .map(|one| (Paint::Warn, format!("does not hold after {after}: {one}")))
            .chain(mended.map(|one| (Paint::Good, format!("holds again after {after}: {one}"))));
        for (paint, text) in texts {
            let text = self.look().paint(paint, &harmless(&text));
            self.say(&format!("{} · {text}", harmless(&name)));
        }
    }

    /// How a scenario stands, in a line.
    fn status(&self, scenario: &ScenarioSetup, standing: &Standing) -> String {
        let state = match (standing.is_ending, standing.is_paused) {
            (true, _) => "ending",
            (false, true) => "paused",
            (false, false) => "",
        };
        let spent = standing.spent.map(|amount| Spent {
            amount,
            budget: self.budget,
            currency: self.currency.as_deref().unwrap_or_default(),
        });
        let status = Status {
            name: &scenario.name,
            elapsed_s: standing.elapsed.as_secs_f64(),
            planned_s: scenario.duration.map(|whole| whole.as_secs_f64()),
            planned_tasks: planned_tasks(&scenario.load),
            turn: (standing.place + 1, self.scenarios.len()),
            spent,
            state,
            snapshot: &standing.snapshot,
            last: standing.last.as_ref(),
        };
        status.line(&self.look())
    }

    fn end(&mut self, record: &ScenarioRecord) {
        let is_it = |one: &ScenarioSetup| one.name == record.name;
        if let Some(place) = self.scenarios.iter().position(is_it) {
            self.running.remove(&place);
        }
        self.judge.ended(&record.name);
        let total = &record.snapshot.total;
        let failures = match total.failures {
            0 => "no failures".to_owned(),
            failures => counted(failures, "failure", "failures"),
        };
        let exceptions = match exception_count(&record.snapshot) {
            0 => String::new(),
            exceptions => counted(exceptions, "exception", "exceptions") + " · ",
        };
        self.done += 1;
        let done = match self.scenarios.len() {
            1 => String::new(),
            all => format!(" · {} of {all} scenarios done", self.done),
        };
        self.say(&format!(
            "{} · ended after {} · {} · {failures} · {exceptions}{}{done}",
            self.look().paint(Paint::Bold, &harmless(&record.name)),
            clock(record.elapsed_s()),
            counted(total.requests, "request", "requests"),
            record.validity.name()
        ));
    }

    /// What takes the drawn lines away.
    fn erased(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            1 => ERASE.to_owned(),
            lines => format!("\r\x1b[{}A\x1b[J", lines - 1),
        }
    }

    /// Draws a line for each running scenario.
    fn draw(&mut self) {
        let lines = self.running.values().map(|one| one.line.as_str());
        let lines: Vec<&str> = lines
            .filter(|line| !line.is_empty())
            .take(MOST_DRAWN)
            .collect();
        if self.is_live {
            self.drawn = lines.len();
            printer::progress(&lines.join("\n"));
        }
    }

    /// One column less than the terminal has, whose last one would break the line.
    fn look(&self) -> Look {
        let look = terminal::look_of_stderr(self.no_color);
        Look {
            width: look.width.saturating_sub(usize::from(self.is_live)),
            ..look
        }
    }
}

/// The first whole step after `elapsed`.
fn next_step(elapsed: Duration) -> Duration {
    let steps = elapsed.as_secs() / STEP.as_secs();
    STEP * (u32::try_from(steps).unwrap_or(u32::MAX) + 1)
}

/// The objectives of `these` that are not among `those`.
fn beside<'a>(these: &'a [String], those: &'a [String]) -> impl Iterator<Item = &'a String> {
    these.iter().filter(|one| !those.contains(one))
}

/// The objectives that the run itself does not watch, as ones that are told when they break.
fn told_when_broken(objectives: &[Objective]) -> Vec<Objective> {
    let others = objectives.iter().filter(|objective| !objective.stop);
    let told = others.map(|objective| Objective {
        stop: true,
        ..objective.clone()
    });
    told.collect()
}

fn planned_tasks(load: &Load) -> Option<u64> {
    let Load::Users {
        schedule,
        iterations,
    } = load
    else {
        return None;
    };
    Some(match (*iterations)? {
        Iterations::Total(tasks) => tasks,
        Iterations::PerUser(tasks) => tasks.saturating_mul(u64::from(schedule.peak())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_at_whole_steps() {
        let next = |elapsed_ms| next_step(Duration::from_millis(elapsed_ms)).as_secs();
        assert_eq!(
            [next(0), next(9_999), next(10_000), next(25_000)],
            [10, 10, 20, 30]
        );
    }
}
