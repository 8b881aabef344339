//! Replays the corpus of the fuzz target for plan texts, findings of former times among it.

use std::path::Path;

#[test]
fn plans() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/plan");
    let mut replayed = 0;
    for entry in std::fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("a file").path();
        let input = std::fs::read(&path).expect("a file");
        let done = std::panic::catch_unwind(|| gatecrash_plan::fuzzing::plan(&input));
        assert!(done.is_ok(), "while replaying {}", path.display());
        replayed += 1;
    }
    assert!(replayed >= 9, "{replayed} files");
}
