//! What the simulated model says.
//!
//! In: a question. Out: an answer of a few sentences, the same each time. Never: anything that
//! helps.

use crate::draw::fnv1a;
use crate::sqlite::pick_text;

const OPENINGS: [&str; 4] = [
    "Thank you for your question.",
    "I am happy to help with that.",
    "That is something we are asked often.",
    "Let me look into this for you.",
];

const STEPS: [&str; 5] = [
    "Open your account, choose Orders, and select the order in question to see where it stands.",
    "You can change this yourself under Settings, and the change takes effect at once.",
    "Please have the number of your order at hand; it is in the message that confirmed it.",
    "A refund goes back the way you paid and arrives within five working days.",
    "Our colleagues look at such cases by hand, and answer on the next working day.",
];

const CLOSINGS: [&str; 3] = [
    "Is there anything else that I can do for you?",
    "Write again if that does not help.",
    "Have a good day.",
];

/// The answer to a message.
pub(super) fn answer(message: &str) -> String {
    let row = fnv1a(message.bytes()) as u32;
    [
        pick_text(row, 0, &OPENINGS),
        pick_text(row, 1, &STEPS),
        pick_text(row, 2, &STEPS),
        pick_text(row, 3, &CLOSINGS),
    ]
    .join(" ")
}
