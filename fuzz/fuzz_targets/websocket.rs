//! Frames of a WebSocket as servers send them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| gatecrash_net::fuzzing::websocket(input));
