//! Lanes as a guest sees them: over their queues and bells, against a target that
//! knows the truth.

mod bell;
mod bookkeeping;
mod cancelling;
mod clients;
mod closed;
mod guest;
mod names;
mod native;
mod open;
mod plans;
mod pump;
mod streams;
mod support;
