//! Seeded draws: the same seed, route and ordinal always give the same number.
//!
//! In: a seed, what is drawn for, and how many were drawn before. Out: a number.
//! Never: state, so threads cannot disturb each other's sequence.

/// What a number decides; each purpose has a sequence of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Latency = 1,
    Error = 2,
    Model = 3,
    ModelError = 4,
}

/// One endpoint's sequence of requests: the k-th `GET /encounters` draws the same whatever else
/// goes on at the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) method: &'a str,
    pub(crate) pattern: &'a str,
    pub(crate) ordinal: u64,
}

/// A number from 0 up to but not including 1.
pub(crate) fn unit(seed: u64, turn: Turn<'_>, purpose: Purpose) -> f64 {
    let endpoint = fnv1a(
        turn.pattern
            .bytes()
            .chain([b' '])
            .chain(turn.method.bytes()),
    );
    let key = mix(seed ^ mix(endpoint ^ (purpose as u64)));
    (mix(key.wrapping_add(turn.ordinal.wrapping_mul(GOLDEN))) >> 11) as f64 / (1u64 << 53) as f64
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// One output of SplitMix64 (Steele, Lea and Flood 2014) for the state `x`.
pub(crate) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(GOLDEN);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The 64-bit FNV-1a hash, which stays the same between builds and releases.
pub(crate) fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn numbers(seed: u64, method: &str, purpose: Purpose) -> Vec<f64> {
        let draw = |ordinal| {
            unit(
                seed,
                Turn {
                    method,
                    pattern: "/a",
                    ordinal,
                },
                purpose,
            )
        };
        (0..10_000).map(draw).collect()
    }

    #[test]
    fn numbers_are_evenly_spread_and_never_repeat() {
        let numbers = numbers(1, "GET", Purpose::Error);
        let distinct: HashSet<u64> = numbers.iter().map(|number| number.to_bits()).collect();
        assert_eq!(distinct.len(), 10_000);
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let count = numbers
                .iter()
                .filter(|number| (low..low + 0.1).contains(number))
                .count();
            assert!((900..1100).contains(&count), "{count} numbers from {low}");
        }
    }

    #[test]
    fn each_seed_endpoint_and_purpose_has_its_own_numbers() {
        let base = numbers(1, "GET", Purpose::Error);
        assert_eq!(numbers(1, "GET", Purpose::Error), base);
        for other in [
            numbers(2, "GET", Purpose::Error),
            numbers(1, "PUT", Purpose::Error),
            numbers(1, "GET", Purpose::Latency),
        ] {
            assert!(
                other
                    .iter()
                    .zip(&base)
                    .all(|(one, two)| one.to_bits() != two.to_bits())
            );
        }
    }
}
