//! What a long run has tens of thousands of, as texts: the histograms of slices, most of
//! single values, and the seconds of endpoints, most without a failure.
//!
//! In: buckets and their counts, or seconds. Out: base64 (RFC 4648, §4, no padding) of numbers
//! of seven bits to the byte, the lowest first, the eighth saying that more follow (LEB128).
//! Of each bucket twice the number of buckets since the one before; one more where a count
//! follows, which is left out where it is 1. Of each second twice the number of seconds since
//! the one before, and its requests; one more where failures follow, which are left out where
//! there are none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatecrash_metrics::Second;
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

/// Packed seconds, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct PackedSeconds(String);

impl PackedSeconds {
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Second>) -> PackedSeconds {
        let mut bytes = Vec::new();
        let mut next = 0;
        for second in all {
            let gap = u64::from(second.epoch_s.saturating_sub(next));
            push(&mut bytes, 2 * gap + u64::from(second.failures != 0));
            push(&mut bytes, second.requests.into());
            if second.failures != 0 {
                push(&mut bytes, second.failures.into());
            }
            next = second.epoch_s + 1;
        }
        PackedSeconds(STANDARD_NO_PAD.encode(bytes))
    }

    /// The seconds; `None` if the text is none.
    pub(super) fn seconds(&self) -> Option<Vec<Second>> {
        let bytes = STANDARD_NO_PAD.decode(&self.0).ok()?;
        let mut rest = &bytes[..];
        let mut all = Vec::new();
        let mut next = 0u32;
        while !rest.is_empty() {
            let number = pull(&mut rest)?;
            let epoch_s = next.checked_add(u32::try_from(number / 2).ok()?)?;
            let mut count = || u32::try_from(pull(&mut rest)?).ok();
            let requests = count()?;
            let failures = if number % 2 == 0 { 0 } else { count()? };
            all.push(Second {
                epoch_s,
                requests,
                failures,
            });
            next = epoch_s.checked_add(1)?;
        }
        Some(all)
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
