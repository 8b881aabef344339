//! A door for fuzzing: objectives of anybody, up to what comes of them.
//!
//! The function takes any bytes and panics where a promise does not hold. It is for the
//! target in `fuzz/` and for the test that replays its corpus; nothing else should call it.

use crate::objective::parse::Fault;
use crate::objective::term::{Over, Subject};
use crate::objective::{Judge, Objective, Outcome, verdicts};
use crate::{Driven, EndpointId, History, Model, Sample, ScenarioRecord, Shard};

/// A line; or where it has several, a value with its target and what is acceptable.
pub fn objective(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    let parts: Vec<&str> = text.splitn(3, '\n').collect();
    let parsed = match parts[..] {
        [term, target, acceptable] => Objective::tiers(term, target, acceptable),
        _ => Objective::parse(text),
    };
    match parsed {
        Ok(objective) => judge(&objective),
        Err(fault) => look_at(&fault, &parts, text),
    }
}

/// A fault points at a place of its text, and says something.
fn look_at(fault: &Fault, parts: &[&str], text: &str) {
    use crate::objective::Part;
    let of = match (fault.part, parts) {
        (Part::Target, [_, target, _]) => target,
        (Part::Acceptable, [_, _, acceptable]) => acceptable,
        (_, [term, _, _]) => term,
        _ => text,
    };
    assert!(of.is_char_boundary(fault.at), "{fault:?}");
    assert!(!fault.what.is_empty());
}

/// An objective reads back, and has a verdict whatever was seen.
fn judge(objective: &Objective) {
    if objective.text.contains(": target ") {
        return judge_over(objective);
    }
    let again = Objective::parse(&objective.text).expect("what was read");
    assert_eq!(again, *objective);
    let term = objective.terms()[0];
    let exact = !matches!(term.subject, Subject::Goodput(_));
    if exact && !matches!(term.over, Over::Growth(_)) {
        let again = Objective::parse(&format!("{term} < 0")).expect("a term that was read");
        assert_eq!(again.terms()[0], term);
    }
    judge_over(objective);
}

fn judge_over(objective: &Objective) {
    let mut judge = Judge::new(std::slice::from_ref(objective));
    let record = record(&mut judge);
    let told = verdicts(std::slice::from_ref(objective), &[record]);
    assert!(!told.is_empty());
    for verdict in told {
        assert!(!verdict.why.is_empty());
        assert_eq!(
            verdict.observed.is_none(),
            verdict.outcome == Outcome::NoData
        );
    }
}

/// Twelve seconds of one endpoint, which fails in the second half.
fn record(judge: &mut Judge) -> ScenarioRecord {
    const PAGE: EndpointId = EndpointId(0);
    let mut shard = Shard::new(0.0);
    shard.define(PAGE, "GET", "/a");
    let mut history = History::new(0.0, &shard.snapshot(), 100);
    for second in 0..12 {
        let at_epoch_s = f64::from(second);
        shard.record(&Sample {
            endpoint: PAGE,
            at_epoch_s,
            response_time_ms: Some(10.0),
            whole_ms: false,
            response_length: 0,
        });
        if second > 5 {
            shard.fail(PAGE, "boom", at_epoch_s);
        }
        history.push(at_epoch_s + 1.0, &shard.snapshot());
        judge.second("s", at_epoch_s + 1.0, &shard.snapshot());
    }
    let snapshot = shard.snapshot();
    let driven = Driven::of(Model::Closed, None, &snapshot);
    ScenarioRecord {
        name: "s".into(),
        load: String::new(),
        measured: true,
        started_epoch_s: 0.0,
        ended_epoch_s: 12.0,
        abandoned: 0,
        validity: crate::judge(&driven),
        driven,
        changes: Vec::new(),
        history: history.points().to_vec(),
        slices: history.all_slices(&snapshot),
        sightings: judge.ended("s"),
        hooks: Vec::new(),
        snapshot,
    }
}
