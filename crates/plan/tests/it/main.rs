//! One door to the tests of this crate.

mod corpus;
mod draw;
mod fingerprint;
mod forecast;
mod hint;
mod open;
mod options;
mod plan;
mod ramp;
mod rate;
mod split;
mod timeline;
mod timespan;
mod users;

/// The same `cases` drawn inputs at every run.
fn cases(cases: u32) -> proptest::prelude::ProptestConfig {
    proptest::prelude::ProptestConfig {
        cases,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    }
}
