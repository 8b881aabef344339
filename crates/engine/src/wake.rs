//! How one thread wakes another: an eventfd and a flag that keeps most wake-ups
//! from costing a system call. All of Linux in this crate stands here.
//!
//! The rule that must not be broken: whoever is going to sleep raises the flag
//! first and then looks at its queue once more; whoever has put something in
//! the queue lowers the flag, and writes only if it was raised. With sequential
//! consistency one of the two always sees the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// One sleeper and its bell.
#[derive(Debug)]
pub(crate) struct Bell {
    fd: OwnedFd,
    asleep: AtomicBool,
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
            asleep: AtomicBool::new(false),
        })
    }

    /// The owner says that it is going to sleep. It must look at its queue
    /// once more before it does.
    pub(crate) fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// The owner did not sleep after all.
    pub(crate) fn stay_awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Wakes the owner if it sleeps; call it after the queue has been filled.
    pub(crate) fn ring_if_asleep(&self) {
        // The swap is a full barrier: what was pushed before is seen by an
        // owner that raises its flag after it.
        if self.asleep.swap(false, Ordering::SeqCst) {
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
