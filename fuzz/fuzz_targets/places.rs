//! URLs, redirects and cookies as servers write them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_net::fuzzing::places(input));
