//! The native binary `gatecrash`.

use std::process::ExitCode;

/// Users come by the thousand: this one spares them page faults, where those are dear
/// (`docs/decisions/0008-the-allocator.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1).collect();
    gatecrash_cli::main(args, &gatecrash_cli::EnvironmentPython).into()
}
