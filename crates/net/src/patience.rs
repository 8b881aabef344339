//! Limits on time that are hardly ever reached, at next to no cost.
//!
//! Setting and clearing a timer costs as much as a tenth of a request, and of a thousand users
//! each has its timer in memory that no cache holds. So a user's timer is set once and left
//! alone: when it rings before the limit of the exchange that is then under way, it is set
//! again. Never here: what a limit means.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep_until};

use crate::now;

/// The timer of one kind of limit of one user; made when it is first needed. It lies beside
/// what else an exchange looks at.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    timer: RefCell<Option<Timer>>,
    /// An exchange waits with it.
    is_taken: Cell<bool>,
}

/// A patience that most users never need: made when it is first waited with.
#[derive(Debug, Default)]
pub(crate) struct RarePatience(OnceCell<Box<Patience>>);

impl RarePatience {
    pub(crate) fn get(&self) -> &Patience {
        self.0.get_or_init(Box::default)
    }
}

/// A timer, and what is known of it.
#[derive(Debug)]
pub(crate) struct Timer {
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
            place: Place::None,
        };
        poll_fn(move |cx| match work(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => {
                let Held {
                    start, deadline, ..
                } = held;
                let is_past = held.patience.poll(&mut held.place, cx, start, deadline);
                is_past.map(|()| None)
            }
        })
    }

    /// Ready when `deadline` is past, of something that began at `start` and that has polled
    /// with `place` each time since. That must be [released](Patience::release).
    pub(crate) fn poll(
        &self,
        place: &mut Place,
        cx: &mut Context<'_>,
        start: Instant,
        deadline: Instant,
    ) -> Poll<()> {
        let is_first = matches!(place, Place::None);
        if is_first {
            *place = match self.is_taken.replace(true) {
                false => Place::Kept,
                true => Place::Own(Box::new(Timer::new(deadline))),
            };
        }
        let mut kept;
        let timer = match place {
            Place::Own(timer) => timer,
            Place::None | Place::Kept => {
                kept = self.timer.borrow_mut();
                kept.get_or_insert_with(|| Timer::new(deadline))
            }
        };
        // One that has rung since the start has woken its listener, who comes here again.
        let is_set = timer.rings_at > start && timer.rings_at <= deadline;
        if is_first && is_set && timer.listener.will_wake(cx.waker()) {
            return Poll::Pending;
        }
        timer.poll(cx, deadline)
    }

    /// Nobody waits any more who polled with `place`.
    pub(crate) fn release(&self, place: &mut Place) {
        if let Place::Kept = std::mem::take(place) {
            self.is_taken.set(false);
        }
    }
}

/// Where the timer of something that waits is. Of exchanges of one user at the same time the
/// later ones have timers of their own.
#[derive(Debug, Default)]
pub(crate) enum Place {
    /// It has not waited yet.
    #[default]
    None,
    /// The user's.
    Kept,
    Own(Box<Timer>),
}

/// A limit while something waits.
struct Held<'a> {
    patience: &'a Patience,
    start: Instant,
    deadline: Instant,
    place: Place,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.patience.release(&mut self.place);
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
