//! A histogram of a slice as a text: there are tens of thousands, most of single values.
//!
//! In: buckets and their counts. Out: base64 (RFC 4648, §4, no padding) of numbers of seven
//! bits to the byte, the lowest first, the eighth saying that more follow (LEB128). Of each
//! bucket twice the number of buckets since the one before; one more where a count follows,
//! which is left out where it is 1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatecrash_metrics::thin::{BUCKETS, Thin};
use serde::{Deserialize, Serialize};

/// A packed histogram.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Packed(String);

impl Packed {
    pub(super) fn of(hist: &Thin) -> Packed {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (index, count) in hist.iter() {
            let gap = (index - next) as u64;
            push(&mut bytes, 2 * gap + u64::from(count != 1));
            if count != 1 {
                push(&mut bytes, count);
            }
            next = index + 1;
        }
        Packed(STANDARD_NO_PAD.encode(bytes))
    }

    /// The histogram; `None` if the text is none.
    pub(super) fn thin(&self) -> Option<Thin> {
        let bytes = STANDARD_NO_PAD.decode(&self.0).ok()?;
        let mut rest = &bytes[..];
        let mut buckets = Vec::new();
        let (mut next, mut all) = (0u64, 0u64);
        while !rest.is_empty() {
            let number = pull(&mut rest)?;
            let index = next.checked_add(number / 2)?;
            let count = match number % 2 {
                0 => 1,
                _ => pull(&mut rest)?,
            };
            all = all.checked_add(count)?;
            if index >= BUCKETS as u64 {
                return None;
            }
            buckets.push((index as usize, count));
            next = index + 1;
        }
        Some(Thin::of(buckets))
    }
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn pull(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
