//! Short turns on a core, for threads that do little at a time and must do it at once.
//!
//! In: the calling thread. Out: when it wakes, it runs before threads with longer turns, such as
//! those that read the machine's counters and write the results each second: they would be inside
//! the response times. It takes no more of the core than before, only sooner. Never a privilege:
//! any thread may ask for this. Kernels before 6.12 know one length of turns, and change nothing.

use std::io;
use std::time::Duration;

/// The shortest that the kernel grants (Linux, `sched_setattr`: a runtime in the normal class).
const SHORT: Duration = Duration::from_micros(100);

/// Shortens the turns of the calling thread, where the kernel knows how.
pub(crate) fn shorten() {
    let attributes = attributes().map(|attributes| libc::sched_attr {
        sched_runtime: SHORT.as_nanos() as u64,
        ..attributes
    });
    // Without it the run is as good as it was before kernels could do this.
    let _ = attributes.and_then(|attributes| set(&attributes));
}

/// How the calling thread is scheduled.
fn attributes() -> io::Result<libc::sched_attr> {
    // SAFETY: the structure has integers only, for all of which zero is a value.
    let mut found: libc::sched_attr = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::sched_attr>();
    // SAFETY: the kernel writes at most `size` bytes behind the pointer, which is valid for them.
    let failed = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut found, size, 0) };
    done(failed).map(|()| found)
}

fn set(attributes: &libc::sched_attr) -> io::Result<()> {
    // SAFETY: the kernel reads the structure, whose size its first field tells.
    let failed = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const *attributes, 0) };
    done(failed)
}

fn done(failed: libc::c_long) -> io::Result<()> {
    if failed == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_shorter_turns_and_keeps_its_class() {
        let before = attributes().expect("Linux tells");
        let after = std::thread::spawn(|| {
            shorten();
            attributes().expect("Linux tells")
        });
        let after = after.join().expect("no panic");
        let class = |of: &libc::sched_attr| (of.sched_policy, of.sched_nice, of.sched_priority);
        assert_eq!(class(&after), class(&before));
        // A kernel that does not know of it tells no length at all.
        let short = if before.sched_runtime == 0 {
            0
        } else {
            SHORT.as_nanos() as u64
        };
        assert_eq!(after.sched_runtime, short);
    }
}
