//! Whoever asks something of a run while it runs: signals and keys.
//!
//! In: Ctrl-C, SIGTERM, keys on a terminal. Out: [`Command`]s for the run. The first
//! signal ends the run in good order, the second one at once. Never: numbers, and no
//! private way into the run.

use std::io;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use gatecrash_engine::{Command, RunHandle};
use gatecrash_metrics::Ended;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::signals::{Ending, Signals};
use crate::terminal::Keyboard;

/// Hears signals from its making on.
#[derive(Debug)]
pub(crate) struct Attendant {
    runtime: Runtime,
    signals: Signals,
}

impl Attendant {
    pub(crate) fn new() -> Result<Attendant> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let signals = runtime.block_on(async { Signals::listen() });
        let signals = signals.context("cannot wait for Ctrl-C and SIGTERM")?;
        Ok(Attendant { runtime, signals })
    }

    /// Does something that a signal may interrupt.
    pub(crate) fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Ending> {
        self.runtime.block_on(async {
            tokio::select! {
                done = work => Ok(done),
                ending = self.signals.next() => Err(ending),
            }
        })
    }

    /// Passes signals on to the run, and keys `with_keys`, until what is returned is
    /// dropped.
    pub(crate) fn attend(self, run: RunHandle, with_keys: bool) -> io::Result<Attending> {
        let (over, is_over) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("gatecrash-attend".to_owned())
            .spawn(move || {
                let Attendant { runtime, signals } = self;
                runtime.block_on(async {
                    let keyboard = with_keys.then(Keyboard::open).flatten();
                    tokio::select! {
                        _ = is_over => {}
                        () = pass_on(signals, keyboard, &run) => {}
                    }
                });
            })?;
        Ok(Attending {
            over: Some(over),
            thread: Some(thread),
        })
    }
}

/// A run is attended to; dropped, it ends, and the terminal is as it was.
#[derive(Debug)]
pub(crate) struct Attending {
    over: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Attending {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic; if it did, the run is told all the same.
            let _ = thread.join();
        }
    }
}

async fn pass_on(mut signals: Signals, mut keyboard: Option<Keyboard>, run: &RunHandle) {
    loop {
        tokio::select! {
            ending = signals.next() => {
                run.ask(Command::Stop(Ended::Interrupted(ending.name().to_owned())));
            }
            typed = typed(&mut keyboard) => {
                typed
                    .into_iter()
                    .filter_map(command)
                    .for_each(|command| run.ask(command));
            }
        }
    }
}

async fn typed(keyboard: &mut Option<Keyboard>) -> Vec<u8> {
    match keyboard {
        Some(keyboard) => keyboard.typed().await,
        None => std::future::pending().await,
    }
}

/// What a key asks for, if anything.
fn command(key: u8) -> Option<Command> {
    Some(match key {
        b'w' => Command::MoreUsers(1),
        b'W' => Command::MoreUsers(10),
        b's' => Command::MoreUsers(-1),
        b'S' => Command::MoreUsers(-10),
        b'p' => Command::PauseOrResume,
        b'n' => Command::Next,
        _ => return None,
    })
}
