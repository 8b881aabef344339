//! Plans in YAML, TOML and JSON, up to what they mean.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_plan::fuzzing::plan(input));
