//! Finds passages: three signals for each, made one score by one of two fusions.
//!
//! In: a question. Out: passages with their scores, the best first. Never: a passage of another
//! intent than asked for; a dependence on anything but question, mode and corpus.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

use super::corpus::{Intent, Passage, named, passages};
use super::words::{dot, vector, words};

/// How quickly further occurrences of a word lose weight, and how much a passage's length counts:
/// the usual values of BM25 (Robertson and Zaragoza, Foundations and Trends in IR 3, 2009).
const BM25_K1: f32 = 1.2;
const BM25_B: f32 = 0.75;

/// The weights of the signals in the weighted fusion: words, letters, graph.
const WEIGHTS: [f32; SIGNALS] = [0.5, 0.3, 0.2];

/// How little the first ranks differ (Cormack, Clarke and Büttcher, SIGIR 2009).
const RRF_K: f32 = 60.0;

/// How much the reranker's own judgement weighs beside the score.
const RERANK_WEIGHT: f32 = 0.5;

const SIGNALS: usize = 3;

/// How the signals become one score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fusion {
    /// The sum of the signals, each as a share of its largest value, by weights.
    Weighted,
    /// Reciprocal rank fusion: the sum of 1 / (60 + rank).
    Rrf,
}

/// A question, as far as it can be looked for.
pub(super) struct Question {
    words: Vec<String>,
    intent: Option<Intent>,
}

impl Question {
    pub(super) fn new(text: &str, intent: Option<Intent>) -> Self {
        let words = words(text);
        Self { words, intent }
    }
}

/// A passage that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its place among the passages.
    pub(super) place: usize,
    pub(super) score: f32,
    /// Words (BM25), letters (cosine), graph (1 for a topic that the question names, half of it
    /// for a neighbour).
    pub(super) signals: [f32; SIGNALS],
}

/// All passages, and which words they have.
pub(super) struct Index {
    passages: Vec<Passage>,
    /// For each word the places of passages with it, and what it adds to their score.
    postings: HashMap<String, Vec<(usize, f32)>>,
}

impl Index {
    pub(super) fn new() -> Self {
        let passages = passages();
        let postings = postings(&passages);
        Self { passages, postings }
    }

    pub(super) fn passage(&self, found: &Found) -> &Passage {
        &self.passages[found.place]
    }

    /// How many passages there are.
    pub(super) fn len(&self) -> usize {
        self.passages.len()
    }

    /// How much a word tells: nothing of one that no passage has, or every one.
    pub(super) fn weight(&self, word: &str) -> f32 {
        let having = self.postings.get(word).map_or(0, Vec::len);
        match having {
            0 => 0.0,
            _ => rarity(having, self.passages.len()),
        }
    }

    /// All passages of the intent, the best first.
    pub(super) fn search(&self, question: &Question, fusion: Fusion) -> Vec<Found> {
        let mut found = self.signals(question);
        match fusion {
            Fusion::Weighted => fuse_weighted(&mut found),
            Fusion::Rrf => fuse_ranks(&mut found),
        }
        found.sort_unstable_by(best_first(|one| one.score));
        found
    }

    /// Passages of the intent with a word of the question.
    pub(super) fn matches(&self, question: &Question) -> impl Iterator<Item = &Passage> {
        let found = self.signals(question).into_iter();
        found
            .filter(|one| one.signals[0] > 0.0)
            .map(|one| &self.passages[one.place])
    }

    /// Looks at each of a few again, and puts those first that have the question's words side by
    /// side as the question has them.
    pub(super) fn rerank(&self, question: &Question, found: &mut [Found]) {
        let pairs = question.words.windows(2).count().max(1) as f32;
        for one in found.iter_mut() {
            let words = &self.passages[one.place].words;
            let asked = question.words.windows(2);
            let kept = asked.filter(|pair| words.windows(2).any(|two| two == *pair));
            one.score += RERANK_WEIGHT * kept.count() as f32 / pairs;
        }
        found.sort_unstable_by(best_first(|one| one.score));
    }

    fn signals(&self, question: &Question) -> Vec<Found> {
        let lexical = self.lexical(question);
        let asked = vector(&question.words);
        let (services, resources) = named(&question.words);
        let of_intent = |passage: &Passage| question.intent.is_none_or(|one| one == passage.intent);
        let all = self.passages.iter().enumerate();
        all.filter(|(_, passage)| of_intent(passage))
            .map(|(place, passage)| {
                let near = [
                    services.contains(&passage.service),
                    resources.contains(&passage.resource),
                ];
                let graph = near.iter().filter(|near| **near).count() as f32 / 2.0;
                let semantic = dot(&asked, &passage.vector).max(0.0);
                Found {
                    place,
                    score: 0.0,
                    signals: [lexical[place], semantic, graph],
                }
            })
            .collect()
    }

    /// BM25 of each passage.
    fn lexical(&self, question: &Question) -> Vec<f32> {
        let mut scores = vec![0.0; self.passages.len()];
        for word in &question.words {
            for (place, weight) in self.postings.get(word).into_iter().flatten() {
                scores[*place] += weight;
            }
        }
        scores
    }
}

fn postings(passages: &[Passage]) -> HashMap<String, Vec<(usize, f32)>> {
    let mut counts: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
    for (place, passage) in passages.iter().enumerate() {
        for word in &passage.words {
            let found = counts.entry(word.clone()).or_default();
            match found.last_mut().filter(|(last, _)| *last == place) {
                Some((_, count)) => *count += 1.0,
                None => found.push((place, 1.0)),
            }
        }
    }
    let length = |passage: &Passage| passage.words.len() as f32;
    let mean = passages.iter().map(length).sum::<f32>() / passages.len() as f32;
    for found in counts.values_mut() {
        let rarity = rarity(found.len(), passages.len());
        for (place, value) in found {
            let long = 1.0 - BM25_B + BM25_B * length(&passages[*place]) / mean;
            *value = rarity * *value * (BM25_K1 + 1.0) / (*value + BM25_K1 * long);
        }
    }
    counts
}

/// The weight of a word that `having` of `all` passages have.
fn rarity(having: usize, all: usize) -> f32 {
    let (having, all) = (having as f32, all as f32);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

fn fuse_weighted(found: &mut [Found]) {
    for (signal, weight) in WEIGHTS.into_iter().enumerate() {
        let values = found.iter().map(|one| one.signals[signal]);
        let largest = values.fold(0.0, f32::max);
        if largest > 0.0 {
            for one in found.iter_mut() {
                one.score += weight * one.signals[signal] / largest;
            }
        }
    }
}

fn fuse_ranks(found: &mut [Found]) {
    for signal in 0..SIGNALS {
        found.sort_unstable_by(best_first(|one| one.signals[signal]));
        let ranked = found
            .iter_mut()
            .take_while(|one| one.signals[signal] > 0.0)
            .zip(1_u16..);
        for (one, rank) in ranked {
            one.score += 1.0 / (RRF_K + f32::from(rank));
        }
    }
}

/// The larger value first; of equal ones that of the earlier passage.
fn best_first(value: impl Fn(&Found) -> f32) -> impl Fn(&Found, &Found) -> Ordering {
    move |one, two| {
        let larger = value(two).total_cmp(&value(one));
        larger.then(one.place.cmp(&two.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_titles(text: &str, intent: Option<Intent>, fusion: Fusion) -> Vec<String> {
        let index = Index::new();
        let found = index.search(&Question::new(text, intent), fusion);
        let titles = found.iter().take(2).map(|one| &index.passage(one).title);
        titles.cloned().collect()
    }

    #[test]
    fn both_fusions_find_what_is_asked_for() {
        for fusion in [Fusion::Weighted, Fusion::Rrf] {
            let titles = first_titles(
                "What is a coupon in pricing?",
                Some(Intent::Concept),
                fusion,
            );
            assert_eq!(titles[0], "What a coupon is in pricing", "{fusion:?}");
            let titles = first_titles("errors of shipping parcels", Some(Intent::Error), fusion);
            assert!(titles[0].ends_with("/shipping/parcels"), "{titles:?}");
        }
    }

    #[test]
    fn a_weighted_score_is_the_sum_of_shares() {
        let one = |place, signals| Found {
            place,
            score: 0.0,
            signals,
        };
        let mut found = [one(0, [4.0, 0.5, 0.0]), one(1, [2.0, 1.0, 0.0])];
        fuse_weighted(&mut found);
        assert!((found[0].score - (0.5 + 0.15)).abs() < 1e-6);
        assert!((found[1].score - (0.25 + 0.3)).abs() < 1e-6);
    }

    #[test]
    fn a_fused_rank_is_the_sum_of_reciprocals() {
        let one = |place, signals| Found {
            place,
            score: 0.0,
            signals,
        };
        let mut found = [one(0, [4.0, 0.5, 0.0]), one(1, [2.0, 1.0, 1.0])];
        fuse_ranks(&mut found);
        found.sort_unstable_by_key(|one| one.place);
        assert!((found[0].score - (1.0 / 61.0 + 1.0 / 62.0)).abs() < 1e-6);
        assert!((found[1].score - (1.0 / 62.0 + 2.0 / 61.0)).abs() < 1e-6);
    }

    #[test]
    fn the_reranker_prefers_words_side_by_side() {
        let index = Index::new();
        let question = Question::new("the due date of orders", Some(Intent::Parameter));
        let mut found = index.search(&question, Fusion::Weighted);
        let before: Vec<usize> = found.iter().map(|one| one.place).collect();
        index.rerank(&question, &mut found);
        let after: Vec<usize> = found.iter().map(|one| one.place).collect();
        assert_ne!(before, after);
        assert!(index.passage(&found[0]).title.contains("due date of"));
    }

    #[test]
    fn a_word_of_every_passage_tells_less() {
        let index = Index::new();
        assert!(index.weight("of") < index.weight("webhook"));
        assert!(index.weight("zebra").abs() < 1e-9);
    }
}
