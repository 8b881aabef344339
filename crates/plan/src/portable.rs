//! The natural logarithm and its inverse, with the same bits on every machine.
//!
//! In: a number. Out: a number. The standard library asks the system's mathematics for
//! these, and systems differ in the last bit; a seed has to give the same run on each of
//! them. So both are made here of `+ - * /` alone, which IEEE 754 fixes to the bit.

const LN_2: f64 = std::f64::consts::LN_2;

/// Reciprocals, made once because divisions are dear.
const ODD_PARTS: [f64; 12] = reciprocals([23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1]);
const PARTS: [f64; 10] = reciprocals([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);

const fn reciprocals<const N: usize>(numbers: [u8; N]) -> [f64; N] {
    let mut parts = [0.0; N];
    let mut at = 0;
    while at < N {
        parts[at] = 1.0 / numbers[at] as f64;
        at += 1;
    }
    parts
}

/// Natural logarithm of a normal number above zero, to about one unit in the last place.
///
/// With x = m·2ᵉ and m near 1: ln x = e·ln 2 + 2·artanh s, s = (m−1)/(m+1), and
/// artanh s = s + s³/3 + s⁵/5 + …, where s² < 0.0295.
pub(crate) fn ln(x: f64) -> f64 {
    const EXPONENT_BIAS: i64 = 1023;
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i64 - EXPONENT_BIAS;
    let mut m = f64::from_bits(bits & MANTISSA | ONE);
    if m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let series = ODD_PARTS.iter().fold(0.0, |sum, part| sum * square + part);
    exponent as f64 * LN_2 + 2.0 * s * series
}

/// 1 − e⁻ˣ for x ≥ 0, exact also where x is tiny.
///
/// x is halved until it is small; the Taylor series of eʸ − 1 follows; each halving is
/// undone by 1 − (1−f)² = f·(2−f).
pub(crate) fn one_minus_exp(x: f64) -> f64 {
    /// e⁻⁴⁰ is less than the last bit of 1.
    const NOTHING_LEFT: f64 = 40.0;
    const SMALL: f64 = 0.25;
    let mut y = x.min(NOTHING_LEFT);
    let mut halvings = 0;
    while y > SMALL {
        y *= 0.5;
        halvings += 1;
    }
    // 1 − e⁻ʸ = y·(1 − y/2·(1 − y/3·(1 − …))).
    let series = PARTS.iter().fold(1.0, |sum, part| 1.0 - y * part * sum);
    (0..halvings).fold(y * series, |part, _| part * (2.0 - part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_the_systems_to_a_few_last_bits() {
        for step in 1..20_000 {
            for x in [f64::from(step) / 20_000.0, f64::from(step) * 1e-17] {
                assert!(
                    (ln(x) - x.ln()).abs() <= 4.0 * f64::EPSILON * x.ln().abs(),
                    "{x}"
                );
            }
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn the_inverse_is_the_systems_to_a_few_last_bits() {
        for step in 1..20_000 {
            for x in [f64::from(step) / 500.0, f64::from(step) * 1e-12] {
                let right = -(-x).exp_m1();
                assert!(
                    (one_minus_exp(x) - right).abs() <= 8.0 * f64::EPSILON * right,
                    "{x}"
                );
            }
        }
        assert_eq!(one_minus_exp(0.0), 0.0);
    }
}
