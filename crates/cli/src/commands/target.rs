//! `gatecrash target`: serves until it is told to end.

use std::io;

use anyhow::{Context, Result};
use gatecrash_target::{TargetOptions, serve};
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;
use crate::printer;

/// Prints the address once it can be used; returns after Ctrl-C or SIGTERM.
pub(crate) fn run(options: TargetOptions) -> Result<Exit> {
    let waiting = Builder::new_current_thread().enable_all().build()?;
    // Before the address is told, so that whoever reads it may send a signal.
    let signals = waiting.block_on(async { ending_signals() });
    let signals = signals.context("cannot wait for Ctrl-C and SIGTERM")?;
    let server = serve(options)?;
    let url = server.url();
    printer::answer(&format!(
        "target listens at {url} (what it received: {url}/truth)"
    ));
    waiting.block_on(first_of(signals));
    server.stopper().stop();
    server.wait();
    Ok(Exit::Fine)
}

fn ending_signals() -> io::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    ))
}

async fn first_of((mut interrupt, mut terminate): (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
