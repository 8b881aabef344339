//! Answers from a cache, and tokens from one.
//!
//! In: a snapshot. Out: how many of the answers that tell were hits, and how long hits and
//! misses took, apart. An answer that does not tell is in neither.

use gatecrash_metrics::{Measure, Measures, Snapshot};

use super::figure::{NOTHING, count, percent, value_or_dash};
use super::requests::rows;
use super::table::{Cell, Group, Table};

/// The quantiles of hits and of misses.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// Hits by the answers that tell, a share; `None` where none does.
pub fn hit_rate(measures: &Measures) -> Option<f64> {
    measures.get(Measure::CacheHit)?.mean()
}

/// The table of the cache; without rows where no answer tells.
pub fn cache(snapshot: &Snapshot) -> Table {
    let all = snapshot.measures();
    let has_tokens = from_cache(&all);
    let mut table = head(has_tokens);
    if hit_rate(&all).is_none() && !has_tokens {
        return table;
    }
    for row in rows(snapshot, &all) {
        let measures = row.measures;
        if hit_rate(measures).is_none() && !from_cache(measures) {
            continue;
        }
        let known = measures.get(Measure::CacheHit).map_or(0, |v| v.count());
        let mut cells = vec![
            Cell::from(row.label).painted(row.paint),
            count(known).into(),
            share(hit_rate(measures)).into(),
        ];
        cells.extend(times(measures, Measure::HitTime));
        cells.extend(times(measures, Measure::MissTime));
        if has_tokens {
            cells.push(share(tokens(measures)).into());
        }
        table.rows.push(cells);
    }
    table.without_repeated_total();
    table
}

/// Whether any input token came from a cache.
fn from_cache(measures: &Measures) -> bool {
    let cached = measures.get(Measure::TokensCached);
    cached.is_some_and(|cached| cached.sum > 0.0)
}

fn head(has_tokens: bool) -> Table {
    let quantiles = ["P50", "P95", "P99"];
    let group = |from: usize, head| Group {
        from,
        to: from + QUANTILES.len(),
        head,
    };
    let mut table = Table {
        heads: vec!["cache", "known", "hits"],
        groups: vec![group(3, "hits, ms"), group(6, "misses, ms")],
        texts: 1,
        apart: &[3, 6],
        ..Table::default()
    };
    table.heads.extend([quantiles, quantiles].concat());
    if has_tokens {
        table.heads.push("cached tokens");
    }
    table
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), percent)
}

fn times(measures: &Measures, of: Measure) -> [Cell; 3] {
    let values = measures.get(of);
    QUANTILES.map(|q| value_or_dash(values.and_then(|v| v.quantile(q))).into())
}

/// Input tokens from a cache by all input tokens.
fn tokens(measures: &Measures) -> Option<f64> {
    let cached = measures.get(Measure::TokensCached)?.sum;
    let all = measures.get(Measure::TokensIn)?.sum;
    (all > 0.0).then(|| cached / all)
}
