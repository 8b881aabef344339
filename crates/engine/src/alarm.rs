//! An alarm finer than the runtime's timers, which tick once a millisecond: arrivals
//! are due at instants, and half a millisecond late would be half a millisecond of somebody's
//! response time. All of Linux in this file is one timerfd.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use gatecrash_net::now;
use tokio::io::unix::AsyncFd;

/// One alarm of one task.
#[derive(Debug)]
pub(crate) struct Alarm {
    timer: AsyncFd<OwnedFd>,
}

impl Alarm {
    /// A silent alarm, watched by the runtime that runs now.
    pub(crate) fn new() -> io::Result<Alarm> {
        let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
        // SAFETY: timerfd_create takes no pointers; the result is checked below.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and nobody else owns it.
        let timer = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: the watcher owns the descriptor, which stays open and the same for as
        // long as it is watched.
        let timer = unsafe { AsyncFd::register(timer) }?;
        Ok(Alarm { timer })
    }

    /// Rings at `due`, at once if that is past, and not for what was set before.
    pub(crate) fn set(&self, due: Instant) {
        // Zero would silence the timer.
        let left = due.saturating_duration_since(now());
        let left = left.max(Duration::from_nanos(1));
        let once = libc::itimerspec {
            it_interval: libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: libc::timespec {
                tv_sec: left.as_secs() as libc::time_t,
                tv_nsec: left.subsec_nanos() as libc::c_long,
            },
        };
        let fd = self.timer.as_raw_fd();
        // SAFETY: both pointers are to values that outlive the call, or null where that
        // is allowed; the descriptor is open for as long as `self`.
        let failed = unsafe { libc::timerfd_settime(fd, 0, &once, std::ptr::null_mut()) };
        debug_assert_eq!(failed, 0, "{}", io::Error::last_os_error());
    }

    /// Ready when it has rung since the last time that it was ready. May be ready once too
    /// often: whoever waits looks at the time.
    pub(crate) fn poll_rung(&self, cx: &mut Context<'_>) -> Poll<()> {
        // The descriptor is watched edge-triggered, so it need not be read: each ring is
        // an edge of its own. An error means that the runtime is going.
        if let Ok(mut guard) = ready!(self.timer.poll_read_ready(cx)) {
            guard.clear_ready();
        }
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Sets an alarm for each of `waits` in turn; none may ring early.
    fn check(waits: &[Duration]) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let alarm = Alarm::new().expect("a timer");
            for wait in waits {
                let due = now() + *wait;
                alarm.set(due);
                while now() < due {
                    poll_fn(|cx| alarm.poll_rung(cx)).await;
                }
            }
        });
    }

    #[test]
    fn it_rings_every_time_it_is_set() {
        check(&[Duration::from_micros(300); 50]);
    }

    #[test]
    fn what_is_past_rings_at_once() {
        check(&[Duration::ZERO; 50]);
    }
}
