//! How numbers and histograms stand in the file.
//!
//! In and out: a number; one that JSON does not have is a text (`"inf"`, `"-inf"`, `"nan"`).
//! A histogram is a flat list of pairs: how many buckets lie between this one and the one
//! before, and how many values fell into it. Which values a bucket holds,
//! [`gatecrash_metrics::hist`] says.

use std::fmt;

use gatecrash_metrics::Hist;
use gatecrash_metrics::hist::{BUCKETS, Bucket};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Any number, also one that JSON does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            number if number.is_finite() => serializer.serialize_f64(number),
            number if number.is_nan() => serializer.serialize_str("nan"),
            number if number > 0.0 => serializer.serialize_str("inf"),
            _ => serializer.serialize_str("-inf"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        deserializer.deserialize_any(AnyNumber).map(Number)
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"inf\", \"-inf\" or \"nan\"")
    }

    fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }

    fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            "nan" => Ok(f64::NAN),
            other => Err(E::custom(format!("{other:?} is no number"))),
        }
    }
}

/// Gaps and counts of buckets, in turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Buckets(Vec<u64>);

impl Buckets {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn of(hist: &Hist) -> Buckets {
        let mut next = 0;
        let mut flat = Vec::new();
        for Bucket { index, count } in hist.iter() {
            flat.extend([(index - next) as u64, count]);
            next = index + 1;
        }
        Buckets(flat)
    }

    /// Indices, each below [`BUCKETS`], with their counts.
    fn pairs(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let mut next = 0;
        self.0.chunks_exact(2).map(move |pair| {
            let index = next + pair[0] as usize;
            next = index + 1;
            (index, pair[1])
        })
    }

    pub(super) fn hist(&self, clamped: u64) -> Hist {
        let buckets = self.pairs().map(|(index, count)| Bucket { index, count });
        Hist::restored(buckets, clamped)
    }
}

/// The most that a bucket can hold: what a histogram has room for.
const MOST_IN_BUCKET: u64 = (1 << 48) - 1;

impl<'de> Deserialize<'de> for Buckets {
    /// Every other place trusts these numbers, so a file that was tampered with ends here.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Buckets, D::Error> {
        let flat = Vec::<u64>::deserialize(deserializer)?;
        if flat.len() % 2 == 1 {
            return Err(D::Error::custom("a histogram has a gap without a count"));
        }
        let mut end: u64 = 0;
        for pair in flat.chunks_exact(2) {
            end = end.saturating_add(pair[0]).saturating_add(1);
            if end > BUCKETS as u64 || pair[1] > MOST_IN_BUCKET {
                return Err(D::Error::custom("a histogram goes beyond its last bucket"));
            }
        }
        Ok(Buckets(flat))
    }
}

/// A JSON object whose members keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Members<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<T> Members<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<T>, D::Error> {
        deserializer.deserialize_map(InOrder(std::marker::PhantomData))
    }
}

struct InOrder<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
    type Value = Members<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<T>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
