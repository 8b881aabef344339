//! The question before a run that may cost more than its author wants to spend unasked.
//!
//! In: the estimate, and whether somebody has agreed already. Out: whether to go on. Asked is
//! on stderr; only a terminal can answer.

use std::io;

use anyhow::{Result, bail, ensure};
use gatecrash_plan::forecast::CostForecast;

use crate::{printer, terminal};

/// Asks, if there is something to ask.
///
/// # Errors
/// If the answer is no, or nobody is there to give one.
pub(crate) fn ask(cost: Option<&CostForecast>, is_agreed: bool) -> Result<()> {
    let Some(question) = cost.and_then(CostForecast::question) else {
        return Ok(());
    };
    if is_agreed {
        printer::note(&format!("{question}; agreed to by --yes"));
        return Ok(());
    }
    if !terminal::has_keyboard() {
        bail!("{question}; nobody can be asked here: start it with --yes, or ask for less");
    }
    printer::progress(&format!("{question}\nStart it? [y/N] "));
    let mut answer = String::new();
    let _ = io::stdin().read_line(&mut answer);
    ensure!(is_yes(&answer), "not started");
    Ok(())
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_is_one() {
        assert!(is_yes("y\n") && is_yes(" YES "));
        assert!(!is_yes("") && !is_yes("\n") && !is_yes("n") && !is_yes("yep"));
    }
}
