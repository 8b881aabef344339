//! Ctrl-C and SIGTERM as values, for commands that end in good order.
//!
//! In: the two signals. Out: which one came. Never: what is done about it.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::exit::Exit;

/// A wish that the process shall end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Ctrl-C, or SIGINT from elsewhere.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Ending {
    /// The signal's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Ending::Interrupt => "SIGINT",
            Ending::Terminate => "SIGTERM",
        }
    }

    /// How the process ends that was asked so.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Ending::Interrupt => Exit::Interrupted,
            Ending::Terminate => Exit::Terminated,
        }
    }
}

/// Hears both signals from its making on, also while nobody waits for them.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Stream,
    terminate: Stream,
}

impl Signals {
    /// Begins to listen; on a runtime that has its drivers enabled.
    pub(crate) fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Interrupt,
            _ = self.terminate.recv() => Ending::Terminate,
        }
    }
}
