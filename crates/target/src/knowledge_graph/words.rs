//! A text as words, and as a vector of what the words are made of.
//!
//! In: texts of people. Out: words without their plural, and vectors of length 1.
//! Never: a language model; it is enough that texts alike in their letters are near each other.

use crate::draw::fnv1a;

/// Dimensions of a vector.
pub(super) const DIMENSIONS: usize = 32;

/// Words of a text that are looked at; what follows is left out.
const WORDS_MAX: usize = 2000;

pub(super) type Vector = [f32; DIMENSIONS];

/// The words of a text in their order: lower case, and without the `s` of a plural.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    let parts = parts.filter(|part| !part.is_empty()).take(WORDS_MAX);
    parts.map(|part| singular(part.to_lowercase())).collect()
}

fn singular(mut word: String) -> String {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    word
}

/// Triples of letters, hashed into a few dimensions with a sign each (feature hashing;
/// Weinberger et al., ICML 2009). Its length is 1, or 0 without a word.
pub(super) fn vector(words: &[String]) -> Vector {
    let mut vector = [0.0; DIMENSIONS];
    for word in words {
        let framed = format!("^{word}$");
        for triple in framed.as_bytes().windows(3) {
            let hash = fnv1a(triple.iter().copied());
            let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
            vector[(hash >> 16) as usize % DIMENSIONS] += sign;
        }
    }
    let length = dot(&vector, &vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

/// The cosine of the angle between two vectors of length 1.
pub(super) fn dot(one: &Vector, two: &Vector) -> f32 {
    one.iter().zip(two).map(|(one, two)| one * two).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_small_and_single() {
        assert_eq!(
            words("POST /billing/invoices: the Address (twice)"),
            ["post", "billing", "invoice", "the", "address", "twice"]
        );
        assert!(words(" .,; ").is_empty());
    }

    #[test]
    fn texts_of_the_same_letters_are_nearer() {
        let near = |one: &str, two: &str| dot(&vector(&words(one)), &vector(&words(two)));
        assert!((near("an invoice", "an invoice") - 1.0).abs() < 1e-5);
        assert!(near("invoice", "invoicing") > near("invoice", "webhook"));
        assert!(near("", "invoice").abs() < 1e-9, "no word, no direction");
    }
}
