//! Replays the corpora of the fuzz targets, findings of former times among them.

use std::path::PathBuf;

use gatecrash_net::fuzzing;

/// Shows every file of a target's corpus to the function that the target calls.
fn replay(target: &str, at_least: usize, function: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let entries = std::fs::read_dir(&folder).expect("a corpus");
    let mut replayed = 0;
    for entry in entries {
        let path = entry.expect("a file").path();
        let input = std::fs::read(&path).expect("a file");
        let done = std::panic::catch_unwind(|| function(&input));
        assert!(done.is_ok(), "while replaying {}", path.display());
        replayed += 1;
    }
    assert!(replayed >= at_least, "{replayed} files in {target}");
}

#[test]
fn answers() {
    replay("http1", 14, fuzzing::http1);
}

#[test]
fn events() {
    replay("sse", 8, fuzzing::sse);
}

#[test]
fn frames() {
    replay("websocket", 13, fuzzing::websocket);
}

#[test]
fn places() {
    replay("places", 6, fuzzing::places);
}
