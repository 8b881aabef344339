//! The parts of this crate that know no Python, tested without one: a test binary
//! that calls Python would have to link a library that not every machine has. The
//! rest is tested from Python, in `tests/python`.

#[allow(dead_code, unreachable_pub, reason = "only its own tests call it here")]
#[path = "../../src/encode.rs"]
mod encode;
