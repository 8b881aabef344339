//! The run in a line per scenario, and its sentence.

use gatecrash_metrics::objective::{Judgement, Severity, Verdict};
use gatecrash_metrics::validity::Reason;
use gatecrash_metrics::{Ended, RunRecord, Validity};
use gatecrash_report::native::run::run;
use gatecrash_report::native::suite::{Answer, answer, ship_sentence, summaries, summary_table};
use gatecrash_report::native::{Look, Paint};

use crate::judged::{self, across, broken, broken_on_a_ramp, held, tolerable, without_data};
use crate::native::same;
use crate::runs;

const WIDE: Look = Look {
    width: 120,
    color: false,
};

fn reason() -> Vec<Reason> {
    vec![Reason {
        key: "lag",
        text: "the generator was late".into(),
    }]
}

#[test]
fn a_judged_run_ends_with_its_answer() {
    let record = judged::suite(judged::all_kinds());
    let lines = run(&record, &WIDE);
    same("suite-120.txt", &(lines.join("\n") + "\n"));
    assert!(lines.iter().all(|line| line.chars().count() <= WIDE.width));
}

#[test]
fn each_measured_scenario_has_its_line() {
    let record = judged::suite(judged::all_kinds());
    let summaries = summaries(&record);
    let names: Vec<&str> = summaries.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["burst", "degraded"]);
    let [burst, degraded] = &summaries[..] else {
        panic!("two scenarios are measured")
    };
    assert_eq!(burst.judgement, Some(Judgement::Fail));
    assert_eq!(burst.grades, ["good"]);
    assert_eq!((burst.cache_hit_rate, burst.cost), (None, None));
    let hits = degraded.cache_hit_rate.expect("a cache");
    let hits_of = 225.0 * hits;
    assert!((hits_of - hits_of.round()).abs() < 1e-9 && hits > 0.6 && hits < 0.7);
    assert!(degraded.cost.is_some_and(|cost| cost > 0.1));
    assert_eq!(degraded.per_second, 15.0);
}

#[test]
fn columns_that_nobody_needs_are_left_out() {
    let heads = |record: &RunRecord| summary_table(record).heads.len();
    assert_eq!(heads(&runs::run(vec![runs::closed()])), 5);
    assert_eq!(heads(&judged::suite(judged::all_kinds())), 9);
}

/// A run with these verdicts and its sentence.
fn sentence(verdicts: Vec<Verdict>, change: impl Fn(&mut RunRecord)) -> (Answer, String) {
    let mut record = judged::suite(verdicts);
    change(&mut record);
    (answer(&record), ship_sentence(&record))
}

#[test]
fn a_run_whose_objectives_hold_may_be_shipped() {
    let (answer, said) = sentence(vec![held()], |_| {});
    assert_eq!(answer, Answer::Judged(Judgement::Pass));
    assert_eq!(said, "Ship: the objective holds.");
    let (_, said) = sentence(vec![held(), held()], |run| run.ended_by = Ended::Stopped);
    assert_eq!(
        said,
        "Ship: all 2 objectives hold. The run was stopped before everything planned was done."
    );
}

#[test]
fn a_run_with_a_broken_objective_may_not() {
    let (answer, said) = sentence(vec![held(), broken()], |_| {});
    assert_eq!(answer, Answer::Judged(Judgement::Fail));
    assert_eq!(
        said,
        "Do not ship: 1 of 2 objectives does not hold: error_rate was 2.3 %, must be < 1 % in burst."
    );
    let one = judged::suite(vec![broken()]);
    let alone = RunRecord {
        scenarios: vec![runs::open()],
        ..one
    };
    assert_eq!(
        ship_sentence(&alone),
        "Do not ship: error_rate was 2.3 %, must be < 1 %."
    );
}

#[test]
fn many_broken_objectives_are_counted() {
    let many = vec![
        broken(),
        broken_on_a_ramp(),
        without_data(),
        broken(),
        broken(),
        held(),
    ];
    let (_, said) = sentence(many, |_| {});
    assert!(
        said.starts_with("Do not ship: 5 of 6 objectives do not hold: "),
        "{said}"
    );
    assert!(said.contains("p95 of /nowhere < 1s has no data (no request was called /nowhere)"));
    assert!(said.ends_with("; and 2 more."), "{said}");
}

#[test]
fn no_data_is_no_leave_to_ship() {
    let (answer, said) = sentence(vec![held(), without_data()], |_| {});
    assert_eq!(answer, Answer::Judged(Judgement::Fail));
    assert!(
        said.starts_with("Do not ship: 1 of 2 objectives does not hold"),
        "{said}"
    );
    // Unless it decides nothing.
    let warning = Verdict {
        severity: Severity::Warn,
        ..without_data()
    };
    let (answer, _) = sentence(vec![held(), warning], |_| {});
    assert_eq!(answer, Answer::Judged(Judgement::Warn));
}

#[test]
fn warnings_ask_for_care() {
    let (answer, said) = sentence(vec![held(), tolerable(), across()], |_| {});
    assert_eq!(answer, Answer::Judged(Judgement::Warn));
    assert_eq!(
        said,
        "Ship with care: what decides holds, but p95 was 4200 ms, its target is 3000 ms in burst; p95 in degraded was 412 ms, must be < 336 ms."
    );
    let (answer, said) = sentence(vec![held()], |run| {
        run.validity = Validity::Doubtful(reason())
    });
    assert_eq!(answer, Answer::Judged(Judgement::Warn));
    assert_eq!(
        said,
        "Ship with care: the objective holds, but the run is doubtful, read its reasons first."
    );
}

#[test]
fn the_numbers_of_an_invalid_run_say_nothing() {
    for verdicts in [vec![], vec![held()], vec![broken()]] {
        let (answer, said) = sentence(verdicts, |run| run.validity = Validity::Invalid(reason()));
        assert_eq!(answer, Answer::Invalid);
        assert!(
            said.contains("INVALID: its numbers must not be used"),
            "{said}"
        );
        assert!(
            !said.contains("Ship") && !said.contains("Do not ship"),
            "{said}"
        );
    }
}

#[test]
fn a_run_that_did_not_end_gives_no_answer() {
    let signal = Ended::Interrupted("SIGINT".into());
    let (answer, said) = sentence(vec![held()], |run| run.ended_by = signal.clone());
    assert_eq!(answer, Answer::Unfinished);
    assert_eq!(
        said,
        "No answer: the run was interrupted by SIGINT before everything planned was done."
    );
    let failed = Ended::Failed("no lanes".into());
    let (_, said) = sentence(vec![broken()], |run| run.ended_by = failed.clone());
    assert_eq!(
        said,
        "No answer: the run could not go on (no lanes) before everything planned was done; one objective did not hold by then."
    );
    let (answer, said) = sentence(vec![held()], |run| run.ended_by = Ended::Unknown);
    assert_eq!(answer, Answer::Unfinished);
    assert!(said.contains("the process was killed"), "{said}");
}

#[test]
fn a_run_that_was_asked_nothing_says_so() {
    let record = runs::run(vec![runs::closed()]);
    let record = RunRecord {
        validity: Validity::Valid,
        ..record
    };
    assert_eq!(answer(&record), Answer::Nothing);
    assert_eq!(
        ship_sentence(&record),
        "Nothing was asked: without objectives a run does not say whether to ship."
    );
    let (_, said) = sentence(Vec::new(), |_| {});
    assert!(said.ends_with(" 9 of 1,300 requests failed."), "{said}");
}

#[test]
fn words_and_paints_of_answers() {
    let answers = [
        (Answer::Invalid, "INVALID", Paint::Bad),
        (Answer::Unfinished, "NO ANSWER", Paint::Warn),
        (Answer::Nothing, "NOT JUDGED", Paint::Plain),
        (Answer::Judged(Judgement::Pass), "PASS", Paint::Good),
    ];
    for (answer, word, paint) in answers {
        assert_eq!((answer.word(), answer.paint()), (word, paint));
    }
}
