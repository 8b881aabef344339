//! The words of the objective language, as data.
//!
//! In: nothing. Out: subjects, scopes, windows and units with their meaning and an example,
//! for the parser's hints and for the reference page; the grammar as text.

/// What is said about a word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// As it is written.
    pub name: &'static str,
    /// The unit of its values, for people; empty where it has none.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// An objective that has it, which parses.
    pub example: &'static str,
}

/// The grammar, in EBNF (ISO/IEC 14977).
pub const GRAMMAR: &str = include_str!("grammar.ebnf");

/// What an objective can speak of.
pub static SUBJECTS: &[About] = &[
    About {
        name: "p50 … p99.9",
        unit: "time, or that of the series",
        meaning: "the value that this percentage of all values does not exceed: of response times, or of the series that is named behind it",
        example: "p95 < 300ms",
    },
    About {
        name: "avg",
        unit: "time, or that of the series",
        meaning: "the mean of all response times, or of a series",
        example: "avg tokens > 20",
    },
    About {
        name: "max",
        unit: "time, or that of the series",
        meaning: "the largest response time, or value of a series",
        example: "max < 10s",
    },
    About {
        name: "min",
        unit: "time, or that of the series",
        meaning: "the smallest response time, or value of a series",
        example: "min tokens > 0",
    },
    About {
        name: "sum",
        unit: "that of the series",
        meaning: "all values of a series together: of a counter the number itself",
        example: "sum tokens < 1000000",
    },
    About {
        name: "last",
        unit: "that of the metric",
        meaning: "the latest value of a gauge",
        example: "last target.memory < 2GB",
    },
    About {
        name: "rate",
        unit: "share",
        meaning: "the share of the values of a rate that are not 0",
        example: "rate grounded > 95%",
    },
    About {
        name: "error_rate",
        unit: "share",
        meaning: "failed requests by all requests",
        example: "error_rate < 1%",
    },
    About {
        name: "success_rate",
        unit: "share",
        meaning: "requests that did not fail by all requests",
        example: "success_rate >= 99.9%",
    },
    About {
        name: "rps",
        unit: "per second",
        meaning: "finished requests by the time of the scenario",
        example: "rps > 500",
    },
    About {
        name: "requests",
        unit: "count",
        meaning: "finished requests, failed ones included",
        example: "requests >= 10000",
    },
    About {
        name: "failures",
        unit: "count",
        meaning: "failed requests",
        example: "failures == 0",
    },
    About {
        name: "users",
        unit: "count",
        meaning: "users at the same time, at most",
        example: "users >= 200",
    },
    About {
        name: "missed",
        unit: "count",
        meaning: "arrivals that fell due and did not start; no data where nothing was scheduled",
        example: "missed == 0",
    },
    About {
        name: "lag",
        unit: "time",
        meaning: "how late arrivals were started: P99; no data where nothing was scheduled",
        example: "lag < 20ms",
    },
    About {
        name: "cache_hit_rate",
        unit: "share",
        meaning: "answers from a cache by answers of which it is known; an unknown one is no miss",
        example: "cache_hit_rate between 80% and 90%",
    },
    About {
        name: "cost",
        unit: "money",
        meaning: "what the requests cost by the plan's prices",
        example: "cost < 5 USD",
    },
    About {
        name: "tokens_per_second",
        unit: "per second",
        meaning: "output tokens of all answers by the time of the scenario; that of single answers is `avg tokens_per_s`",
        example: "tokens_per_second > 1000",
    },
    About {
        name: "goodput(…)",
        unit: "per second",
        meaning: "requests per second that did not fail and kept all these limits (vLLM, benchmarks/serve.py)",
        example: "goodput(ttft < 2s, tpot < 50ms) > 10/s",
    },
    About {
        name: "a metric by its name",
        unit: "that of the metric",
        meaning: "the sum of a counter, the latest value of a gauge, the share of a rate; of a trend say which value, as `p95 NAME`",
        example: "queue.depth < 100",
    },
];

/// Of which requests.
pub static SCOPES: &[About] = &[
    About {
        name: "of ENDPOINT",
        unit: "",
        meaning: "requests of this name, whatever their method; names with blanks, `<` or `>` stand in quotes",
        example: "p95 of /retrieve < 900ms",
    },
    About {
        name: "of METHOD ENDPOINT",
        unit: "",
        meaning: "requests of this method and name",
        example: "p95 of GET /items < 100ms",
    },
    About {
        name: "of PATTERN",
        unit: "",
        meaning: "requests of all names that fit, together; `*` stands for any text",
        example: "error_rate of /extract/* < 1%",
    },
    About {
        name: "of each PATTERN",
        unit: "",
        meaning: "each endpoint that fits by itself, with a verdict of its own",
        example: "p99 of each /extract/* < 2s",
    },
    About {
        name: "of user CLASS",
        unit: "",
        meaning: "requests of the users of one class",
        example: "p95 of user researcher < 2s",
    },
    About {
        name: "in SCENARIO",
        unit: "",
        meaning: "requests of this scenario, a warm-up's too; without it each measured scenario by itself",
        example: "p95 in \"burst of readers\" < 2s",
    },
];

/// When.
pub static WINDOWS: &[About] = &[
    About {
        name: "(nothing)",
        unit: "",
        meaning: "the rule must hold over the whole scenario, all its requests together",
        example: "error_rate < 1%",
    },
    About {
        name: "for TIME",
        unit: "",
        meaning: "the rule says what is BAD: broken when it was so in every second of this time; a second without requests has no say",
        example: "error_rate > 5% for 10s",
    },
    About {
        name: "within TIME",
        unit: "",
        meaning: "the rule must HOLD over every span of this length, its requests together",
        example: "p95 < 900ms within 30s",
    },
    About {
        name: "growth of … per TIME",
        unit: "",
        meaning: "how much more it becomes in this time, by its value at the start: the median of the slopes between all pairs of instants (Theil-Sen); the first tenth of the scenario is left out",
        example: "growth of target.memory < 1% per 10m",
    },
];

/// Across scenarios.
pub static ACROSS: &[About] = &[
    About {
        name: "NUMBER * VALUE",
        unit: "",
        meaning: "a value beside another one, of another scenario or endpoint",
        example: "p95 of /retrieve in degraded < 0.8 * p95 of /retrieve in burst",
    },
    About {
        name: "mean over scenarios of VALUE",
        unit: "",
        meaning: "the mean of what each measured scenario has; one without data does not count",
        example: "mean over scenarios of cache_hit_rate > 70%",
    },
];

/// How numbers are written.
pub static UNITS: &[About] = &[
    About {
        name: "us ms s m h d",
        unit: "",
        meaning: "a time; it needs its unit, unless it is 0; parts can follow each other, `1m30s`",
        example: "max < 1m30s",
    },
    About {
        name: "%",
        unit: "",
        meaning: "a share; a bare number below 1, as 0.05, is a share too",
        example: "error_rate < 0.5%",
    },
    About {
        name: "/s /m /h",
        unit: "",
        meaning: "per second, minute or hour; a bare number is per second",
        example: "rps > 600/m",
    },
    About {
        name: "B kB MB GB TB KiB MiB GiB TiB",
        unit: "",
        meaning: "bytes, by powers of 1000, and of 1024 with an `i` (IEC 80000-13)",
        example: "max target.memory < 1.5GiB",
    },
    About {
        name: "USD EUR …",
        unit: "",
        meaning: "money; it must be the currency of the prices",
        example: "cost < 12.50 EUR",
    },
];

/// Words that other tools have for a subject, and ours.
const ELSEWHERE: [(&str, &str); 14] = [
    ("average", "avg"),
    ("mean", "avg"),
    ("median", "p50"),
    ("med", "p50"),
    ("errors", "failures"),
    ("fail_ratio", "error_rate"),
    ("failure_rate", "error_rate"),
    ("http_req_failed", "error_rate"),
    ("http_req_duration", "p95"),
    ("latency", "p95"),
    ("response_time", "p95"),
    ("throughput", "rps"),
    ("hit_rate", "cache_hit_rate"),
    ("vus", "users"),
];

/// The subject that somebody probably meant by a word that is none.
pub fn nearest(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let elsewhere = ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower);
    elsewhere.map(|&(_, ours)| ours).or_else(|| {
        let words = SUBJECTS.iter().map(|about| about.name);
        let single = words.filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let measures = crate::Measure::ALL.into_iter().filter_map(|m| m.name());
        nearest_of(&lower, single.chain(measures))
    })
}

/// Whether the language has a meaning of its own for a word.
pub(crate) fn is_word(word: &str) -> bool {
    let is_percentile = word.strip_prefix('p').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    });
    let mut subjects = SUBJECTS.iter();
    let mut elsewhere = ELSEWHERE.iter();
    is_percentile
        || word == "goodput"
        || subjects.any(|about| about.name == word)
        || elsewhere.any(|(theirs, _)| *theirs == word)
        || crate::Measure::named(word).is_some()
}

/// The candidate that is at most one edit away, and one more per four letters.
pub(crate) fn nearest_of<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = 1 + word.chars().count() / 4;
    let far = candidates.into_iter().map(|name| (edits(word, name), name));
    let near = far.filter(|&(edits, name)| edits <= allowed && edits < name.len());
    near.min_by_key(|&(edits, _)| edits).map(|(_, name)| name)
}

/// How many letters must be put in, left out or replaced to make one word the other
/// (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (to, &their) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != their);
            diagonal = row[to + 1];
            row[to + 1] = replaced.min(diagonal + 1).min(row[to] + 1);
        }
    }
    row[other.len()]
}
