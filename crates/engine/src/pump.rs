//! A thread that looks at a lane every so often, for tables and files. It
//! never needs the lock of any interpreter, so slow user code delays no report.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running pump. Dropping it, or [`Pump::stop`], ends it after one last call.
#[derive(Debug)]
pub struct Pump {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the pump calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// The time has come.
    Tick,
    /// It is the last call.
    Last,
}

impl Pump {
    /// Calls `beat` every `period`, and once more at the end, on a thread of its own.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        period: Duration,
        mut beat: impl FnMut(Beat) + Send + 'static,
    ) -> std::io::Result<Pump> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("gatecrash-report".to_owned())
            .spawn(move || {
                give_way();
                run(period, &stopped, &mut beat);
            })?;
        Ok(Pump {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Ends the pump and waits for its last call.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its thread; there is no more to add.
            let _ = thread.join();
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The calling thread lets lanes go first from now on: what it does may take milliseconds, and
/// on a machine without a core to spare these would be somebody's response time. Threads and
/// processes that it starts inherit this, so it must start none of a user's.
pub fn give_way() {
    /// A tenth of the weight that others have (sched(7)).
    const NICE: i32 = 10;
    // A system that refuses leaves it as it was, and the schedule lag tells.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// Ticks stand at whole periods after the start: a slow call shortens the next wait.
fn run(period: Duration, stopped: &Receiver<()>, beat: &mut impl FnMut(Beat)) {
    let mut due = gatecrash_net::now() + period;
    loop {
        let wait = due.saturating_duration_since(gatecrash_net::now());
        if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return beat(Beat::Last);
        }
        beat(Beat::Tick);
        due = (due + period).max(gatecrash_net::now());
    }
}
