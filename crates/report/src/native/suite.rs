//! The run in a line per scenario, and whether to ship.
//!
//! In: a record. Out: a [`Summary`] of each measured scenario, a table of them, and one
//! sentence. Never: an exit code; that is the cli's.

use gatecrash_metrics::objective::verdict::{Judgement, worst};
use gatecrash_metrics::objective::{Outcome, Verdict};
use gatecrash_metrics::record::Ended;
use gatecrash_metrics::{RunRecord, ScenarioRecord, Validity};

use super::figure::{NOTHING, count, counted, money, percent, share, value, value_or_dash};
use super::table::{Cell, Table};
use super::verdicts::judged;
use super::{Look, Paint, cache, cost, harmless};

/// So many objectives are named in the sentence; the rest is counted.
const NAMED: usize = 3;

/// A measured scenario in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What its objectives come to; `None` without any.
    pub judgement: Option<Judgement>,
    /// Finished requests.
    pub requests: u64,
    /// Of them the failed ones.
    pub failures: u64,
    /// Requests per second.
    pub per_second: f64,
    /// Response time P95, milliseconds.
    pub p95_ms: Option<f64>,
    /// Hits by the answers that tell, a share.
    pub cache_hit_rate: Option<f64>,
    /// The grades that its values earned, the first of each objective.
    pub grades: Vec<String>,
    /// What it cost.
    pub cost: Option<f64>,
}

impl Summary {
    /// A scenario of a run.
    pub fn of(scenario: &ScenarioRecord, run: &RunRecord) -> Summary {
        let verdicts: Vec<&Verdict> = of_scenario(run, &scenario.name).collect();
        let total = &scenario.snapshot.total;
        let measures = scenario.snapshot.measures();
        let mut grades: Vec<String> = Vec::new();
        for grade in verdicts.iter().filter_map(|one| one.grade.as_ref()) {
            if !grades.contains(grade) {
                grades.push(grade.clone());
            }
        }
        Summary {
            name: scenario.name.clone(),
            judgement: (!verdicts.is_empty()).then(|| worst(verdicts)),
            requests: total.requests,
            failures: total.failures,
            per_second: total.requests as f64 / scenario.elapsed_s().max(0.001),
            p95_ms: total.quantile_ms(0.95),
            cache_hit_rate: cache::hit_rate(&measures),
            grades,
            cost: cost::total(&measures),
        }
    }

    /// The judgement as a word, a dash without one.
    pub fn judgement_word(&self) -> (&'static str, Paint) {
        self.judgement.map_or((NOTHING, Paint::Plain), judged)
    }
}

/// The verdicts of one scenario.
pub fn of_scenario<'a>(run: &'a RunRecord, name: &'a str) -> impl Iterator<Item = &'a Verdict> {
    let verdicts = run.verdicts.iter();
    verdicts.filter(move |one| one.scenario.as_deref() == Some(name))
}

/// The measured scenarios, each in a line.
pub fn summaries(run: &RunRecord) -> Vec<Summary> {
    let measured = run.scenarios.iter().filter(|one| one.measured);
    measured.map(|one| Summary::of(one, run)).collect()
}

/// The table of the measured scenarios; columns that nobody has anything in are left out.
pub fn summary_table(run: &RunRecord) -> Table {
    let summaries = summaries(run);
    let mut table = Table {
        heads: vec!["scenario", "", "requests", "/s", "failed", "P95, ms"],
        texts: 2,
        apart: &[4],
        ..Table::default()
    };
    let has_cache = summaries.iter().any(|one| one.cache_hit_rate.is_some());
    let has_grade = summaries.iter().any(|one| !one.grades.is_empty());
    let has_cost = summaries.iter().any(|one| one.cost.is_some());
    let extra = [
        (has_cache, "cache hits"),
        (has_cost, "cost"),
        (has_grade, "grade"),
    ];
    table
        .heads
        .extend(extra.iter().filter(|(has, _)| *has).map(|(_, head)| *head));
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    for one in &summaries {
        let mut cells = figures(one);
        if has_cache {
            cells.push(or_dash(one.cache_hit_rate.map(percent)).into());
        }
        if has_cost {
            let cost = one.cost.map(|cost| money(cost, run.currency.as_deref()));
            cells.push(or_dash(cost).into());
        }
        if has_grade {
            let grades = (!one.grades.is_empty()).then(|| harmless(&one.grades.join(", ")));
            cells.push(or_dash(grades).into());
        }
        table.rows.push(cells);
    }
    if summaries.iter().all(|one| one.judgement.is_none()) {
        table.heads.remove(1);
        table.rows.iter_mut().for_each(|row| drop(row.remove(1)));
        (table.texts, table.apart) = (1, &[3]);
    }
    table
}

fn figures(one: &Summary) -> Vec<Cell> {
    let (word, paint) = one.judgement_word();
    let failed = match one.failures {
        0 => Cell::from("0"),
        n => Cell::from(share(n, one.requests.max(n))).painted(Paint::Bad),
    };
    vec![
        harmless(&one.name).into(),
        Cell::from(word).painted(paint),
        count(one.requests).into(),
        value(one.per_second).into(),
        failed,
        value_or_dash(one.p95_ms).into(),
    ]
}

/// [`ship_sentence`], for the end of what is told of a run.
pub fn sentence_lines(run: &RunRecord, look: &Look) -> Vec<String> {
    let paint = answer(run).paint();
    let lines = super::broken(&ship_sentence(run), look.width.max(40));
    lines.iter().map(|line| look.paint(paint, line)).collect()
}

/// What a run says to whoever wants to ship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its numbers must not be used.
    Invalid,
    /// It did not come to its end.
    Unfinished,
    /// It was asked nothing.
    Nothing,
    /// By its objectives.
    Judged(Judgement),
}

impl Answer {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Invalid => "INVALID",
            Answer::Unfinished => "NO ANSWER",
            Answer::Nothing => "NOT JUDGED",
            Answer::Judged(judgement) => judged(judgement).0,
        }
    }

    /// How that stands out.
    pub fn paint(self) -> Paint {
        match self {
            Answer::Invalid => Paint::Bad,
            Answer::Unfinished => Paint::Warn,
            Answer::Nothing => Paint::Plain,
            Answer::Judged(judgement) => judged(judgement).1,
        }
    }
}

/// What a run says. A run without trustworthy numbers says nothing, whatever these are; one
/// that did not come to its end may have missed what its objectives are about.
pub fn answer(run: &RunRecord) -> Answer {
    match (&run.validity, &run.ended_by) {
        (Validity::Invalid(_), _) => Answer::Invalid,
        (_, Ended::Interrupted(_) | Ended::Failed(_) | Ended::Unknown) => Answer::Unfinished,
        (_, Ended::Done | Ended::Stopped) if run.verdicts.is_empty() => Answer::Nothing,
        (Validity::Doubtful(_), Ended::Done | Ended::Stopped) => {
            Answer::Judged(worst(&run.verdicts).max(Judgement::Warn))
        }
        (Validity::Valid, Ended::Done | Ended::Stopped) => Answer::Judged(worst(&run.verdicts)),
    }
}

/// One sentence that says whether to ship, and why not.
pub fn ship_sentence(run: &RunRecord) -> String {
    let stopped = match run.ended_by {
        Ended::Stopped => " The run was stopped before everything planned was done.",
        _ => "",
    };
    let text = match answer(run) {
        Answer::Invalid => "The run is INVALID: its numbers must not be used, and do not say \
             whether to ship."
            .to_owned(),
        Answer::Unfinished => unfinished(run),
        Answer::Nothing => nothing_asked(run),
        Answer::Judged(Judgement::Pass) => format!("Ship: {}.{stopped}", all_hold(run)),
        Answer::Judged(Judgement::Warn) => warned(run) + stopped,
        Answer::Judged(Judgement::Fail) => format!("Do not ship: {}.{stopped}", missed(run)),
    };
    harmless(&text)
}

fn unfinished(run: &RunRecord) -> String {
    let how = match &run.ended_by {
        Ended::Interrupted(signal) => format!("was interrupted by {signal}"),
        Ended::Failed(reason) => format!("could not go on ({reason})"),
        other => format!("ended in a way that is {other}"),
    };
    let missed = failing(run).len() as u64;
    let objectives = match missed {
        0 => String::new(),
        1 => "; one objective did not hold by then".to_owned(),
        n => format!("; {} objectives did not hold by then", count(n)),
    };
    format!("No answer: the run {how} before everything planned was done{objectives}.")
}

fn nothing_asked(run: &RunRecord) -> String {
    let measured = run.scenarios.iter().filter(|one| one.measured);
    let totals = measured.map(|one| &one.snapshot.total);
    let (requests, failures) = totals.fold((0, 0), |(requests, failures), total| {
        (requests + total.requests, failures + total.failures)
    });
    let failed = match failures {
        0 => String::new(),
        n => format!(
            " {} of {} failed.",
            count(n),
            counted(requests, "request", "requests")
        ),
    };
    format!("Nothing was asked: without objectives a run does not say whether to ship.{failed}")
}

fn all_hold(run: &RunRecord) -> String {
    match run.verdicts.len() {
        1 => "the objective holds".to_owned(),
        n => format!("all {} objectives hold", count(n as u64)),
    }
}

/// Why one should think twice.
fn warned(run: &RunRecord) -> String {
    let warnings: Vec<&Verdict> = with(run, Judgement::Warn);
    let doubt = match run.validity {
        Validity::Doubtful(_) => Some("the run is doubtful, read its reasons first".to_owned()),
        _ => None,
    };
    let warnings = (!warnings.is_empty()).then(|| named(&warnings, run));
    let reasons: Vec<String> = doubt.into_iter().chain(warnings).collect();
    let holds = match with(run, Judgement::Pass).len() == run.verdicts.len() {
        true => all_hold(run),
        false => "what decides holds".to_owned(),
    };
    format!("Ship with care: {holds}, but {}.", reasons.join("; "))
}

fn missed(run: &RunRecord) -> String {
    let failing = failing(run);
    let all = counted(run.verdicts.len() as u64, "objective", "objectives");
    match (failing.len(), run.verdicts.len()) {
        (1, 1) => named(&failing, run),
        (1, _) => format!("1 of {all} does not hold: {}", named(&failing, run)),
        (n, _) => format!(
            "{} of {all} do not hold: {}",
            count(n as u64),
            named(&failing, run)
        ),
    }
}

fn failing(run: &RunRecord) -> Vec<&Verdict> {
    with(run, Judgement::Fail)
}

fn with(run: &RunRecord, judgement: Judgement) -> Vec<&Verdict> {
    let verdicts = run.verdicts.iter();
    verdicts
        .filter(|one| one.judgement() == judgement)
        .collect()
}

/// The reasons of the first verdicts, each with its scenario where there are several.
fn named(verdicts: &[&Verdict], run: &RunRecord) -> String {
    let measured = run.scenarios.iter().filter(|one| one.measured).count();
    let reason = |verdict: &&Verdict| {
        let what = match (verdict.outcome, verdict.why.as_str()) {
            (Outcome::NoData, "") => format!("{} has no data", verdict.objective),
            (_, "") => verdict.objective.clone(),
            (Outcome::NoData, why) => format!("{} has no data ({why})", verdict.objective),
            (_, why) => why.to_owned(),
        };
        let endpoint = verdict.endpoint.as_ref();
        let endpoint = endpoint.map_or_else(String::new, |name| format!(" ({name})"));
        match &verdict.scenario {
            Some(scenario) if measured > 1 => format!("{what}{endpoint} in {scenario}"),
            _ => format!("{what}{endpoint}"),
        }
    };
    let mut reasons: Vec<String> = verdicts.iter().take(NAMED).map(reason).collect();
    let more = verdicts.len().saturating_sub(NAMED);
    if more > 0 {
        reasons.push(format!("and {} more", count(more as u64)));
    }
    reasons.join("; ")
}
