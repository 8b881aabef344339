//! Where things are in this repository.
//!
//! In: the place from which xtask was built. Out: paths and the settings of one call. Never
//! changes a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Folders that hold no source of ours: build output and results.
const SKIPPED: &[&str] = &[
    "target",
    "dist",
    "bench/runs",
    "fuzz/target",
    "fuzz/artifacts",
];

/// All files under `root` that may be source, as paths relative to it, sorted.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder))
            .with_context(|| format!("cannot list {}", root.join(&folder).display()))?;
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && holds_source(&path) {
                folders.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn holds_source(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let hidden = name.starts_with('.') && name != ".ci";
    !hidden && name != "__pycache__" && !SKIPPED.iter().any(|skipped| folder == Path::new(skipped))
}
