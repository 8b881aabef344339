//! What the terminal can do, and its keys.
//!
//! In: the standard streams. Out: whether a line may be redrawn and coloured, how wide it
//! may be, and single keys while a [`Keyboard`] exists. Never: text; that is the
//! printer's.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::Duration;

use gatecrash_report::native::Look;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    self, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::env;

/// Columns of what is no terminal: a file, the log of a CI.
const COLUMNS_ELSEWHERE: usize = 120;

/// How often it is looked for keys.
const GLANCE: Duration = Duration::from_millis(100);

/// Whether a line on stderr can be drawn over the one before.
pub(crate) fn is_live() -> bool {
    io::stderr().is_terminal() && !env::has_dumb_terminal()
}

/// Whether keys can come in: stdin is a terminal.
pub(crate) fn has_keyboard() -> bool {
    io::stdin().is_terminal()
}

/// The page that tables on stdout are written on.
pub(crate) fn look_of_stdout(no_color: bool) -> Look {
    look(&io::stdout(), no_color)
}

/// The page that progress on stderr is written on.
pub(crate) fn look_of_stderr(no_color: bool) -> Look {
    look(&io::stderr(), no_color)
}

fn look(stream: &(impl IsTerminal + AsFd), no_color: bool) -> Look {
    let size = termios::tcgetwinsize(stream).ok();
    let columns = size.map(|size| usize::from(size.ws_col));
    Look {
        width: columns
            .filter(|columns| *columns > 0)
            .unwrap_or(COLUMNS_ELSEWHERE),
        color: stream.is_terminal() && !no_color && !env::forbids_color(),
    }
}

/// Keys one by one, without Enter and without being shown. The terminal is as it was
/// when this is dropped.
#[derive(Debug)]
pub(crate) struct Keyboard {
    before: Termios,
}

impl Keyboard {
    /// `None` where nobody can press keys: stdin is no terminal, or this process runs in
    /// its background.
    pub(crate) fn open() -> Option<Keyboard> {
        if !has_keyboard() || !is_in_foreground() {
            return None;
        }
        let before = tcgetattr(io::stdin()).ok()?;
        take_single_keys();
        Some(Keyboard { before })
    }

    /// The next keys; never returns once the terminal is gone. It looks now and then: the
    /// descriptor is shared with whoever started this process and cannot be made to wait.
    pub(crate) async fn typed(&mut self) -> Vec<u8> {
        loop {
            tokio::time::sleep(GLANCE).await;
            // Reading in the background would stop the whole process.
            if !is_in_foreground() {
                continue;
            }
            // After Ctrl-Z and `fg` the terminal is as the shell had it.
            take_single_keys();
            if !has_keys_waiting() {
                continue;
            }
            let mut bytes = [0; 64];
            match rustix::io::read(io::stdin(), &mut bytes) {
                Ok(0) => std::future::pending().await,
                Ok(count) => return bytes[..count].to_vec(),
                Err(_) => {}
            }
        }
    }
}

/// Lets the terminal hand over each key at once, and show none.
fn take_single_keys() {
    let Ok(mut modes) = tcgetattr(io::stdin()) else {
        return;
    };
    // Ctrl-C and Ctrl-Z go on meaning what they mean.
    let lines = LocalModes::ICANON | LocalModes::ECHO;
    if modes.local_modes.intersects(lines) {
        modes.local_modes.remove(lines);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        // A terminal that does not want to hands over lines, and keys work with Enter.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

fn has_keys_waiting() -> bool {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut wanted, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // In the background this would stop the process instead; its shell has seen to it.
        if is_in_foreground() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        }
    }
}

/// Whether keys that are typed now are meant for this process.
fn is_in_foreground() -> bool {
    termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}
