//! `gatecrash target`: serves until it is told to end.

use std::time::Duration;

use anyhow::{Context, Result};
use gatecrash_target::{Server, TargetOptions, serve};
use tokio::runtime::Builder;

use crate::exit::Exit;
use crate::printer;
use crate::signals::Signals;

/// How often it is looked whether connections are refused.
const GLANCE: Duration = Duration::from_millis(500);

/// Prints the address once it can be used; returns after Ctrl-C or SIGTERM.
pub(crate) fn run(options: TargetOptions) -> Result<Exit> {
    let waiting = Builder::new_current_thread().enable_all().build()?;
    // Before the address is told, so that whoever reads it may send a signal.
    let signals = waiting.block_on(async { Signals::listen() });
    let mut signals = signals.context("cannot wait for Ctrl-C and SIGTERM")?;
    let server = serve(options)?;
    let url = server.url();
    printer::answer(&format!(
        "target listens at {url} (what it received: {url}/truth)"
    ));
    waiting.block_on(async {
        tokio::select! {
            _ = signals.next() => {}
            () = tell_refusals(&server) => {}
        }
    });
    server.stopper().stop();
    server.wait();
    Ok(Exit::Fine)
}

/// Says once that connections are refused, and then waits for ever.
async fn tell_refusals(server: &Server) {
    while server.connections_refused() == 0 {
        tokio::time::sleep(GLANCE).await;
    }
    let limit = server.connection_limit();
    printer::warn(&format!(
        "more than {limit} connections at once: the others are closed, which /truth counts as \
         connections_refused; --max-connections or a higher limit of open files (ulimit -Hn) \
         lets more in"
    ));
    std::future::pending().await
}
