//! The pages of `docs/reference` that are made of the code.
//!
//! In: the commands, the option table, the measures, the language of objectives, the exit
//! codes. Out: Markdown. Never: a list of their own of what those say about themselves.
//! The page of plan files is made by `gatecrash_plan::reference`, which alone knows the keys.

mod exit_codes;
mod flags;
mod metrics;
mod objectives;
mod table;

/// A page, and where in the repository it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// From the top of the repository.
    pub path: &'static str,
    /// The Markdown.
    pub text: String,
}

/// Every page.
pub fn pages() -> Vec<Page> {
    let page = |path, text| Page { path, text };
    vec![
        page("docs/reference/flags.md", flags::page()),
        page("docs/reference/objectives.md", objectives::page()),
        page("docs/reference/metrics.md", metrics::page()),
        page("docs/reference/exit-codes.md", exit_codes::page()),
    ]
}

/// What stands under the title of each.
const MADE: &str = "This page is written by the code (`cargo xtask gen`); a test holds it.\n\n";
