//! What the requests cost.
//!
//! In: a snapshot whose requests have prices, and the name of the currency. Out: the cost in
//! all, of one request and of a thousand, what it would have been without a cache, and what
//! a month of such requests costs.

use gatecrash_metrics::{Measure, Measures, RunRecord, Snapshot};

use super::figure::{count, money, short};
use super::requests::rows;
use super::table::{Cell, Table};
use super::{Fact, Paint};

/// The cost of all requests together; `None` where none had a price.
pub fn total(measures: &Measures) -> Option<f64> {
    Some(measures.get(Measure::Cost)?.sum)
}

/// The table of costs; without rows where no request had a price.
pub fn costs(snapshot: &Snapshot, currency: Option<&str>) -> Table {
    let all = snapshot.measures();
    let has_cache = all.get(Measure::CostSaved).is_some_and(|v| v.sum > 0.0);
    let mut table = Table {
        heads: vec!["cost", "priced", "total", "per request", "per 1,000"],
        texts: 1,
        ..Table::default()
    };
    if has_cache {
        table.heads.push("without cache");
    }
    for row in rows(snapshot, &all) {
        let Some(cost) = row.measures.get(Measure::Cost) else {
            continue;
        };
        let each = cost.sum / cost.count().max(1) as f64;
        let mut cells = vec![
            Cell::from(row.label).painted(row.paint),
            count(cost.count()).into(),
            money(cost.sum, currency).into(),
            money(each, currency).into(),
            money(each * 1000.0, currency).into(),
        ];
        if has_cache {
            let saved = row.measures.get(Measure::CostSaved).map_or(0.0, |v| v.sum);
            cells.push(money(cost.sum + saved, currency).into());
        }
        table.rows.push(cells);
    }
    table.without_repeated_total();
    table
}

/// Days of a month, wherever costs are told for one.
const DAYS: f64 = 30.0;

/// What a month would cost at the price of the run's requests, with so many requests a day;
/// `None` where none had a price.
pub fn month(snapshot: &Snapshot, run: &RunRecord) -> Option<Fact> {
    let requests = run.per_month_at?;
    let measures = snapshot.measures();
    let cost = measures.get(Measure::Cost)?;
    let currency = run.currency.as_deref();
    let per_month = |sum: f64| money(sum / cost.count() as f64 * requests * DAYS, currency);
    let mut text = format!("{} at {}/day", per_month(cost.sum), short(requests));
    let saved = measures.get(Measure::CostSaved).map_or(0.0, |v| v.sum);
    if saved > 0.0 {
        let without = per_month(cost.sum + saved);
        text.push_str(&format!(", {without} without the cache"));
    }
    Some(Fact::new("per month", Paint::Plain, &text))
}
