//! Objectives: the language, and what comes of it.

mod across;
mod corpus;
mod history;
mod language;
mod live;
mod ramps;
mod scenes;
mod truth;
mod windows;
