//! Writes what is made of the declared keys of a plan: the schema and the reference page.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::create_dir_all(root.join("schema"))?;
    std::fs::write(
        root.join("schema/plan.schema.json"),
        gatecrash_plan::schema::schema(),
    )?;
    std::fs::write(
        root.join("docs/reference/plan.md"),
        gatecrash_plan::reference::reference(),
    )
}
