//! What the console tells beside its tables.

use gatecrash_metrics::Overflow;
use gatecrash_report::console::overflow_notes;

#[test]
fn what_went_beyond_a_limit_is_told_and_nothing_else() {
    assert_eq!(overflow_notes(&Overflow::default()), [""; 0]);
    let overflow = Overflow {
        names: 7,
        clamped_times: 2,
        unusable_values: 5,
        ..Overflow::default()
    };
    let notes = overflow_notes(&overflow);
    assert_eq!(notes.len(), 3);
    assert!(notes[0].starts_with("7 requests"), "{}", notes[0]);
    assert!(notes[0].contains("`other names`"), "{}", notes[0]);
    assert!(
        notes[1].starts_with("2 response times above 71 years"),
        "{}",
        notes[1]
    );
    assert!(notes[2].starts_with("5 measured values"), "{}", notes[2]);
}
