//! The plan as meant: every default filled in, every name resolved, every text checked.
//!
//! In: what `resolve` made of a plan file. Out: plain data for the engine, the forecast,
//! the reports. Never: where in which file something stood.
//!
//! | module | the noun |
//! |---|---|
//! | [`users`] | who: classes of users, their tasks and waits |
//! | [`steps`] | what a task does, step by step |
//! | [`data`] | rows that users take turns with |
//! | [`load`] | how much: scenarios and their loads |

pub mod data;
pub mod load;
pub mod steps;
pub mod users;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fault::Place;

pub use data::{Feed, Pick, Source};
pub use load::{Iterations, Load, Scenario, Start};
pub use steps::{Body, Check, HttpStep, JsonTemplate, Part, Step, StreamForm, Take, TakeFrom};
pub use steps::{CheckJson, PartBody, SocketExpect, SocketStep, Template};
pub use users::{HttpUsers, LocustUsers, RustUsers, Task, UserClass, UserKind, Wait};

/// A whole plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the reports call it.
    pub name: String,
    /// Where relative URLs lead (`http://127.0.0.1:8010`); a class may have its own.
    pub host: Option<String>,
    /// What must answer before the first scenario begins.
    pub ready: Option<Ready>,
    /// Rows for the templates.
    pub feeds: Vec<Feed>,
    /// Who: at least one class.
    pub users: Vec<UserClass>,
    /// How much: at least one scenario, in the order of the file.
    pub scenarios: Vec<Scenario>,
    /// Draws schedules, rows and tasks; the same seed gives the same run.
    pub seed: u64,
    /// Where relative file names lead: the folder of the plan file.
    pub folder: PathBuf,
    /// What `{{ env.NAME }}` says, for the names that the plan mentions; also those of which
    /// only `${NAME}` was used. All of it may be secret.
    pub environment: Vec<(String, String)>,
    /// Files that must exist, and where the plan names them.
    pub mentions: Vec<Mention>,
}

impl Plan {
    /// The files that must exist before the run, absolute.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.mentions.iter().map(|mention| mention.file.as_path())
    }
}

/// A file that a plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The file, absolute.
    pub file: PathBuf,
    /// Where it is named: what a fault about it points to.
    pub place: Place,
}

/// What must answer with a status below 400 before the first scenario begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// The URL, absolute.
    pub url: String,
    /// How long to try.
    pub within: Duration,
}
