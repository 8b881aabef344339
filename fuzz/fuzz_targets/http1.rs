//! Answers over HTTP/1.1: heads, lengths, chunks.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_net::fuzzing::http1(input));
