//! When users do what they do. There are two drivers, [`closed`] and [`open`]; both
//! hand turns to users whose lives are the same.
//!
//! Never here: protocols, or what a task does.

pub(crate) mod closed;
pub(crate) mod open;

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use gatecrash_net::now;
use gatecrash_plan::model::Wait;

use crate::journey::{Journey, Seat, Turn, User, ms_between};
use crate::part::Part;

/// After a start that failed a user of the closed model rests that long.
const START_AGAIN: Duration = Duration::from_secs(1);

/// Where a user's turns come from.
#[derive(Debug)]
pub(crate) enum Turns {
    Closed(closed::Turns),
    Open(open::Turns),
}

impl Turns {
    /// The next turn, when it is time, and when that is; `None` when the user shall go. The
    /// last one was over at the instant `over`, which is now.
    async fn next(&mut self, wait: Wait, over: Option<Instant>) -> Option<(Turn, Instant)> {
        match self {
            Turns::Closed(turns) => turns.next(wait, over).await,
            Turns::Open(turns) => turns.next().await.map(|turn| (turn, now())),
        }
    }

    /// The user could not start.
    async fn rest_after_failed_start(&self) {
        if let Turns::Closed(turns) = self {
            turns.rest(START_AGAIN).await;
        }
    }
}

/// Leaves the part when the user's task ends, however it ends.
struct Place(Rc<Part>, u64);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.unseat(self.1);
    }
}

/// The life of one user.
#[expect(
    clippy::manual_async_fn,
    reason = "what an `async fn` is called with has its room twice, in each user that waits"
)]
pub(crate) fn live<J: Journey>(
    journey: Arc<J>,
    part: Rc<Part>,
    class: usize,
    number: u64,
    mut turns: Turns,
) -> impl Future<Output = ()> {
    async move {
        let _place = Place(part.clone(), number);
        let mut user = journey.user(Seat::new(part.clone(), class, number));
        let mut started = false;
        let mut over = None;
        loop {
            let wait = user.rest().unwrap_or_else(|| journey.wait());
            let Some((turn, called)) = turns.next(wait, over).await else {
                break;
            };
            user.seat().arrive(&turn);
            let turn_of_user = async {
                let mut begins = called;
                if !started {
                    user.start().await?;
                    started = true;
                    begins = now();
                    part.ledger.user_started(ms_between(called, begins));
                }
                user.seat().begin_turn(&turn, begins);
                user.perform(&turn).await
            };
            let outcome = caught(pin!(turn_of_user)).await;
            user.seat().end_turn();
            part.ledger.count_in_flight(-1);
            let ended = now();
            over = Some(ended);
            let time_ms = ms_between(turn.due.unwrap_or(called), ended);
            let task = user.seat().task();
            part.ledger
                .task_ended(class, task, time_ms, outcome == Ok(Ok(())));
            if let Err(panic) = outcome {
                part.ledger.note_exception(&panic, "");
                user = journey.user(Seat::new(part.clone(), class, number));
                started = false;
            }
            if !started {
                turns.rest_after_failed_start().await;
                over = None;
            }
        }
        if started {
            // What a user does at its end has no turn; a panic there has nobody to hurt.
            if let Err(panic) = caught(pin!(user.stop())).await {
                part.ledger.note_exception(&panic, "");
            }
        }
    }
}

/// Runs a user's code; a panic in it becomes its message. Takes a reference, since a
/// future that is handed over would be held twice.
pub(crate) async fn caught<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Result<T, String> {
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Err(panic) => Poll::Ready(Err(message_of(&*panic))),
        },
    )
    .await
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "panic: {}",
        text.unwrap_or_else(|| "without a message".to_owned())
    )
}
