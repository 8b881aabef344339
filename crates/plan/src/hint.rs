//! The name that somebody probably meant.
//!
//! In: a name that does not exist and those that do. Out: the nearest one, if any is
//! near enough to be worth showing.

/// A name of fewer letters than this says too little to look for it inside others.
const SHORTEST_PART: usize = 4;

/// The candidate nearest to `name`: few edits away (one, and one more per four
/// letters), or one that contains `name` as a part (`--rate` in `--spawn-rate`).
/// Dashes in front do not count. Of two equally near the first one wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(name, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(name: &str, candidate: &str) -> Option<usize> {
    let name = name.trim_start_matches('-');
    let candidate = candidate.trim_start_matches('-');
    let length = name.chars().count();
    let edits = strsim::osa_distance(name, candidate);
    let is_part = length >= SHORTEST_PART && candidate.contains(name);
    let allowed = 1 + length / 4;
    (length > 1 && (is_part || edits <= allowed)).then_some(edits)
}
