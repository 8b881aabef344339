//! `traceparent`, by which a request can be found again in the traces of its server: W3C Trace
//! Context, level 1 (<https://www.w3.org/TR/trace-context-1/>), version 00.
//!
//! In: an encoded request. Out: the same with a header more, and the id of its trace; a request
//! that has one already keeps it. All ids of a run begin with the same half, by which they can
//! be told from those of other runs; the other half is drawn.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;

use bytes::Bytes;

use crate::Request;

/// The name of the header.
const NAME: &[u8] = b"traceparent";

/// The id of a trace: 16 bytes, not all of them zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId {
    high: u64,
    low: NonZeroU64,
}

impl TraceId {
    /// As one number; 0 is none.
    pub fn get(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low.get())
    }
}

/// As it stands in the header: 32 digits.
impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

/// Draws the ids of the requests of one client.
#[derive(Debug)]
pub(crate) struct Tracer {
    /// The half that all ids of the run have.
    run: u64,
    state: Cell<u64>,
}

impl Tracer {
    /// Ids of the run `run`; those of another seed are others.
    pub(crate) fn new(run: u64, seed: u64) -> Tracer {
        let state = Cell::new(seed);
        Tracer { run, state }
    }

    /// The next number that is not 0 (Steele, Lea, Flood: Fast splittable pseudorandom number
    /// generators, 2014).
    fn draw(&self) -> NonZeroU64 {
        loop {
            let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.state.set(state);
            let mut mixed = state;
            mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            if let Some(drawn) = NonZeroU64::new(mixed ^ mixed >> 31) {
                return drawn;
            }
        }
    }

    /// The request with a header of ours and its id; or the id of its own header, if that can
    /// be read.
    pub(crate) fn stamp(&self, request: &Request) -> (Option<Box<Request>>, Option<TraceId>) {
        // Between the last line of the head and the blank one.
        let Some(at) = request.body_at.checked_sub(b"\r\n".len()) else {
            return (None, None);
        };
        let Some((head, rest)) = request.wire.split_at_checked(at) else {
            return (None, None);
        };
        if let Some(own) = value_of(head) {
            return (None, read(own));
        }
        let id = TraceId {
            high: self.run,
            low: self.draw(),
        };
        let line = format!("traceparent: 00-{id}-{:016x}-01\r\n", self.draw());
        let wire = [head, line.as_bytes(), rest].concat();
        let stamped = Request {
            wire: Bytes::from(wire),
            body_at: request.body_at + line.len(),
            ..request.clone()
        };
        (Some(Box::new(stamped)), Some(id))
    }
}

/// What a header `traceparent` among the lines of a head says.
fn value_of(head: &[u8]) -> Option<&[u8]> {
    let lines = head.split(|&byte| byte == b'\n').skip(1);
    let mut values = lines.filter_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        let is_it = name.eq_ignore_ascii_case(NAME);
        value.strip_prefix(b":").filter(|_| is_it)
    });
    values.next()
}

/// The id of a value of version 00, or of a later one, which begins in the same way.
fn read(value: &[u8]) -> Option<TraceId> {
    let text = std::str::from_utf8(value).ok()?;
    let id = text.trim().split('-').nth(1)?;
    let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 32 || !id.bytes().all(digits) {
        return None;
    }
    let half = |digits: &str| u64::from_str_radix(digits, 16).ok();
    Some(TraceId {
        high: half(&id[..16])?,
        // An own id whose second half is zero is not worth a wider type.
        low: NonZeroU64::new(half(&id[16..])?)?,
    })
}
