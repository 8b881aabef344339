//! Streams of server-sent events.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_net::fuzzing::sse(input));
