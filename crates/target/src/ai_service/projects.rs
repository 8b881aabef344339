//! Projects, and which of them fit to somebody's skills.
//!
//! In: skills. Out: the projects that share most with them. Never: more work than a look at each
//! of a few hundred projects.

use std::cmp::Reverse;

use serde::Deserialize;
use serde_json::{Value, json};

use super::access::admit;
use super::state;
use crate::answer::{Answer, Reply};
use crate::routes::{Call, parse_number};
use crate::sqlite::{pick, pick_text};

const PROJECTS: u32 = 400;

/// Skills that a project asks for at most.
const SKILLS_OF_A_PROJECT: u32 = 5;

/// Skills that may be asked with.
const SKILLS_MAX: usize = 50;

const MATCHES_MAX: u32 = 50;

const SKILLS: [&str; 20] = [
    "accounting",
    "android",
    "css",
    "data analysis",
    "design",
    "devops",
    "go",
    "ios",
    "java",
    "javascript",
    "kubernetes",
    "machine learning",
    "php",
    "project management",
    "python",
    "react",
    "rust",
    "sql",
    "translation",
    "writing",
];

const THINGS: [&str; 6] = ["shop", "portal", "app", "report", "assistant", "warehouse"];
const CLIENTS: [&str; 6] = ["bakery", "bank", "clinic", "museum", "school", "winery"];

/// A project that looks for people.
#[derive(Debug)]
pub(super) struct Project {
    title: String,
    /// A bit for each of [`SKILLS`].
    skills: u32,
}

/// The projects there are, every time the same.
pub(super) fn all() -> Vec<Project> {
    let skill = |row, column| 1 << pick(row, column, SKILLS.len() as u32);
    let project = |row| Project {
        title: format!(
            "{} for a {}",
            pick_text(row, 0, &THINGS),
            pick_text(row, 1, &CLIENTS)
        ),
        skills: (2..2 + SKILLS_OF_A_PROJECT).fold(0, |skills, column| skills | skill(row, column)),
    };
    (0..PROJECTS).map(project).collect()
}

#[derive(Deserialize)]
struct Wanted {
    skills: Vec<String>,
    #[serde(default = "default_limit")]
    limit: u32,
}

fn default_limit() -> u32 {
    5
}

/// `POST /projects/match` with `skills` and how many projects at most (`limit`, 5).
pub(super) fn matches(call: &Call<'_>) -> Result<Reply, Answer> {
    admit(call)?;
    let Wanted { skills, limit } = call.json()?;
    let limit = parse_number("limit", &limit.to_string(), 1, MATCHES_MAX)?;
    if !(1..=SKILLS_MAX).contains(&skills.len()) {
        let reason = format!("skills must be 1 to {SKILLS_MAX} texts");
        return Err(Answer::error(422, reason));
    }
    let (known, unknown): (Vec<_>, Vec<_>) = skills.iter().partition(|skill| bit(skill) != 0);
    let wanted = known.iter().fold(0, |bits, skill| bits | bit(skill));
    let matches = best(&state(call)?.projects, wanted, limit as usize);
    let shown = json!({ "matches": matches, "unknown_skills": unknown });
    Ok(Answer::json(200, &shown).into())
}

fn bit(skill: &str) -> u32 {
    let place = SKILLS.iter().position(|known| *known == skill);
    place.map_or(0, |place| 1 << place)
}

/// The `limit` projects with the largest share of common skills, of equals the first.
fn best(projects: &[Project], wanted: u32, limit: usize) -> Vec<Value> {
    let mut scored: Vec<_> = projects
        .iter()
        .enumerate()
        .map(|(number, project)| (score_percent(project.skills, wanted), number, project))
        .filter(|(score, ..)| *score > 0)
        .collect();
    scored.sort_unstable_by_key(|(score, number, _)| (Reverse(*score), *number));
    scored.truncate(limit);
    let shown = scored.into_iter().map(|(score, number, project)| {
        json!({
            "id": format!("project-{number}"),
            "title": project.title,
            "score": f64::from(score) / 100.0,
            "shared_skills": names(project.skills & wanted),
        })
    });
    shown.collect()
}

/// Common skills by all skills of both (Jaccard 1901), in per cent.
fn score_percent(one: u32, other: u32) -> u32 {
    100 * (one & other).count_ones() / (one | other).count_ones().max(1)
}

fn names(skills: u32) -> Vec<&'static str> {
    let all = SKILLS.into_iter().enumerate();
    all.filter(|(place, _)| skills & (1 << place) != 0)
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_come_first() {
        let projects = all();
        let wanted = projects[7].skills;
        let best = best(&projects, wanted, 3);
        assert_eq!(best.len(), 3);
        assert_eq!(best[0]["score"], 1.0);
        let shared = best[0]["shared_skills"].as_array().map(Vec::len);
        assert_eq!(shared, Some(wanted.count_ones() as usize));
        assert!(best[2]["score"].as_f64() <= best[1]["score"].as_f64());
    }

    #[test]
    fn who_knows_nothing_finds_nothing() {
        assert!(best(&all(), 0, 5).is_empty());
    }
}
