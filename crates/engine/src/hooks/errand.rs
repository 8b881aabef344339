//! Several hooks, on a thread of their own.
//!
//! In: hooks, in turn or side by side, and a wish to end them. Out: news of each, and of the
//! end of all, which comes whatever happens.

use std::io;
use std::time::Duration;

use gatecrash_metrics::record::{HookRecord, When};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::sleep;

use super::command::ended;
use super::{Files, Hook, Wish};

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Order {
    /// The rest before it.
    pub(crate) pause: Duration,
    /// What.
    pub(crate) hooks: Vec<Hook>,
    /// All at once, rather than one after the other.
    pub(crate) at_once: bool,
    /// On which side of the scenario they stand.
    pub(crate) when: When,
    /// Where their files are kept.
    pub(crate) files: Option<Files>,
}

/// What is heard of it.
#[derive(Debug)]
pub(crate) enum News {
    /// A hook is over.
    Done(HookRecord),
    /// Nothing more comes; why the run cannot go on, if it cannot.
    Over(Result<(), String>),
}

/// Hooks under way.
#[derive(Debug)]
pub(crate) struct Errand {
    wish: watch::Sender<Wish>,
}

impl Errand {
    /// Begins it; `tell` hears of it on its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn begin(order: Order, tell: impl Fn(News) + Send + 'static) -> io::Result<Errand> {
        let (wish, wished) = watch::channel(Wish::GoOn);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("gatecrash-hooks".to_owned())
            .spawn(move || {
                let mut teller = Teller {
                    tell,
                    outcome: Err("a hook panicked".to_owned()),
                };
                let work = run(order, wished, &teller.tell);
                teller.outcome = LocalSet::new().block_on(&runtime, work);
            })?;
        Ok(Errand { wish })
    }

    /// Lets it end, or cuts it off.
    pub(crate) fn ask(&self, wish: Wish) {
        self.wish.send_if_modified(|known| {
            let is_more = *known < wish;
            *known = wish.max(*known);
            is_more
        });
    }
}

/// Tells the end, also when something panics.
struct Teller<T: Fn(News)> {
    tell: T,
    outcome: Result<(), String>,
}

impl<T: Fn(News)> Drop for Teller<T> {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Ok(()));
        (self.tell)(News::Over(outcome));
    }
}

async fn run(
    order: Order,
    mut wish: watch::Receiver<Wish>,
    tell: &impl Fn(News),
) -> Result<(), String> {
    tokio::select! {
        () = sleep(order.pause) => {}
        () = ended(&mut wish) => return Ok(()),
    }
    match order.at_once {
        true => at_once(order, wish, tell).await,
        false => in_turn(order, wish, tell).await,
    }
}

async fn in_turn(
    order: Order,
    mut wish: watch::Receiver<Wish>,
    tell: &impl Fn(News),
) -> Result<(), String> {
    let mut outcome = Ok(());
    for hook in &order.hooks {
        // What stands after a scenario is done whatever happened before.
        let is_before = order.when == When::Before;
        if is_before && (*wish.borrow() > Wish::GoOn || outcome.is_err()) {
            break;
        }
        let files = order.files.as_ref();
        let record = hook.perform(order.when, files, &mut wish).await;
        outcome = outcome.and(hook.verdict(&record));
        tell(News::Done(record));
    }
    outcome
}

async fn at_once(
    order: Order,
    wish: watch::Receiver<Wish>,
    tell: &impl Fn(News),
) -> Result<(), String> {
    let mut running = JoinSet::new();
    for hook in order.hooks {
        let (mut wish, files) = (wish.clone(), order.files.clone());
        running.spawn_local(async move {
            let record = hook.perform(order.when, files.as_ref(), &mut wish).await;
            (hook.verdict(&record), record)
        });
    }
    let mut outcome = Ok(());
    while let Some(done) = running.join_next().await {
        let (verdict, record) = done.map_err(|fault| fault.to_string())?;
        outcome = outcome.and(verdict);
        tell(News::Done(record));
    }
    outcome
}
