//! The native binary `gatecrash`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1).collect();
    gatecrash_cli::main(args, &gatecrash_cli::EnvironmentPython).into()
}
