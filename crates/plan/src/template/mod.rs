//! Texts with `{{ … }}` in them: what may stand there.
//!
//! In: a text of a plan. Out: its parts, checked. Never: a value; the engine fills in.

mod functions;
pub(crate) mod split;

pub use functions::{FUNCTIONS, Function, Known, Parameter, VALUES, find};
