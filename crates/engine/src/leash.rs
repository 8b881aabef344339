//! How a driver reaches a user that waits: it nudges it, and the user looks for itself.
//!
//! One thread; one waiter at a time.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use gatecrash_net::now;

use crate::alarm::Alarm;

/// Between a driver and one task of its own lane.
#[derive(Debug, Default)]
pub(crate) struct Leash {
    called_off: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Leash {
    /// It shall go when it has done what it is about.
    pub(crate) fn call_off(&self) {
        self.called_off.set(true);
        self.nudge();
    }

    pub(crate) fn is_called_off(&self) -> bool {
        self.called_off.get()
    }

    /// Lets it look again at what it waits for.
    pub(crate) fn nudge(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits until `look` gives something; it is asked again after each nudge.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        poll_fn(|cx| match look() {
            Some(found) => Poll::Ready(found),
            None => self.keep_waiting(cx),
        })
        .await
    }

    /// Waits until `due`, or until `early` says so; that is asked again after each nudge.
    /// Without `due` only the latter ends the wait.
    pub(crate) async fn rest(&self, due: Option<Instant>, early: impl Fn() -> bool) {
        let Some(due) = due else {
            return self.until(|| early().then_some(())).await;
        };
        let mut sleep = pin!(tokio::time::sleep_until(due.into()));
        poll_fn(|cx| {
            if early() || sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            self.keep_waiting(cx)
        })
        .await;
    }

    /// As [`Leash::rest`], to the microsecond.
    pub(crate) async fn rest_exactly(&self, due: Instant, alarm: &Alarm, early: impl Fn() -> bool) {
        alarm.set(due);
        poll_fn(|cx| {
            if early() || now() >= due {
                return Poll::Ready(());
            }
            while alarm.poll_rung(cx).is_ready() {
                if now() >= due {
                    return Poll::Ready(());
                }
            }
            self.keep_waiting(cx)
        })
        .await;
    }

    fn keep_waiting<T>(&self, cx: &mut Context<'_>) -> Poll<T> {
        let mut waker = self.waker.borrow_mut();
        if !waker
            .as_ref()
            .is_some_and(|known| known.will_wake(cx.waker()))
        {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}
