//! Numbers of a page of metrics.
//!
//! In: the page's address, and what is taken of it. Out: a value for each. Counters become
//! their growth per second, histograms the quantiles of what came since the last look.

use std::collections::{BTreeMap, HashSet};

use gatecrash_metrics::watch::{Exposition, Matcher, Operator, Reduce, Take};
use regex::Regex;

use crate::fetch::Fetch;
use crate::growth::{Growth, grown};
use crate::series::{Page, Series, Type, number};
use crate::source::{Readings, Value};

/// A page that is watched.
#[derive(Debug)]
pub(crate) struct Exposed {
    fetch: Fetch,
    wanted: HashSet<String>,
    taken: Vec<Taken>,
}

impl Exposed {
    pub(crate) fn new(page: &Exposition) -> Result<Exposed, String> {
        let taken: Vec<Taken> = page
            .takes
            .iter()
            .map(Taken::new)
            .collect::<Result<_, _>>()?;
        Ok(Exposed {
            fetch: Fetch::new(&page.url, &page.headers)?,
            wanted: taken.iter().flat_map(|taken| taken.names()).collect(),
            taken,
        })
    }

    pub(crate) async fn read(&mut self, at_s: f64) -> Result<Readings, String> {
        let text = self.fetch.text().await?;
        let page = Page::parse(&text, &self.wanted)?;
        let taken = self.taken.iter_mut();
        Ok(taken.map(|taken| taken.value(&page, at_s)).collect())
    }
}

/// One number that is taken, with what was seen last.
#[derive(Debug)]
struct Taken {
    name: String,
    reduce: Reduce,
    matchers: Vec<Match>,
    shown: String,
    growth: Growth,
    /// Sum and count, of a mean.
    before: Option<(f64, f64)>,
    /// Counts by upper bound, of a histogram.
    buckets: Option<Buckets>,
}

/// Cumulative counts by their upper bounds, in order.
type Buckets = Vec<(f64, f64)>;

impl Taken {
    fn new(take: &Take) -> Result<Taken, String> {
        let matchers = take.selector.matchers.iter().map(Match::new);
        Ok(Taken {
            name: take.selector.name.clone(),
            reduce: take.selector.reduce,
            matchers: matchers.collect::<Result<_, _>>()?,
            shown: take.selector.to_string(),
            growth: Growth::default(),
            before: None,
            buckets: None,
        })
    }

    /// The names of the series that it may need.
    fn names(&self) -> Vec<String> {
        let with = |end: &str| format!("{}{end}", self.name);
        match self.reduce {
            Reduce::Natural | Reduce::Rate | Reduce::Value => vec![with(""), with("_bucket")],
            Reduce::Quantile(_) => vec![with(""), with("_bucket")],
            Reduce::Mean => vec![with("_sum"), with("_count")],
        }
    }

    fn value(&mut self, page: &Page, at_s: f64) -> Value {
        let found = match self.reduce {
            Reduce::Natural => self.natural(page, at_s),
            Reduce::Rate => self.rate(page, at_s),
            Reduce::Value => self.sum(page, ""),
            Reduce::Quantile(share) => self.quantile(page, share),
            Reduce::Mean => self.mean(page),
        };
        match found {
            Found::Nothing => Value::Gap(format!("the page has no series {}", self.shown)),
            Found::NotYet => Value::NotYet,
            Found::Wrong(why) => Value::Gap(why),
            Found::Value(value) if value.is_finite() => Value::Known(value),
            Found::Value(value) => Value::Gap(format!("{} is {value}", self.shown)),
        }
    }

    fn natural(&mut self, page: &Page, at_s: f64) -> Found {
        match page.types.get(&self.name) {
            Some(Type::Counter) => self.rate(page, at_s),
            Some(Type::Histogram) => Found::Wrong(format!(
                "{0} is a histogram: take a percentile or the mean, as p95 {0}",
                self.name
            )),
            Some(Type::Gauge) => self.sum(page, ""),
            _ if self.name.ends_with("_total") => self.rate(page, at_s),
            _ => self.sum(page, ""),
        }
    }

    fn rate(&mut self, page: &Page, at_s: f64) -> Found {
        match self.sum(page, "") {
            Found::Value(value) => self
                .growth
                .per_second(at_s, value)
                .map_or(Found::NotYet, Found::Value),
            other => other,
        }
    }

    /// The series with this end that fit.
    fn fitting<'a>(&'a self, page: &'a Page, end: &'a str) -> impl Iterator<Item = &'a Series> {
        page.series.iter().filter(move |series| {
            series.name.strip_prefix(&self.name) == Some(end)
                && self.matchers.iter().all(|matcher| matcher.fits(series))
        })
    }

    fn sum(&self, page: &Page, end: &str) -> Found {
        let values = self.fitting(page, end).map(|series| series.value);
        values
            .reduce(|sum, value| sum + value)
            .map_or(Found::Nothing, Found::Value)
    }

    fn mean(&mut self, page: &Page) -> Found {
        let (Found::Value(sum), Found::Value(count)) =
            (self.sum(page, "_sum"), self.sum(page, "_count"))
        else {
            return Found::Nothing;
        };
        let Some((sum_before, count_before)) = self.before.replace((sum, count)) else {
            return Found::NotYet;
        };
        // One that has begun anew counts from nothing, in both.
        let (sum_before, count_before) = match count < count_before {
            true => (0.0, 0.0),
            false => (sum_before, count_before),
        };
        match count - count_before {
            // Nothing came: there is no mean, and nothing is wrong.
            0.0 => Found::NotYet,
            new => Found::Value((sum - sum_before) / new),
        }
    }

    fn quantile(&mut self, page: &Page, share: f64) -> Found {
        let buckets = self.buckets_of(page);
        if buckets.is_empty() {
            return self.of_summary(page, share);
        }
        let Some(before) = self.buckets.replace(buckets.clone()) else {
            return Found::NotYet;
        };
        quantile(&since(&before, &buckets), share).map_or(Found::NotYet, Found::Value)
    }

    fn buckets_of(&self, page: &Page) -> Buckets {
        let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for series in self.fitting(page, "_bucket") {
            let Some(bound) = number(series.label("le")) else {
                continue;
            };
            let sum = &mut sums.entry(ordered(bound)).or_insert((bound, 0.0)).1;
            *sum += series.value;
        }
        sums.into_values().collect()
    }

    /// A summary has its quantiles at hand, of one series only: they cannot be added up.
    fn of_summary(&self, page: &Page, share: f64) -> Found {
        let is_it = |series: &&Series| {
            number(series.label("quantile")).is_some_and(|q| (q - share).abs() < 1e-9)
        };
        let values: Vec<f64> = self
            .fitting(page, "")
            .filter(is_it)
            .map(|series| series.value)
            .collect();
        match values[..] {
            [] => Found::Nothing,
            // A summary of nothing says NaN.
            [value] if value.is_nan() => Found::NotYet,
            [value] => Found::Value(value),
            [..] => Found::Wrong(format!(
                "{} series of the summary {} fit, and quantiles cannot be added up: select one",
                values.len(),
                self.name
            )),
        }
    }
}

/// What a page gave.
enum Found {
    Value(f64),
    /// It takes another look, or nothing came since the last one.
    NotYet,
    Nothing,
    Wrong(String),
}

/// An order of all numbers that are not negative.
fn ordered(bound: f64) -> u64 {
    bound.max(0.0).to_bits()
}

/// What came between two looks; of one that has begun anew all of it.
fn since(before: &Buckets, now: &Buckets) -> Buckets {
    let all = |buckets: &Buckets| buckets.last().map_or(0.0, |(_, count)| *count);
    if all(now) < all(before) {
        return now.clone();
    }
    let earlier = |bound: f64| {
        before
            .iter()
            .find(|(b, _)| *b == bound)
            .map_or(0.0, |(_, c)| *c)
    };
    now.iter()
        .map(|&(bound, count)| (bound, grown(earlier(bound), count)))
        .collect()
}

/// The quantile of cumulative buckets, as Prometheus' `histogram_quantile` interpolates it:
/// within a bucket evenly, in the last one its lower bound. `None` of nothing.
fn quantile(buckets: &Buckets, share: f64) -> Option<f64> {
    let all = buckets
        .last()
        .map(|(_, count)| *count)
        .filter(|all| *all > 0.0)?;
    let rank = share * all;
    let at = buckets.iter().position(|(_, count)| *count >= rank)?;
    let (bound, count) = buckets[at];
    let (lower, below) = match at {
        0 => (0.0, 0.0),
        at => buckets[at - 1],
    };
    if bound.is_infinite() {
        return (at > 0).then_some(lower);
    }
    Some(lower + (bound - lower) * (rank - below) / (count - below))
}

/// A matcher that is ready to match.
#[derive(Debug)]
struct Match {
    label: String,
    operator: Operator,
    value: String,
    pattern: Option<Regex>,
}

impl Match {
    fn new(matcher: &Matcher) -> Result<Match, String> {
        let is_pattern = matches!(matcher.operator, Operator::Fits | Operator::FitsNot);
        let pattern = is_pattern
            .then(|| Regex::new(&format!("^(?:{})$", matcher.value)))
            .transpose()
            .map_err(|fault| format!("{matcher}: {fault}"))?;
        Ok(Match {
            label: matcher.label.clone(),
            operator: matcher.operator,
            value: matcher.value.clone(),
            pattern,
        })
    }

    fn fits(&self, series: &Series) -> bool {
        let value = series.label(&self.label);
        let is_like = || {
            self.pattern
                .as_ref()
                .is_some_and(|pattern| pattern.is_match(value))
        };
        match self.operator {
            Operator::Equal => value == self.value,
            Operator::Unequal => value != self.value,
            Operator::Fits => is_like(),
            Operator::FitsNot => !is_like(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatecrash_metrics::Unit;
    use gatecrash_metrics::watch::Selector;

    fn taken(selector: &str) -> Taken {
        Taken::new(&Take {
            name: "x".to_owned(),
            selector: Selector::parse(selector).expect(selector),
            unit: Unit::Count,
        })
        .expect(selector)
    }

    /// What a selector makes of pages that follow each other, a second apart.
    fn check(selector: &str, pages: &[&str], expected: Value) {
        let mut taken = taken(selector);
        let wanted = taken.names().into_iter().collect();
        let mut last = Value::NotYet;
        for (at, text) in pages.iter().enumerate() {
            let page = Page::parse(text, &wanted).expect("a page");
            last = taken.value(&page, at as f64);
        }
        assert_eq!(last, expected, "{selector}");
    }

    fn gap(selector: &str, pages: &[&str], says: &str) {
        let mut taken = taken(selector);
        let wanted = taken.names().into_iter().collect();
        let page = Page::parse(pages[0], &wanted).expect("a page");
        match taken.value(&page, 0.0) {
            Value::Gap(why) => assert!(why.contains(says), "{why}"),
            other => panic!("{selector}: {other:?}"),
        }
    }

    #[test]
    fn counters_become_rates_and_gauges_values() {
        let first = "# TYPE a_total counter\na_total{k=\"1\"} 10\na_total{k=\"2\"} 5\n# TYPE g gauge\ng 7\n";
        let second = "# TYPE a_total counter\na_total{k=\"1\"} 13\na_total{k=\"2\"} 6\n# TYPE g gauge\ng 8\n";
        check("a_total", &[first, second], Value::Known(4.0));
        check("a_total{k=~\"2|3\"}", &[first, second], Value::Known(1.0));
        check("a_total{k!~\"2\"}", &[first, second], Value::Known(3.0));
        check("value a_total", &[first, second], Value::Known(19.0));
        check("g", &[first, second], Value::Known(8.0));
        check("rate g", &[first, second], Value::Known(1.0));
        check("a_total", &[first], Value::NotYet);
        gap("nothing", &[first], "no series nothing");
        gap("g{k=\"1\"}", &[first], "g{k=\"1\"}");
    }

    const H1: &str = "# TYPE h histogram\nh_bucket{le=\"0.1\"} 100\nh_bucket{le=\"0.5\"} 100\nh_bucket{le=\"+Inf\"} 100\nh_sum 5\nh_count 100\n";
    const H2: &str = "# TYPE h histogram\nh_bucket{le=\"0.1\"} 150\nh_bucket{le=\"0.5\"} 190\nh_bucket{le=\"+Inf\"} 200\nh_sum 25\nh_count 200\n";

    #[test]
    fn histograms_become_quantiles_of_what_came_since() {
        check("p50 h", &[H1, H2], Value::Known(0.1));
        check("p70 h", &[H1, H2], Value::Known(0.1 + 0.4 * 20.0 / 40.0));
        check("p95 h", &[H1, H2], Value::Known(0.5));
        check("avg h", &[H1, H2], Value::Known(0.2));
        check("p50 h", &[H1, H1], Value::NotYet);
        check("avg h", &[H1, H1], Value::NotYet);
        check("p50 h", &[H2, H1], Value::Known(0.05));
        gap("h", &[H1], "p95 h");
    }

    #[test]
    fn a_summary_has_its_quantiles() {
        let page = "# TYPE s summary\ns{quantile=\"0.5\"} 3\ns{quantile=\"0.99\"} 9\n";
        check("p99 s", &[page], Value::Known(9.0));
        gap("p95 s", &[page], "no series p95 s");
        let two = "s{quantile=\"0.5\",a=\"1\"} 3\ns{quantile=\"0.5\",a=\"2\"} 4\n";
        gap("p50 s", &[two], "cannot be added up");
        check("p50 s{a=\"2\"}", &[two], Value::Known(4.0));
    }

    #[test]
    fn infinities_are_a_gap() {
        gap("g", &["g +Inf\n"], "g is inf");
    }
}
