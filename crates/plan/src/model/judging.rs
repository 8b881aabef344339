//! What must hold, and what answers say of themselves: objectives, cache hits, states.
//!
//! In: what `resolve` made of `objectives:`, `cache:` and `states:`. Out: plain data for the
//! engine and the judge. Never: a verdict; `metrics` judges.

use gatecrash_metrics::objective::Objective;

use super::steps::Check;
use super::{Plan, Scenario};

/// How an answer tells whether it came from a cache. What an answer does not tell is
/// unknown: neither a hit nor a miss.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CacheFrom {
    /// Nothing is told, and nothing is recorded.
    Off,
    /// The usual headers: status 304 is a hit; `CF-Cache-Status`, `X-Cache` and
    /// `Cache-Status` (RFC 9211) by their words; `Age` above 0 is a hit, `Age: 0` a miss.
    #[default]
    Headers,
    /// A value in the JSON body.
    Json {
        /// A JSONPath (RFC 9535); the first match.
        path: String,
        /// The value that means a hit; any other means a miss, none is unknown. Without it
        /// the value is read as [`cache_word`] reads its text.
        hit: Option<serde_json::Value>,
    },
    /// One header.
    Header {
        /// Its name.
        name: String,
        /// The text that it contains on a hit, whatever the case; any other text means a
        /// miss, no such header is unknown. Without it see [`cache_word`].
        hit: Option<String>,
    },
}

/// What a cache says of an answer. A word for a hit anywhere means a hit (`Hit from
/// cloudfront`, `MISS, HIT` of two layers), else a word for a miss a miss (`TCP_MISS`); `true`
/// and numbers above 0 mean a hit, `false` and `0` a miss. `None` for anything else, which is
/// unknown. The words are those of Squid, Varnish, CloudFront, Cloudflare and RFC 9211.
pub fn cache_word(text: &str) -> Option<bool> {
    const HITS: [&str; 6] = [
        "hit",
        "refreshhit",
        "revalidated",
        "stale",
        "updating",
        "cached",
    ];
    const MISSES: [&str; 5] = ["miss", "expired", "bypass", "dynamic", "pass"];
    let text = text.trim();
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    // No copy: this is read of every answer that a cache has marked.
    let has = |words: &[&str]| {
        let said = text.split(|c: char| !c.is_ascii_alphanumeric());
        let mut known = said.flat_map(|word| words.iter().map(move |known| (word, known)));
        known.any(|(word, known)| known.eq_ignore_ascii_case(word))
    };
    match text {
        _ if is("true") => Some(true),
        _ if is("false") => Some(false),
        _ if has(&HITS) => Some(true),
        _ if has(&MISSES) => Some(false),
        number => number.parse::<f64>().ok().map(|number| number > 0.0),
    }
}

/// A condition that an answer tells the service is in: degraded, circuit open, rate limited.
/// How often it was told is the counter `state.NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatePlan {
    /// Its name, without `state.`.
    pub name: String,
    /// What an answer is that tells it: all of these. Their texts have nothing to fill in.
    pub when: Vec<Check>,
}

impl StatePlan {
    /// The state that needs no declaration: status 429 (RFC 6585, §4), unless a plan says
    /// otherwise under the same name.
    pub fn rate_limited() -> Self {
        StatePlan {
            name: "rate_limited".to_owned(),
            when: vec![Check::Status(vec![(429, 429)])],
        }
    }

    /// The name of its counter.
    pub fn metric_name(&self) -> String {
        format!("state.{}", self.name)
    }
}

impl Plan {
    /// Every objective of the plan in the order in which reports show them: those of the
    /// plan, which are judged in each measured scenario, then those of each scenario.
    pub fn all_objectives(&self) -> Vec<Objective> {
        let own = self.scenarios.iter().flat_map(objectives);
        self.objectives.iter().cloned().chain(own).collect()
    }
}

/// A scenario's own objectives, judged in it alone.
fn objectives(scenario: &Scenario) -> impl Iterator<Item = Objective> {
    scenario.objectives.iter().map(|objective| Objective {
        scenario: Some(scenario.name.clone()),
        ..objective.clone()
    })
}
