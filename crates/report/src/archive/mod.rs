//! A run as a file: `run.json`, from which every report can be made again.
//!
//! In: a [`RunRecord`]. Out: its text, and from a text the equal record. The shape of the
//! file is this module's own and described in `docs/reference/run-json.md`, so that the
//! record may change without it. Beside what the record holds the file tells figures that
//! follow from it (means, percentiles), for programs that do not want to add up buckets;
//! they are not read back. The windows of the last seconds are not kept.
//!
//! | module | what it holds |
//! |---|---|
//! | `shape` | the file's objects: the run and its scenarios |
//! | `books` | … and what a scenario counted |
//! | `slice` | … and how it went, endpoint by endpoint |
//! | `number`, `packed` | how numbers and histograms stand in it |
//! | `write` | from the record to the shape |
//! | `read` | back, and what can be wrong with a file |
//! | `glance` | what a list of runs tells |
//! | [`journal`] | a run that has not ended, second by second |

mod books;
mod glance;
pub mod journal;
mod number;
mod packed;
mod read;
mod read_books;
mod shape;
mod slice;
mod write;
mod write_books;

use gatecrash_metrics::RunRecord;

pub use glance::{Glance, glance};
pub use read::{Unreadable, read};

/// What the file says it is.
pub const FORMAT: &str = "gatecrash-run";

/// The version of the shape; it changes when a reader of the old one would be misled.
pub const VERSION: u32 = 1;

/// The name of the file in a folder of results.
pub const FILE: &str = "run.json";

/// The text of `run.json`: one line.
pub fn write(record: &RunRecord) -> String {
    // Every key is a text and every number is one that JSON has: nothing can fail.
    let mut text = serde_json::to_string(&shape::Run::of(record)).unwrap_or_default();
    text.push('\n');
    text
}
