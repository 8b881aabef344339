//! Writes the pages of `docs/reference` that are made of the code.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for page in gatecrash_cli::reference::pages() {
        std::fs::write(root.join(page.path), page.text)?;
    }
    Ok(())
}
