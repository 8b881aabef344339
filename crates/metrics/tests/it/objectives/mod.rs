//! Objectives: the language, and what comes of it.

mod across;
mod corpus;
mod history;
mod language;
mod levels;
mod live;
mod ramps;
mod refused;
mod scenes;
mod truth;
mod windows;
