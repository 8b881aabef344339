//! Limits on time that are hardly ever reached, at next to no cost.
//!
//! Setting and clearing a timer costs as much as a tenth of a request, and of a thousand users
//! each has its timer in memory that no cache holds. So a user's timer is set once and left
//! alone: when it rings before the limit of the exchange that is then under way, it is set
//! again. Never here: what a limit means.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep_until};

use crate::now;

/// The timer of one kind of limit of one user; made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    timer: RefCell<Option<Box<Timer>>>,
}

#[derive(Debug)]
struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// When it rings, and who hears it then: known here, so that the timer itself need not
    /// be looked at.
    rings_at: Instant,
    listener: Waker,
}

impl Patience {
    /// What `work`, which began at `start`, gives; `None` if it has not within `limit`.
    pub(crate) fn until<T>(
        &self,
        start: Instant,
        limit: Duration,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> impl Future<Output = Option<T>> {
        let mut held = Held {
            patience: self,
            start,
            deadline: start + limit,
            has_waited: false,
            timer: None,
        };
        poll_fn(move |cx| match work(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => held.poll(cx).map(|()| None),
        })
    }
}

/// The timer while an exchange waits. Of exchanges of one user at the same time the
/// later ones have timers of their own.
struct Held<'a> {
    patience: &'a Patience,
    start: Instant,
    deadline: Instant,
    has_waited: bool,
    timer: Option<Box<Timer>>,
}

impl Held<'_> {
    /// Ready when the deadline is past.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_first = !std::mem::replace(&mut self.has_waited, true);
        let (start, deadline) = (self.start, self.deadline);
        let timer = self.timer.get_or_insert_with(|| {
            let kept = self.patience.timer.borrow_mut().take();
            kept.unwrap_or_else(|| Box::new(Timer::new(deadline)))
        });
        // One that has rung since the start has woken its listener, who comes here again.
        let is_set = timer.rings_at > start && timer.rings_at <= deadline;
        if is_first && is_set && timer.listener.will_wake(cx.waker()) {
            return Poll::Pending;
        }
        timer.poll(cx, deadline)
    }
}

impl Timer {
    /// A timer that nobody hears before it is first polled.
    fn new(deadline: Instant) -> Timer {
        Timer {
            sleep: Box::pin(sleep_until(deadline.into())),
            rings_at: deadline,
            listener: Waker::noop().clone(),
        }
    }

    /// Ready when `deadline` is past; else the timer rings by then.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if self.rings_at > deadline {
            self.sleep.as_mut().reset(deadline.into());
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if now() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline.into());
        }
        self.rings_at = self.sleep.deadline().into_std();
        self.listener.clone_from(cx.waker());
        Poll::Pending
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            *self.patience.timer.borrow_mut() = Some(timer);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    /// Runs `test` as a task, as users run: what wakes a task is known again.
    fn as_task(test: impl Future<Output = ()> + 'static) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let task = async { spawn_local(test).await.expect("a test that ends") };
        LocalSet::new().block_on(&runtime, task);
    }

    /// Work that is done when it is asked for the second time, which is at once.
    fn second() -> impl FnMut(&mut Context<'_>) -> Poll<u32> {
        let mut polls = 0;
        move |cx| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(polls);
            }
            // Once only: a second one would wake what comes after.
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }

    fn never(_: &mut Context<'_>) -> Poll<u32> {
        Poll::Pending
    }

    /// Waits for `limits` in turn with one patience; each must end it, and none early.
    async fn check(patience: &Patience, limits_ms: &[u64]) {
        for &limit_ms in limits_ms {
            let (start, limit) = (now(), Duration::from_millis(limit_ms));
            assert_eq!(patience.until(start, limit, never).await, None);
            assert!(now() >= start + limit, "after {limit_ms} ms");
        }
    }

    #[test]
    fn every_limit_is_kept() {
        as_task(async { check(&Patience::default(), &[5, 1, 9, 0, 2]).await });
    }

    #[test]
    fn a_timer_that_is_left_alone_rings_for_the_next_exchange() {
        as_task(async {
            let patience = Patience::default();
            let limit = Duration::from_millis(20);
            assert_eq!(patience.until(now(), limit, second()).await, Some(2));
            check(&patience, &[20]).await;
        });
    }

    #[test]
    fn a_timer_that_was_set_for_later_is_set_again() {
        as_task(async {
            let patience = Patience::default();
            let hour = Duration::from_secs(3600);
            assert_eq!(patience.until(now(), hour, second()).await, Some(2));
            check(&patience, &[1]).await;
        });
    }
}
