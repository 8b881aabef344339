//! `junit.xml`: verdicts as test cases, for CI systems that show those.
//!
//! In: a record. Out: XML in the form that Jenkins, GitLab and GitHub's actions read
//! (<https://github.com/testmoapp/junitxml>): a suite for each measured scenario with a case
//! for each verdict and one for whether the scenario was driven as asked, and a suite for
//! what is judged across scenarios. Missed is a failure, without data or driven otherwise an
//! error; what only warns passes and says so in its output.

use std::fmt::Write;

use gatecrash_metrics::objective::{Judgement, Outcome, Verdict};
use gatecrash_metrics::{RunRecord, ScenarioRecord, Validity};

use super::harmless;
use super::suite::of_scenario;
use super::verdicts::Told;
use crate::format::utc_timestamp;

/// The suite of what is judged across scenarios.
const ACROSS: &str = "across scenarios";

/// What came of a case.
enum Came {
    Passed,
    Warned(String),
    Failed(String),
    Error(&'static str, String),
}

struct Case {
    name: String,
    came: Came,
}

struct Suite<'a> {
    name: &'a str,
    started_epoch_s: f64,
    elapsed_s: f64,
    cases: Vec<Case>,
}

/// `junit.xml`.
pub fn junit(run: &RunRecord) -> String {
    let suites = suites(run);
    let count = |is: fn(&Came) -> bool| -> usize { suites.iter().map(|s| s.count(is)).sum() };
    let elapsed_s = (run.ended_epoch_s - run.started_epoch_s).max(0.0);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{elapsed_s:.3}\">\n",
        escaped(&run.name),
        count(|_| true),
        count(is_failure),
        count(is_error),
    );
    let hostname = &run.origin.machine.hostname;
    for suite in &suites {
        suite.push(&mut xml, hostname);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn is_failure(came: &Came) -> bool {
    matches!(came, Came::Failed(_))
}

fn is_error(came: &Came) -> bool {
    matches!(came, Came::Error(..))
}

fn suites(run: &RunRecord) -> Vec<Suite<'_>> {
    let measured = run.scenarios.iter().filter(|one| one.measured);
    let mut suites: Vec<Suite<'_>> = measured.map(|one| suite(one, run)).collect();
    let across = run.verdicts.iter().filter(|one| one.scenario.is_none());
    let cases: Vec<Case> = across.map(|one| case(one, run)).collect();
    if !cases.is_empty() {
        suites.push(Suite {
            name: ACROSS,
            started_epoch_s: run.started_epoch_s,
            elapsed_s: (run.ended_epoch_s - run.started_epoch_s).max(0.0),
            cases,
        });
    }
    suites
}

fn suite<'a>(scenario: &'a ScenarioRecord, run: &'a RunRecord) -> Suite<'a> {
    let verdicts = of_scenario(run, &scenario.name).map(|one| case(one, run));
    let driven = Case {
        name: "driven as asked".to_owned(),
        came: match &scenario.validity {
            Validity::Valid => Came::Passed,
            Validity::Doubtful(_) => Came::Warned(reasons(&scenario.validity)),
            Validity::Invalid(_) => Came::Error("invalid", reasons(&scenario.validity)),
        },
    };
    Suite {
        name: &scenario.name,
        started_epoch_s: scenario.started_epoch_s,
        elapsed_s: scenario.elapsed_s(),
        cases: std::iter::once(driven).chain(verdicts).collect(),
    }
}

fn reasons(validity: &Validity) -> String {
    let texts = validity.reasons().iter().map(|reason| reason.text.as_str());
    texts.collect::<Vec<&str>>().join("\n")
}

fn case(verdict: &Verdict, run: &RunRecord) -> Case {
    let told = Told::of(verdict, Some(run));
    let mut text = verdict.why.clone();
    if text.is_empty() {
        text = format!("observed {}, limit {}", told.observed, told.limit);
    }
    let came = match (verdict.judgement(), verdict.outcome) {
        (Judgement::Pass, _) => Came::Passed,
        (Judgement::Warn, _) => Came::Warned(text),
        (Judgement::Fail, Outcome::NoData) => Came::Error("no data", text),
        (Judgement::Fail, _) => Came::Failed(text),
    };
    Case {
        name: told.objective,
        came,
    }
}

impl Suite<'_> {
    fn count(&self, is: fn(&Came) -> bool) -> usize {
        self.cases.iter().filter(|case| is(&case.came)).count()
    }

    fn push(&self, xml: &mut String, hostname: &str) {
        let name = escaped(self.name);
        // Without a zone, as the form wants it; it is UTC.
        let began = utc_timestamp(self.started_epoch_s);
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" \
             skipped=\"0\" time=\"{:.3}\" timestamp=\"{}\" hostname=\"{}\">",
            self.cases.len(),
            self.count(is_failure),
            self.count(is_error),
            self.elapsed_s,
            began.trim_end_matches('Z'),
            escaped(hostname),
        );
        for case in &self.cases {
            case.push(xml, &name, self.elapsed_s);
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn push(&self, xml: &mut String, suite: &str, elapsed_s: f64) {
        let name = escaped(&self.name);
        let _ = write!(
            xml,
            "    <testcase name=\"{name}\" classname=\"{suite}\" time=\"{elapsed_s:.3}\""
        );
        let _ = match &self.came {
            Came::Passed => writeln!(xml, "/>"),
            Came::Warned(why) => writeln!(
                xml,
                ">\n      <system-out>warning: {}</system-out>\n    </testcase>",
                escaped(why)
            ),
            Came::Failed(why) => push_bad(xml, "failure", "objective", why),
            Came::Error(kind, why) => push_bad(xml, "error", kind, why),
        };
    }
}

fn push_bad(xml: &mut String, tag: &str, kind: &str, why: &str) -> std::fmt::Result {
    let why = escaped(why);
    writeln!(
        xml,
        ">\n      <{tag} message=\"{why}\" type=\"{kind}\">{why}</{tag}>\n    </testcase>"
    )
}

/// A text for XML: what means something there is written otherwise, and what XML 1.0 does
/// not have is left out.
fn escaped(text: &str) -> String {
    let is_allowed = |c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}');
    let mut xml = String::with_capacity(text.len());
    for c in harmless(text).chars().filter(is_allowed) {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            c => xml.push(c),
        }
    }
    xml
}
