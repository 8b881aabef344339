//! The house's own commands: demo, test, check, bench.
fn main() {}
