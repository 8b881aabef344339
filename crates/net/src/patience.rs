//! Limits on time that are hardly ever reached, at next to no cost.
//!
//! Setting and clearing a timer costs as much as a tenth of a request. So a user's timer
//! is set once and left alone: when it rings before the limit of the exchange that is then
//! under way, it is set again. Never here: what a limit means.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

use crate::now;

/// The timer of one kind of limit of one user; made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    timer: RefCell<Option<Pin<Box<Sleep>>>>,
}

impl Patience {
    /// What `work` gives; `None` if it has not by `deadline`.
    pub(crate) async fn until<T>(
        &self,
        deadline: Instant,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        let mut held = Held {
            patience: self,
            timer: None,
        };
        poll_fn(|cx| match work(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => held.poll(cx, deadline).map(|()| None),
        })
        .await
    }
}

/// The timer while an exchange waits. Of exchanges of one user at the same time the
/// later ones have timers of their own.
struct Held<'a> {
    patience: &'a Patience,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Held<'_> {
    /// Ready when `deadline` is past.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let patience = self.patience;
        let timer = self.timer.get_or_insert_with(|| {
            let kept = patience.timer.borrow_mut().take();
            kept.unwrap_or_else(|| Box::pin(sleep_until(deadline.into())))
        });
        if timer.deadline().into_std() > deadline {
            timer.as_mut().reset(deadline.into());
        }
        while timer.as_mut().poll(cx).is_ready() {
            if now() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline.into());
        }
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
    use std::time::Duration;

    use super::*;

    /// Waits for `limits` in turn with one patience; each must end it, and none early.
    fn check(limits_ms: &[u64]) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let patience = Patience::default();
            for &limit_ms in limits_ms {
                let deadline = now() + Duration::from_millis(limit_ms);
                let done = patience.until(deadline, |_| Poll::<()>::Pending).await;
                assert!(done.is_none());
                assert!(now() >= deadline, "after {limit_ms} ms");
            }
        });
    }

    #[test]
    fn every_limit_is_kept() {
        check(&[5, 1, 9, 0, 2]);
    }

    #[test]
    fn a_timer_that_was_set_for_later_is_set_again() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let patience = Patience::default();
            let hour = now() + Duration::from_secs(3600);
            let mut polls = 0;
            let second = |cx: &mut Context<'_>| {
                polls += 1;
                cx.waker().wake_by_ref();
                if polls == 2 {
                    Poll::Ready(polls)
                } else {
                    Poll::Pending
                }
            };
            assert_eq!(patience.until(hour, second).await, Some(2));
            let soon = now() + Duration::from_millis(1);
            assert_eq!(patience.until(soon, |_| Poll::<()>::Pending).await, None);
        });
    }
}
