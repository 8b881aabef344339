//! A person at a terminal: keys, the line that is drawn again, and the terminal afterwards.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread::yield_now;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize};
use rustix::termios::{tcgetattr, tcsetattr, tcsetwinsize};

use crate::plans::{Desk, getting};

/// A terminal with a command in it.
struct Terminal {
    person: File,
    /// Kept open, so that its settings outlive the command.
    side: OwnedFd,
    child: Child,
    seen: String,
}

impl Terminal {
    /// Runs the plan of `desk` in a terminal that is 80 columns wide.
    fn start(desk: &Desk) -> Terminal {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let side = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&side, size).unwrap();
        let end = || Stdio::from(side.try_clone().unwrap());
        // A session of its own, whose terminal this is.
        let mut command = Command::new("setsid");
        command
            .args([
                "--ctty",
                env!("CARGO_BIN_EXE_gatecrash"),
                "run",
                "plan.yaml",
            ])
            .current_dir(desk.folder.path())
            .env("TARGET", desk.target.url())
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn();
        Terminal {
            person: File::from(person),
            side,
            child: child.expect("setsid of util-linux"),
            seen: String::new(),
        }
    }

    /// Waits until `text` is on the terminal, behind what was waited for before.
    fn wait_for(&mut self, text: &str) {
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            let mut bytes = [0; 4096];
            let read = self.person.read(&mut bytes).unwrap();
            assert_ne!(read, 0, "{text:?} is not in: {}", self.seen);
            self.seen += &String::from_utf8_lossy(&bytes[..read]);
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.person.write_all(keys).unwrap();
    }

    /// Makes it as a shell leaves it after Ctrl-Z and `fg`.
    fn be_usual(&self) {
        let mut modes = tcgetattr(&self.side).unwrap();
        modes.local_modes |= LocalModes::ICANON | LocalModes::ECHO;
        tcsetattr(&self.side, OptionalActions::Now, &modes).unwrap();
    }

    /// Whether lines are edited and shown, as in a shell.
    fn is_usual(&self) -> bool {
        let modes = tcgetattr(&self.side).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }
}

#[test]
fn keys_change_the_run_and_the_terminal_is_left_as_it_was() {
    let desk = Desk::new(&getting(
        "/",
        "a: { users: 2, for: 1h }, b: { rate: 10/s, for: 1h }",
    ));
    let mut terminal = Terminal::start(&desk);
    terminal.wait_for("Ctrl-C");
    terminal.wait_for("2 users");
    assert!(!terminal.is_usual());
    terminal.press(b"W");
    terminal.wait_for("users: 12\r\n");
    terminal.press(b"s");
    terminal.wait_for("users: 11\r\n");
    terminal.press(b"p");
    terminal.wait_for("paused\r\n");
    terminal.press(b"p");
    terminal.wait_for("resumed\r\n");
    terminal.press(b"p");
    terminal.wait_for("paused\r\n");
    terminal.be_usual();
    while terminal.is_usual() {
        yield_now();
    }
    terminal.press(b"n");
    terminal.wait_for("10/s for 1h\r\n");
    // The scenario that was paused has gone, and this one runs.
    terminal.press(b"p");
    terminal.wait_for("paused\r\n");
    terminal.press(b"Wp");
    terminal.wait_for("resumed\r\n");
    terminal.press(b"\x03");
    terminal.wait_for("interrupted by SIGINT");
    terminal.wait_for("The run is ");
    let code = terminal.child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    assert!(terminal.is_usual());
}
