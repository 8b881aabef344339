//! One door to the tests of this crate.

mod hint;
mod options;
mod ramp;
mod timespan;
