//! Users in Rust as the engine sees them.
//!
//! In: a type that is a [`User`]. Out: a [`Journey`] of the engine. What a task says of its
//! failure goes into the books here.

use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use gatecrash_engine::journey::{self, Journey, Seat, TaskKind, Turn};
use gatecrash_net::{TlsSettings, Url};
use gatecrash_plan::model::Wait;

use crate::http::Lane;
use crate::{Context, Outcome, User};

/// After a fault of its own code a user rests that long: what cannot be sent must not
/// become a loop without end.
const REST_AFTER_FAULT: Duration = Duration::from_millis(200);

/// A class of users in Rust.
pub(crate) struct RustJourney<U> {
    class: String,
    tasks: Vec<TaskKind>,
    host: Url,
    tls: TlsSettings,
    of: PhantomData<fn() -> U>,
}

/// One of them. Its own part is made when it starts: most users may never come to that.
pub(crate) struct RustUser<U> {
    context: Context,
    user: Option<U>,
}

impl<U: User> RustJourney<U> {
    pub(crate) fn new(host: Url, tls: TlsSettings) -> Self {
        let tasks = U::tasks().into_iter().map(|task| TaskKind {
            name: task.name,
            weight: task.weight,
        });
        RustJourney {
            class: U::name(),
            tasks: tasks.collect(),
            host,
            tls,
            of: PhantomData,
        }
    }
}

impl<U: User> Journey for RustJourney<U> {
    type User = RustUser<U>;

    fn class(&self) -> &str {
        &self.class
    }

    fn tasks(&self) -> &[TaskKind] {
        &self.tasks
    }

    fn wait(&self) -> Wait {
        U::WAIT
    }

    fn user(&self, seat: Seat) -> RustUser<U> {
        let lane: Rc<Lane> = seat.shared(|| Lane::new(self.host.clone(), self.tls.clone()));
        RustUser {
            context: Context::new(seat, lane),
            user: None,
        }
    }
}

impl<U: User> RustUser<U> {
    /// Puts into the books what is not there yet.
    async fn tell(&self, outcome: Outcome) -> Result<(), journey::Failed> {
        if !self.context.take_busy() {
            // Without this, tasks that send nothing would keep the lane to themselves.
            tokio::task::yield_now().await;
        }
        let Err(failed) = outcome else {
            return Ok(());
        };
        if let Some(fault) = failed.fault {
            self.context.seat().note_exception(&fault, &U::name());
            Box::pin(tokio::time::sleep(REST_AFTER_FAULT)).await;
        }
        Err(journey::Failed)
    }
}

impl<U: User> journey::User for RustUser<U> {
    fn seat(&self) -> &Seat {
        self.context.seat()
    }

    async fn start(&mut self) -> Result<(), journey::Failed> {
        self.context.forget();
        let outcome = Box::pin(self.user.insert(U::new(&self.context)).start()).await;
        self.tell(outcome).await
    }

    async fn perform(&mut self, turn: &Turn) -> Result<(), journey::Failed> {
        let Some(user) = &mut self.user else {
            return Err(journey::Failed);
        };
        let outcome = user.perform(turn.task).await;
        self.tell(outcome).await
    }

    async fn stop(&mut self) {
        if let Some(user) = &mut self.user {
            Box::pin(user.stop()).await;
        }
    }
}
