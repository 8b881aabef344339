//! The verdicts of a run.
//!
//! In: objectives and what was recorded. Out: one [`Verdict`] for each, in each scenario it
//! is judged in. What has nothing to be judged by has no data, which never counts as passed.
//! Nothing here knows whether the run has just ended or was read from a file.

use super::breaking;
use super::growth::growth;
use super::missing::Missing;
use super::source::{Seen, fits};
use super::term::{Over, Term};
use super::test::Test;
use super::verdict::{Outcome, Sighting, Tier, Verdict};
use super::watch::{label, of_slices};
use super::whole::whole;
use super::words::{self, number, pair, seconds, span};
use super::{Home, Limit, Objective, POOR, Rule, Severity, Window};
use crate::endpoint::Endpoint;
use crate::measure::Unit;
use crate::record::ScenarioRecord;

/// The most endpoints that an objective for each of them is judged for in one scenario.
pub const EACH_MAX: usize = 1000;

/// The verdicts of a run: scenario by scenario in the order of the objectives, then those of
/// objectives that speak of several scenarios, or of none that ran.
pub fn verdicts(objectives: &[Objective], scenarios: &[ScenarioRecord]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for here in scenarios {
        for objective in objectives.iter().filter(|one| is_at_home(one, here)) {
            verdicts.extend(in_scenario(objective, scenarios, here));
        }
    }
    for objective in objectives {
        match objective.home() {
            Home::Across => verdicts.push(across(objective, scenarios)),
            _ if scenarios.iter().any(|here| is_at_home(objective, here)) => {}
            Home::One(name) => {
                let missing = Missing::Scenario(name.clone());
                let verdict = Verdict {
                    scenario: Some(name),
                    ..no_data(objective, missing.to_string())
                };
                verdicts.push(verdict);
            }
            Home::Each => {
                let why = "no measured scenario ran".to_owned();
                verdicts.push(no_data(objective, why));
            }
        }
    }
    verdicts
}

/// Whether an objective is judged in this scenario.
fn is_at_home(objective: &Objective, here: &ScenarioRecord) -> bool {
    match objective.home() {
        Home::Each => here.measured,
        Home::One(name) => name == here.name,
        Home::Across => false,
    }
}

fn across(objective: &Objective, scenarios: &[ScenarioRecord]) -> Verdict {
    let place = Place {
        scenarios,
        here: None,
        only: None,
        seen: None,
    };
    judged(objective, &place)
}

/// The verdicts in one scenario: one, or one for each endpoint.
fn in_scenario(
    objective: &Objective,
    scenarios: &[ScenarioRecord],
    here: &ScenarioRecord,
) -> Vec<Verdict> {
    let scope = &objective.terms()[0].scope;
    let seen = seen(objective, here);
    let place = |only| Place {
        scenarios,
        here: Some(here),
        only,
        seen: seen.as_deref(),
    };
    let of = |verdict: Verdict| Verdict {
        scenario: Some(here.name.clone()),
        ..verdict
    };
    let Some(pattern) = scope.endpoint.as_ref().filter(|_| scope.each) else {
        return vec![of(judged(objective, &place(None)))];
    };
    let all = here.snapshot.endpoints.iter();
    let found: Vec<_> = all.filter(|e| fits(pattern, &e.method, &e.name)).collect();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for endpoint in found.iter().take(EACH_MAX) {
        let verdict = judged(objective, &place(Some(&***endpoint)));
        verdicts.push(of(Verdict {
            endpoint: Some(label(&endpoint.method, &endpoint.name)),
            ..verdict
        }));
    }
    let why = match found.len() {
        0 => Missing::Endpoint(pattern.clone()).to_string(),
        n if n > EACH_MAX => format!("{} endpoints more than are judged", n - EACH_MAX),
        _ => return verdicts,
    };
    verdicts.push(of(no_data(objective, why)));
    verdicts
}

/// Where an objective is judged.
struct Place<'a> {
    scenarios: &'a [ScenarioRecord],
    /// The scenario that a term without one speaks of.
    here: Option<&'a ScenarioRecord>,
    /// The endpoint that the left term speaks of, of an objective for each.
    only: Option<&'a Endpoint>,
    /// What was seen second by second, of an objective that the end alone does not tell.
    seen: Option<&'a [Sighting]>,
}

impl Place<'_> {
    /// The value of a term over the whole of its scenario.
    fn value(&self, term: &Term, only: Option<&Endpoint>) -> Result<Seen, Missing> {
        if term.spans() {
            return mean(term, self.scenarios);
        }
        let named = term.scope.scenario.as_ref();
        let record = match named {
            Some(name) => self.scenarios.iter().find(|one| one.name == *name),
            None => self.here,
        };
        let name = || named.cloned().unwrap_or_default();
        let record = record.ok_or_else(|| Missing::Scenario(name()))?;
        match term.over {
            Over::Growth(span) => growth(term, &record.slices, span),
            _ => whole(term, &record.snapshot, record.elapsed_s(), only),
        }
    }
}

/// The mean of what the measured scenarios have; those without data do not count.
fn mean(term: &Term, scenarios: &[ScenarioRecord]) -> Result<Seen, Missing> {
    let measured = scenarios.iter().filter(|one| one.measured);
    let seen = measured.map(|one| whole(term, &one.snapshot, one.elapsed_s(), None));
    let seen: Vec<Seen> = seen.flatten().collect();
    let unit = seen.first().ok_or(Missing::Scenarios)?.unit.clone();
    let sum: f64 = seen.iter().map(|seen| seen.value).sum();
    Ok(Seen {
        value: sum / seen.len() as f64,
        unit,
    })
}

fn judged(objective: &Objective, place: &Place<'_>) -> Verdict {
    match sighting(objective, place) {
        Some(sighting) => of_sighting(objective, place, &sighting),
        None => of_whole(objective, place),
    }
}

/// What was seen in a scenario of an objective that the end alone does not tell: while it
/// ran, or else in its slices.
fn seen(objective: &Objective, here: &ScenarioRecord) -> Option<Vec<Sighting>> {
    let same = |seen: &&Sighting| seen.objective == objective.text;
    let live: Vec<Sighting> = here.sightings.iter().filter(same).cloned().collect();
    let windowed = objective.rule.window() != Window::Whole;
    match live.is_empty() {
        false => Some(live),
        true => windowed.then(|| of_slices(objective, &here.slices)),
    }
}

/// What was seen of an endpoint, or of all requests. Of one that was never seen alive in a
/// window there is nothing; of one that did not end its scenario nothing needs to be.
fn sighting(objective: &Objective, place: &Place<'_>) -> Option<Sighting> {
    let endpoint = place.only.map(|e| label(&e.method, &e.name));
    let found = place.seen?.iter().find(|seen| seen.endpoint == endpoint);
    match found {
        Some(found) => Some(found.clone()),
        None if objective.rule.window() == Window::Whole => None,
        None => Some(Sighting::default()),
    }
}

/// A verdict without anything to judge by. An optional objective then only warns.
fn no_data(objective: &Objective, why: String) -> Verdict {
    let verdict = unjudged(objective);
    let severity = match objective.optional {
        true => Severity::Warn,
        false => verdict.severity,
    };
    Verdict {
        why,
        severity,
        ..verdict
    }
}

/// A verdict before anything is known. Grades that decide nothing do not decide here.
fn unjudged(objective: &Objective) -> Verdict {
    let describes = matches!(objective.rule, Rule::Grades { at_least: None, .. });
    Verdict {
        objective: objective.text.clone(),
        scenario: None,
        endpoint: None,
        outcome: Outcome::NoData,
        severity: if describes {
            Severity::Warn
        } else {
            objective.severity
        },
        tier: None,
        grade: None,
        observed: None,
        limit: None,
        unit: objective.terms()[0].unit().unwrap_or(Unit::Count),
        why: String::new(),
        broke_epoch_s: None,
        breaking: None,
    }
}

fn outcome(holds: bool) -> Outcome {
    match holds {
        true => Outcome::Passed,
        false => Outcome::Failed,
    }
}

/// The verdict by all numbers of a scenario.
fn of_whole(objective: &Objective, place: &Place<'_>) -> Verdict {
    let term = objective.terms()[0];
    let seen = place.value(term, place.only);
    let limit = seen.and_then(|seen| {
        let limit = objective.limit(&seen, |other| place.value(other, None))?;
        Ok((seen, limit))
    });
    let (seen, limit) = match limit {
        Ok(both) => both,
        Err(missing) => return no_data(objective, missing.to_string()),
    };
    let holds = objective.test(&seen.unit).holds(seen.value, limit);
    let mut verdict = Verdict {
        outcome: outcome(holds),
        observed: Some(seen.value),
        limit: Some(limit),
        unit: seen.unit.clone(),
        ..unjudged(objective)
    };
    match &objective.rule {
        Rule::Tiers { target, .. } => tier(objective, &mut verdict, &seen, *target),
        Rule::Grades { .. } => grade(objective, &mut verdict, &seen),
        _ => verdict.why = sentence(objective, &seen, limit),
    }
    broke(objective, place, verdict)
}

/// Adds the load at which it broke, where the load rose.
fn broke(objective: &Objective, place: &Place<'_>, verdict: Verdict) -> Verdict {
    let failed = verdict.outcome == Outcome::Failed;
    let Some(here) = place.here.filter(|_| failed) else {
        return verdict;
    };
    let found = breaking::of(objective, here, &verdict);
    let Some((breaking, at_epoch_s)) = found else {
        return verdict;
    };
    Verdict {
        broke_epoch_s: verdict.broke_epoch_s.or(Some(at_epoch_s)),
        breaking: Some(breaking),
        ..verdict
    }
}

/// What a person calls the value: the term, with what it is judged by.
fn name(objective: &Objective) -> String {
    let term = objective.terms()[0];
    match term.over {
        Over::Growth(span_of) => format!("{term} per {}", span(span_of)),
        _ => term.to_string(),
    }
}

/// `p95 was 1204 ms, must be < 900 ms`.
fn sentence(objective: &Objective, seen: &Seen, limit: f64) -> String {
    let (was, must) = pair(seen.value, limit, &seen.unit);
    format!(
        "{} was {was}, must be {}",
        name(objective),
        wanted(objective, limit, &must, &seen.unit)
    )
}

/// `< 900 ms`, `< 800 ms (0.8 * p95 in burst)`, `between 80 % and 90 %`.
fn wanted(objective: &Objective, limit: f64, must: &str, unit: &Unit) -> String {
    match (&objective.rule, objective.test(unit)) {
        (_, Test::Between(room)) => {
            format!("between {must} and {}", words::limit(limit + room, unit))
        }
        (
            Rule::Compare {
                comparison,
                right: Limit::Term { factor, term },
                ..
            },
            _,
        ) => {
            let times = if *factor == 1.0 {
                String::new()
            } else {
                format!("{factor} * ")
            };
            format!("{} {must} ({times}{term})", comparison.symbol())
        }
        (_, Test::Compare(comparison)) => format!("{} {must}", comparison.symbol()),
    }
}

fn tier(objective: &Objective, verdict: &mut Verdict, seen: &Seen, target: f64) {
    let target = objective.in_unit(target, &seen.unit).unwrap_or(target);
    let acceptable = verdict.limit.unwrap_or(target);
    let test = objective.test(&seen.unit);
    let tier = match (
        test.holds(seen.value, target),
        test.holds(seen.value, acceptable),
    ) {
        (true, _) => Tier::Met,
        (_, true) => Tier::Tolerable,
        _ => Tier::Broken,
    };
    verdict.tier = Some(tier);
    verdict.outcome = outcome(tier != Tier::Broken);
    let nearest = if tier == Tier::Met {
        target
    } else {
        acceptable
    };
    let (was, _) = pair(seen.value, nearest, &seen.unit);
    let Test::Compare(comparison) = test else {
        return;
    };
    verdict.why = format!(
        "{} was {was}, target {} {}, acceptable {} {}",
        name(objective),
        comparison.symbol(),
        words::limit(target, &seen.unit),
        comparison.symbol(),
        words::limit(acceptable, &seen.unit),
    );
}

fn grade(objective: &Objective, verdict: &mut Verdict, seen: &Seen) {
    let Rule::Grades {
        comparison,
        grades,
        at_least,
        ..
    } = &objective.rule
    else {
        return;
    };
    let limit = |limit: f64| objective.in_unit(limit, &seen.unit).unwrap_or(limit);
    let earned = grades
        .iter()
        .position(|(_, l)| comparison.holds(seen.value, limit(*l)));
    let word = earned.map_or(POOR, |at| &grades[at].0);
    let wanted = at_least
        .as_ref()
        .and_then(|least| grades.iter().position(|(w, _)| w == least));
    verdict.grade = Some(word.to_owned());
    verdict.outcome = match wanted {
        None => Outcome::Passed,
        Some(wanted) => outcome(earned.is_some_and(|earned| earned <= wanted)),
    };
    let was = number(seen.value, &seen.unit);
    verdict.why = format!("{} was {was}: {word}", name(objective));
    if let Some(least) = at_least {
        verdict.why.push_str(&format!(", must be at least {least}"));
    }
}

/// The verdict by what was seen second by second.
fn of_sighting(objective: &Objective, place: &Place<'_>, seen: &Sighting) -> Verdict {
    let window = objective.rule.window();
    let whole = || of_whole(objective, place);
    let (Some(worst), Some(limit), Some(unit)) = (seen.worst, seen.limit, &seen.unit) else {
        // Why there was nothing, the whole tells; where it has a value, no window had one.
        return match whole() {
            none if none.outcome == Outcome::NoData => none,
            _ if window == Window::Whole => whole(),
            _ => no_data(objective, shorter(place, window)),
        };
    };
    if !seen.complete && seen.broke_epoch_s.is_none() && window != Window::Whole {
        return no_data(objective, shorter(place, window));
    }
    let verdict = Verdict {
        outcome: outcome(seen.broke_epoch_s.is_none()),
        observed: Some(worst),
        limit: Some(limit),
        unit: unit.clone(),
        broke_epoch_s: seen.broke_epoch_s,
        why: told(objective, place, seen, (worst, limit, unit)),
        ..unjudged(objective)
    };
    match (window, seen.broke_epoch_s) {
        // It would have ended its scenario and did not: its end says what it was.
        (Window::Whole, None) => whole(),
        _ => broke(objective, place, verdict),
    }
}

/// Why there was no whole window.
fn shorter(place: &Place<'_>, window: Window) -> String {
    let ran = place.here.map_or(0.0, ScenarioRecord::elapsed_s);
    match window {
        Window::Whole => "there was nothing to judge".to_owned(),
        Window::EverySecond(of) | Window::Within(of) if ran < of.as_secs_f64() => {
            format!("it ran for {}, shorter than {}", seconds(ran), span(of))
        }
        Window::EverySecond(of) | Window::Within(of) => {
            format!("no {} of it had a value", span(of))
        }
    }
}

/// The sentence of what was seen second by second.
fn told(
    objective: &Objective,
    place: &Place<'_>,
    seen: &Sighting,
    (worst, limit, unit): (f64, f64, &Unit),
) -> String {
    let (was, must) = pair(worst, limit, unit);
    let (name, wanted) = (name(objective), wanted(objective, limit, &must, unit));
    match (objective.rule.window(), seen.longest_s) {
        (Window::Whole, _) => {
            let after = place.here.zip(seen.broke_epoch_s);
            let after = after.map_or(0.0, |(here, at)| at - here.started_epoch_s);
            let after = seconds(after.max(0.0));
            format!("{name} was {was} after {after}, must be {wanted}; that ended the scenario")
        }
        (Window::Within(of), _) => {
            format!(
                "{name} was {was} in the worst {0}, must be {wanted} in every {0}",
                span(of)
            )
        }
        (Window::EverySecond(of), Some(longest)) => format!(
            "{name} was {wanted} for {} without a break, must be so for less than {}; at worst it was {was}",
            seconds(longest),
            span(of),
        ),
        (Window::EverySecond(of), None) => format!(
            "{name} was never {wanted}, must be so for less than {}; at worst it was {was}",
            span(of)
        ),
    }
}
