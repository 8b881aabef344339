//! Why an objective has no data.
//!
//! In: what was looked for. Out: half a sentence for the verdict.

use std::fmt;

use super::language::nearest;
use super::term::Scope;
use crate::measure::Unit;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Missing {
    Requests(Scope),
    Endpoint(String),
    User(String),
    Scenario(String),
    Series(String),
    CacheStatus,
    Goodput,
    Arrivals,
    Users,
    /// A distribution by its name alone.
    Trend(String),
    /// A report of another tool does not tell this one.
    Untold,
    /// Too few slices have a value.
    Growth,
    Scenarios,
    Start,
    Unit {
        series: Unit,
        limit: Unit,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Requests(scope) => write!(f, "there were no requests{scope}"),
            Missing::Endpoint(name) => write!(f, "no endpoint `{name}` was requested"),
            Missing::User(name) => write!(f, "no users of class `{name}` were counted"),
            Missing::Scenario(name) => write!(f, "scenario `{name}` did not run"),
            Missing::Series(name) => {
                write!(f, "nothing was recorded under `{name}`")?;
                match nearest(name).filter(|near| near != name) {
                    Some(near) => write!(f, "; did you mean `{near}`?"),
                    None => Ok(()),
                }
            }
            Missing::CacheStatus => f.write_str("no answer told whether it came from a cache"),
            Missing::Goodput => f.write_str("good requests were not counted"),
            Missing::Arrivals => f.write_str("no arrivals were scheduled"),
            Missing::Users => f.write_str("there were no users"),
            Missing::Trend(name) => {
                write!(f, "`{name}` has many values; say which one, as p95 {name}")
            }
            Missing::Untold => f.write_str("the report that was read does not tell this"),
            Missing::Growth => f.write_str("too few seconds have a value to tell a growth by"),
            Missing::Scenarios => f.write_str("no measured scenario has a value"),
            Missing::Start => f.write_str("it was 0 at the start, so its growth has no measure"),
            Missing::Unit { series, limit } => {
                write!(f, "the limit counts in {limit}, the metric in {series}")
            }
        }
    }
}
