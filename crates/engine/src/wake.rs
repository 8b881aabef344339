//! How one thread wakes another: an eventfd and a flag that keeps most wake-ups
//! from costing a system call. All of Linux in this crate stands here.
//!
//! The rule that must not be broken: whoever is going to sleep says so first and
//! then looks at its queue once more; whoever has put something in the queue wakes
//! the sleeper, and writes only if it slept. With sequential consistency one of the
//! two always sees the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU8, Ordering};

const AWAKE: u8 = 0;
/// Asleep, but not for long: the owner looks at its queue by itself.
const DOZING: u8 = 1;
const ASLEEP: u8 = 2;

/// One sleeper and its bell.
#[derive(Debug)]
pub(crate) struct Bell {
    fd: OwnedFd,
    state: AtomicU8,
}

impl Bell {
    /// A bell whose owner is awake.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; the result is checked below.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Bell {
            fd,
            state: AtomicU8::new(AWAKE),
        })
    }

    /// The owner says that it is going to sleep. It must look at its queue
    /// once more before it does.
    pub(crate) fn fall_asleep(&self) {
        self.state.store(ASLEEP, Ordering::SeqCst);
    }

    /// The owner fell asleep, but has set itself an alarm that will not be long.
    pub(crate) fn doze(&self) {
        // Where it was woken meanwhile the bell rings anyway.
        let _ = self
            .state
            .compare_exchange(ASLEEP, DOZING, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// The owner is awake, or did not sleep after all. It must look at its queue.
    pub(crate) fn stay_awake(&self) {
        self.state.store(AWAKE, Ordering::SeqCst);
    }

    /// Wakes the owner if it sleeps; call it after the queue has been filled.
    pub(crate) fn ring_if_asleep(&self) {
        // The swap is a full barrier: what was pushed before is seen by an
        // owner that falls asleep after it.
        if self.state.swap(AWAKE, Ordering::SeqCst) != AWAKE {
            self.ring();
        }
    }

    /// As [`Bell::ring_if_asleep`], for what can wait until a dozing owner looks by
    /// itself.
    pub(crate) fn ring_unless_dozing(&self) {
        let woken = self
            .state
            .compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst);
        if woken.is_ok() {
            self.ring();
        }
    }

    /// Makes the descriptor readable.
    pub(crate) fn ring(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the pointer and the length describe `one`, which lives on.
        // A full counter (EAGAIN) is readable already, so the result is not needed.
        unsafe { libc::write(self.fd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes the descriptor unreadable again.
    pub(crate) fn silence(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: the pointer and the length describe `count`, which lives on.
        // EAGAIN means that it is silent already.
        unsafe { libc::read(self.fd.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
    }
}

impl AsRawFd for Bell {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
