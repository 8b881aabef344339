//! Objectives of anybody, up to their verdicts.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_metrics::fuzzing::objective(input));
