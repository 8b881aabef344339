//! Waits that end on time: tokio's own end up to a millisecond late, which a latency of a few
//! milliseconds would show.
//!
//! In: moments. Out: futures that are ready at them. Never: a wait that ends early.
//!
//! The kernel wakes a sleeping thread some tens of microseconds late. How late is learnt while
//! running, and the timer is set earlier by that; what is left to the due moment is waited out
//! busily, which is little on average and [`LEAD_MAX`] at most.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::now;

/// How much earlier than due the timer rings at most: enough for a machine at rest. What is later
/// than that is late because the machine is busy, and then it must not spin.
const LEAD_MAX: Duration = Duration::from_micros(80);

/// The waits of one thread. [`Alarm::ring`] has to run for them to end.
pub(crate) struct Alarm {
    timer: AsyncFd<OwnedFd>,
    waits: RefCell<Waits>,
    /// How much earlier than due the timer rings.
    lead: Cell<Duration>,
}

#[derive(Default)]
struct Waits {
    /// By due moment; the number tells apart what is due at the same one.
    wakers: BTreeMap<(Instant, u64), Waker>,
    next_number: u64,
    /// When the timer rings.
    rings_at: Option<Instant>,
}

impl Alarm {
    /// To be called within the runtime of its thread.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // SAFETY: `OwnedFd` owns an open descriptor and always tells the same one; it is only
        // borrowed until the `AsyncFd` is dropped.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        Ok(Self {
            timer,
            waits: RefCell::default(),
            lead: Cell::default(),
        })
    }

    /// Ready at `due`, never before.
    pub(crate) fn until(&self, due: Instant) -> Wait<'_> {
        Wait {
            alarm: self,
            due,
            number: None,
        }
    }

    /// Ends waits as they become due; returns when the runtime ends.
    pub(crate) async fn ring(&self) {
        while let Ok(mut ready) = self.timer.readable().await {
            // The timer needs no read: setting it takes its readiness away, and each expiry is
            // told by epoll's edge.
            ready.clear_ready();
            self.wake_due();
        }
    }

    fn wake_due(&self) {
        let rung_at = now();
        let due = {
            let mut waits = self.waits.borrow_mut();
            if let Some(aim) = waits.rings_at.take() {
                self.learn(rung_at.saturating_duration_since(aim));
            }
            let later = waits
                .wakers
                .split_off(&(rung_at + self.lead.get(), u64::MAX));
            std::mem::replace(&mut waits.wakers, later)
        };
        // Outside the borrow: a waker may run anything.
        due.into_values().for_each(Waker::wake);
        self.set();
    }

    /// Follows the lateness of the timer with an eighth of each new one.
    fn learn(&self, late: Duration) {
        self.lead
            .set((self.lead.get() * 7 + late.min(LEAD_MAX)) / 8);
    }

    /// Sets the timer for the first wait, unless it is.
    fn set(&self) {
        let mut waits = self.waits.borrow_mut();
        let Some((first, _)) = waits.wakers.keys().next().copied() else {
            return;
        };
        let (from, aim) = (now(), first - self.lead.get());
        if waits.rings_at.is_some_and(|moment| moment <= aim) {
            return;
        }
        // Zero would switch the timer off.
        let left = aim
            .saturating_duration_since(from)
            .max(Duration::from_nanos(1));
        let value = Itimerspec {
            it_interval: Timespec::default(),
            it_value: Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            },
        };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::empty(), &value)
            .expect("a timer of our own can be set to any time");
        waits.rings_at = Some(from + left);
    }
}

/// Computes in vain until `due`.
pub(crate) fn spin_until(due: Instant) {
    while now() < due {
        std::hint::spin_loop();
    }
}

/// See [`Alarm::until`].
pub(crate) struct Wait<'a> {
    alarm: &'a Alarm,
    due: Instant,
    number: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (alarm, at) = (self.alarm, now());
        let rung = self.number.is_some() && self.due <= at + alarm.lead.get();
        if rung || self.due <= at {
            spin_until(self.due);
            return Poll::Ready(());
        }
        {
            let mut waits = alarm.waits.borrow_mut();
            let number = *self.number.get_or_insert_with(|| {
                waits.next_number += 1;
                waits.next_number
            });
            waits
                .wakers
                .insert((self.due, number), context.waker().clone());
        }
        alarm.set();
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut waits = self.alarm.waits.borrow_mut();
            waits.wakers.remove(&(self.due, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `check` with an alarm that rings.
    fn with_alarm(check: impl AsyncFnOnce(&Alarm)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let alarm = Alarm::new().expect("an alarm");
            tokio::select! {
                () = alarm.ring() => panic!("the alarm stopped"),
                () = check(&alarm) => {}
            }
            assert!(
                alarm.waits.borrow().wakers.is_empty(),
                "a wait was left behind"
            );
        });
    }

    #[test]
    fn waits_end_and_not_before_they_are_due() {
        with_alarm(async |alarm| {
            let start = now();
            let wait = async |ms: u64| {
                let due = start + Duration::from_millis(ms);
                alarm.until(due).await;
                assert!(now() >= due);
            };
            tokio::join!(wait(9), wait(3), wait(0), wait(6), wait(3));
        });
    }

    #[test]
    fn a_wait_that_rings_ahead_still_ends_on_time() {
        with_alarm(async |alarm| {
            for _ in 0..20 {
                alarm.lead.set(Duration::from_millis(1));
                let due = now() + Duration::from_millis(2);
                alarm.until(due).await;
                assert!(now() >= due);
            }
        });
    }

    #[test]
    fn a_later_wait_may_be_due_earlier() {
        with_alarm(async |alarm| {
            let start = now();
            tokio::select! {
                biased;
                () = alarm.until(start + Duration::from_secs(3600)) => panic!("it is too early"),
                () = alarm.until(start + Duration::from_millis(2)) => {}
            }
        });
    }

    #[test]
    fn the_lead_follows_the_lateness_but_not_too_far() {
        with_alarm(async |alarm| {
            let us = Duration::from_micros;
            (0..50).for_each(|_| alarm.learn(us(40)));
            assert!((us(39)..=us(40)).contains(&alarm.lead.get()));
            (0..50).for_each(|_| alarm.learn(us(5000)));
            assert!((us(79)..=LEAD_MAX).contains(&alarm.lead.get()));
            (0..50).for_each(|_| alarm.learn(us(0)));
            assert!(alarm.lead.get() < us(1));
        });
    }

    #[test]
    fn a_wait_that_is_given_up_is_forgotten_and_holds_up_no_other() {
        with_alarm(async |alarm| {
            let start = now();
            let mut early = Box::pin(alarm.until(start + Duration::from_millis(5)));
            let late = alarm.until(start + Duration::from_millis(10));
            tokio::select! {
                biased;
                () = &mut early => panic!("it is too early"),
                () = std::future::ready(()) => drop(early),
            }
            late.await;
            alarm.until(now() + Duration::from_millis(1)).await;
        });
    }
}
