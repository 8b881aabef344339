//! Replays the corpus of the fuzz target for objectives, findings of former times among it.

use std::path::Path;

#[test]
fn objectives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/objective");
    let mut replayed = 0;
    for entry in std::fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("a file").path();
        let input = std::fs::read(&path).expect("a file");
        let done = std::panic::catch_unwind(|| gatecrash_metrics::fuzzing::objective(&input));
        assert!(done.is_ok(), "while replaying {}", path.display());
        replayed += 1;
    }
    assert!(replayed >= 12, "{replayed} files");
}
