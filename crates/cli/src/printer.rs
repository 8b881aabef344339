//! The one place that prints.
//!
//! In: finished text. Out: lines on stdout (what was asked for) or stderr (everything
//! else), without secrets. A reader that went away is no fault of ours and ends nothing.

use std::borrow::Cow;
use std::io::Write;
use std::sync::OnceLock;

use gatecrash_report::secrets::Secrets;

/// What must not be printed; set once, as soon as it is known.
static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// From now on these are masked wherever they would be printed.
pub(crate) fn hide(secrets: &Secrets) {
    let _ = SECRETS.set(secrets.clone());
}

fn masked(text: &str) -> Cow<'_, str> {
    SECRETS
        .get()
        .map_or(text.into(), |secrets| secrets.mask_sentence(text))
}

/// What was asked for, as lines on stdout.
pub(crate) fn answer(text: &str) {
    let text = masked(text);
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// A fault, as lines on stderr that begin with the program's name.
pub(crate) fn fault(text: &str) {
    let text = masked(text);
    let _ = writeln!(std::io::stderr().lock(), "gatecrash: error: {text}");
}

/// Something worth knowing, as lines on stderr.
pub(crate) fn note(text: &str) {
    let text = masked(text);
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Something to look at that ends nothing, as lines on stderr that begin with the program's
/// name.
pub(crate) fn warn(text: &str) {
    let text = masked(text);
    let _ = writeln!(std::io::stderr().lock(), "gatecrash: warning: {text}");
}

/// Progress, on stderr as it is: lines with their ends, or a line that is drawn again.
pub(crate) fn progress(text: &str) {
    let text = masked(text);
    let mut stderr = std::io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// What the parser of arguments has to say: help on stdout, faults on stderr.
pub(crate) fn parser_says(said: &clap::Error) {
    let text = said.render().to_string();
    if said.use_stderr() {
        let _ = write!(std::io::stderr().lock(), "gatecrash: {text}");
    } else {
        answer(text.trim_end());
    }
}
