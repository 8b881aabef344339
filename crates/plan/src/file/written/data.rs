//! Rows, as written.

use super::Columns;
use crate::file::read::{At, Entries};
use crate::file::scalar::Constant;
use crate::file::shape::record;
use crate::model::Pick;

record! {
    /// A feed: rows that the tasks of all users take turns with. A task takes one row of each
    /// feed that it names, and keeps it to its end.
    FeedFile "a feed" one of ["csv", "json", "rows"] {
        /// A CSV file (RFC 4180, UTF-8) whose first line names the columns; relative to the
        /// plan's folder.
        csv: String = "questions.csv";
        /// A JSON file: an array of objects, or one object on each line; relative to the plan's
        /// folder.
        json: String = "questions.json";
        /// The rows themselves.
        rows: Vec<At<Entries<Columns, Constant>>> = "[{ text: What is a graph? }]";
        /// Which row is next: in the order of the file and again from the start (`sequential`),
        /// all in a drawn order and then in another one (`shuffled`), any (`random`), or in the
        /// order of the file and each only once (`unique`): a task that finds none is not started.
        pick: Pick = "shuffled" (default "sequential");
    }
}
