//! How long answers are held back: distributions, and the short texts that name them.
//!
//! In: a text (`pareto:10ms,2.5`), then a choice from 0 to 1 for each answer. Out: a time, by the
//! inverse of the distribution's function, so that every quantile is known beforehand.
//! Never: a source of randomness; the choices are the caller's.

use std::str::FromStr;
use std::time::Duration;

use crate::options::{OptionError, Percent, parse_duration};

/// Longest draw of a distribution that has no end of its own, unless `max=` says otherwise.
const DEFAULT_MAX: Duration = Duration::from_secs(10);

/// A distribution of latencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Evenly spread between two bounds.
    Uniform {
        /// The shortest.
        low: Duration,
        /// The longest.
        high: Duration,
    },
    /// Usually one value, rarely another.
    Bimodal {
        /// The common one.
        usual: Duration,
        /// The rare one.
        rare: Duration,
        /// How often the rare one comes.
        share: Percent,
    },
    /// Symmetric about its mean; what would be below zero is zero.
    Normal {
        /// The mean of the uncut distribution, and its median.
        mean: Duration,
        /// The standard deviation of the uncut distribution.
        sd: Duration,
        /// Longer draws are cut to this.
        max: Duration,
    },
    /// The logarithm is normal: what response times often look like.
    LogNormal {
        /// Half of the draws are below.
        median: Duration,
        /// The standard deviation of the natural logarithm.
        sigma: f64,
        /// Longer draws are cut to this.
        max: Duration,
    },
    /// A power law: `P(X > x) = (scale / x) ^ shape`.
    Pareto {
        /// The shortest.
        scale: Duration,
        /// The smaller, the heavier the tail.
        shape: f64,
        /// Longer draws are cut to this.
        max: Duration,
    },
}

impl Latency {
    /// The latency that belongs to `choice`, a number from 0 up to but not including 1.
    ///
    /// For all but `Bimodal` it is the distribution's quantile, so that it grows with `choice`.
    #[must_use]
    pub fn at(&self, choice: f64) -> Duration {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => low + (high - low).mul_f64(choice),
            Self::Bimodal { usual, rare, share } => {
                if choice < share.fraction() {
                    rare
                } else {
                    usual
                }
            }
            Self::Normal { mean, sd, max } => {
                let seconds = mean.as_secs_f64() + sd.as_secs_f64() * standard_normal(choice);
                cut(seconds, max)
            }
            Self::LogNormal { median, sigma, max } => {
                let factor = (sigma * standard_normal(choice)).exp();
                cut(median.as_secs_f64() * factor, max)
            }
            Self::Pareto { scale, shape, max } => {
                let factor = (1.0 - choice).powf(-1.0 / shape);
                cut(scale.as_secs_f64() * factor, max)
            }
        }
    }
}

fn cut(seconds: f64, max: Duration) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, max.as_secs_f64()))
}

/// The quantile of the standard normal distribution, right to 1e-6: algorithm AS 241, PPND7
/// (Wichura, Applied Statistics 37, 1988).
fn standard_normal(choice: f64) -> f64 {
    const CENTRE: Ratio = Ratio(
        [
            3.387_132_717_9,
            50.434_271_938,
            159.291_132_02,
            59.109_374_720,
        ],
        [1.0, 17.895_169_469, 78.757_757_664, 67.187_563_600],
    );
    const TAIL: Ratio = Ratio(
        [
            1.423_437_277_7,
            2.756_815_390_0,
            1.306_728_481_6,
            0.170_238_211_03,
        ],
        [1.0, 0.737_001_642_50, 0.120_211_329_75, 0.0],
    );
    const FAR_TAIL: Ratio = Ratio(
        [
            6.657_905_115_0,
            3.081_226_386_0,
            0.428_682_943_37,
            0.017_337_203_997,
        ],
        [1.0, 0.241_978_942_25, 0.012_258_202_635, 0.0],
    );
    // The smallest draw is 0, whose quantile would be minus infinity.
    let choice = choice.max(f64::EPSILON / 4.0);
    let from_centre = choice - 0.5;
    if from_centre.abs() <= 0.425 {
        return from_centre * CENTRE.at(0.180_625 - from_centre * from_centre);
    }
    let depth = (-choice.min(1.0 - choice).ln()).sqrt();
    let size = if depth <= 5.0 {
        TAIL.at(depth - 1.6)
    } else {
        FAR_TAIL.at(depth - 5.0)
    };
    size.copysign(from_centre)
}

/// Two polynomials, the lowest power first, of which the first is divided by the second.
struct Ratio([f64; 4], [f64; 4]);

impl Ratio {
    fn at(&self, x: f64) -> f64 {
        let value = |polynomial: &[f64; 4]| polynomial.iter().rev().fold(0.0, |sum, c| sum * x + c);
        value(&self.0) / value(&self.1)
    }
}

const FORMS: &str = "a latency: 5ms, uniform:5ms..20ms, bimodal:5ms,200ms@2%, normal:20ms,5ms, \
     lognormal:20ms,0.5 or pareto:10ms,2.5 (cut at 10s, or where it says: pareto:10ms,2.5,max=1s)";

impl FromStr for Latency {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, OptionError> {
        parse(text).ok_or_else(|| OptionError::new(text, FORMS))
    }
}

fn parse(text: &str) -> Option<Latency> {
    let Some((kind, values)) = text.split_once(':') else {
        return Some(Latency::Constant(parse_duration(text)?));
    };
    match kind.trim() {
        "uniform" => {
            let (low, high) = values.split_once("..")?;
            let (low, high) = (parse_duration(low)?, parse_duration(high)?);
            (low <= high).then_some(Latency::Uniform { low, high })
        }
        "bimodal" => {
            let (usual, rest) = values.split_once(',')?;
            let (rare, share) = rest.split_once('@')?;
            let (usual, rare) = (parse_duration(usual)?, parse_duration(rare)?);
            let share = share.parse().ok()?;
            Some(Latency::Bimodal { usual, rare, share })
        }
        "normal" => {
            let Tailed {
                centre: mean,
                width,
                max,
            } = Tailed::parse(values)?;
            let sd = parse_duration(width)?;
            Some(Latency::Normal { mean, sd, max })
        }
        "lognormal" => {
            let Tailed {
                centre: median,
                width,
                max,
            } = Tailed::parse(values)?;
            let sigma = parse_number(width, 0.0, 10.0)?;
            Some(Latency::LogNormal { median, sigma, max })
        }
        "pareto" => {
            let Tailed {
                centre: scale,
                width,
                max,
            } = Tailed::parse(values)?;
            let shape = parse_number(width, 0.1, 1000.0)?;
            Some(Latency::Pareto { scale, shape, max })
        }
        _ => None,
    }
}

/// `CENTRE,WIDTH` and perhaps `,max=MAX`, which is not below the centre.
struct Tailed<'a> {
    centre: Duration,
    width: &'a str,
    max: Duration,
}

impl<'a> Tailed<'a> {
    fn parse(values: &'a str) -> Option<Self> {
        let mut parts = values.split(',');
        let (centre, width) = (parse_duration(parts.next()?)?, parts.next()?);
        let max = match parts.next() {
            None => DEFAULT_MAX,
            Some(max) => parse_duration(max.trim().strip_prefix("max=")?)?,
        };
        let sound = parts.next().is_none() && centre <= max;
        sound.then_some(Self { centre, width, max })
    }
}

fn parse_number(text: &str, low: f64, high: f64) -> Option<f64> {
    let number = text.trim().parse().ok()?;
    (low..=high).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::{Purpose, Turn, unit};

    const DRAWS: u64 = 100_000;
    /// Of the standard normal distribution, from its tables.
    const Z: [(f64, f64); 7] = [
        (0.001, -3.090_232),
        (0.1, -1.281_552),
        (0.5, 0.0),
        (0.9, 1.281_552),
        (0.95, 1.644_854),
        (0.99, 2.326_348),
        (0.999, 3.090_232),
    ];

    /// The quantiles of many draws, in milliseconds, are those of `formula`. The tolerance is
    /// four standard errors of an order statistic: `sqrt(q (1 - q) / n)` in terms of `q`.
    fn check(text: &str, formula: impl Fn(f64) -> f64) {
        let latency: Latency = text.parse().expect(text);
        let draw = |ordinal| {
            let turn = Turn {
                method: "GET",
                pattern: "/json",
                ordinal,
            };
            latency.at(unit(11, turn, Purpose::Latency)).as_secs_f64() * 1000.0
        };
        let mut draws: Vec<f64> = (0..DRAWS).map(draw).collect();
        draws.sort_by(f64::total_cmp);
        for quantile in [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999] {
            let error = 4.0 * (quantile * (1.0 - quantile) / DRAWS as f64).sqrt();
            let drawn = draws[(quantile * DRAWS as f64) as usize];
            let (low, high) = (formula(quantile - error), formula(quantile + error));
            assert!(
                (low..=high).contains(&drawn),
                "{text} P{quantile}: {drawn} of {low}..{high}"
            );
        }
    }

    /// Solves `P(Z < z) = quantile` with a series of its own for the distribution's function.
    fn z(quantile: f64) -> f64 {
        let (mut low, mut high) = (-8.0, 8.0);
        for _ in 0..60 {
            let middle: f64 = (low + high) / 2.0;
            if normal_cdf(middle) < quantile {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// `1/2 + phi(z) * (z + z^3/3 + z^5/(3 * 5) + …)` (Abramowitz and Stegun, 26.2.11).
    fn normal_cdf(z: f64) -> f64 {
        let (mut term, mut sum) = (z, z);
        for step in 1..200 {
            term *= z * z / f64::from(2 * step + 1);
            sum += term;
        }
        0.5 + sum * (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    #[test]
    fn the_draws_have_the_quantiles_of_their_formulas() {
        check("uniform:5ms..20ms", |q| 5.0 + 15.0 * q);
        check("normal:20ms,5ms", |q| (20.0 + 5.0 * z(q)).max(0.0));
        check("normal:2ms,5ms", |q| (2.0 + 5.0 * z(q)).max(0.0));
        check("lognormal:20ms,0.5", |q| 20.0 * (0.5 * z(q)).exp());
        check("pareto:10ms,2.5", |q| 10.0 / (1.0 - q).powf(0.4));
        check("pareto:10ms,1,max=500ms", |q| (10.0 / (1.0 - q)).min(500.0));
    }

    #[test]
    fn the_normal_quantile_is_that_of_the_tables() {
        for (quantile, z) in Z {
            assert!((standard_normal(quantile) - z).abs() < 2e-6, "{quantile}");
        }
        assert!((standard_normal(1e-12) + 7.034_483_8).abs() < 2e-6);
    }

    #[test]
    fn no_choice_leads_out_of_the_bounds() {
        let last = 1.0 - f64::EPSILON / 2.0;
        for text in [
            "normal:20ms,5ms",
            "normal:0,0",
            "lognormal:20ms,10",
            "pareto:10ms,0.1",
        ] {
            let latency: Latency = text.parse().expect(text);
            assert!(latency.at(0.0) <= latency.at(0.5), "{text}");
            assert!(latency.at(last) <= DEFAULT_MAX, "{text}");
        }
        let heavy: Latency = "pareto:10ms,0.1".parse().expect("a latency");
        assert_eq!(heavy.at(last), DEFAULT_MAX);
    }
}
