//! Texts with `{{ … }}` in them: what may stand there.
//!
//! In: a text of a plan. Out: its parts, checked. Never: a value; the engine fills in.

pub(crate) mod check;
mod functions;
pub(crate) mod split;

pub use functions::{FILTERS, FUNCTIONS, Function, Known, Parameter, TESTS, VALUES, find};
