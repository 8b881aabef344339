//! Telling it: console, CSV, JSON.
