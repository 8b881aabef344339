//! What happens in a run, on its way from the run's thread to whoever tells it.
//!
//! In: [`RunEvent`]s, which live as long as the call. Out: [`News`], which can wait. A
//! terminal or a disk that stands still must not hold the run: beyond [`MOST_WAITING`]
//! pieces of news the next ones are dropped, and all that counts is in the record.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use gatecrash_engine::RunEvent;
use gatecrash_engine::run::Progress;
use gatecrash_metrics::{Change, Driven, Point, ScenarioRecord, Snapshot};

/// A quarter of an hour of seconds.
const MOST_WAITING: usize = 900;

/// What happened.
#[derive(Debug)]
pub(crate) enum News {
    /// A scenario began: its place among all.
    Began(usize),
    /// Another second of a running scenario.
    Second(Box<Standing>),
    /// Something was changed.
    Changed(Change),
    /// A scenario ended.
    Ended(Box<ScenarioRecord>),
}

/// How a scenario stands.
#[derive(Debug)]
pub(crate) struct Standing {
    /// Its place among all.
    pub(crate) place: usize,
    /// Since its beginning, without pauses.
    pub(crate) elapsed: Duration,
    /// Its work is over; what is under way may end.
    pub(crate) is_ending: bool,
    /// Nothing new begins for now.
    pub(crate) is_paused: bool,
    /// All its numbers.
    pub(crate) snapshot: Snapshot,
    /// What happened in the last second.
    pub(crate) last: Option<Point>,
    /// Seconds since the Unix epoch.
    pub(crate) at_epoch_s: f64,
    /// What the run has cost until now, where requests have prices.
    pub(crate) spent: Option<f64>,
    /// How it was driven until now, where that is wanted.
    pub(crate) driven: Option<Driven>,
}

/// The listener for a run, and where its news arrive; they end when the run does. How it is
/// driven is looked at `with_driven` only.
pub(crate) fn channel(
    with_driven: bool,
) -> (impl FnMut(RunEvent<'_>) + Send + 'static, Receiver<News>) {
    let (sender, news) = sync_channel(MOST_WAITING);
    let listen = move |event: RunEvent<'_>| pass_on(&sender, event, with_driven);
    (listen, news)
}

fn pass_on(sender: &SyncSender<News>, event: RunEvent<'_>, with_driven: bool) {
    let news = match event {
        RunEvent::Began { place, .. } => News::Began(place),
        RunEvent::Second(progress) => {
            let driven = with_driven.then(|| progress.driven());
            News::Second(Box::new(Standing::of(&progress, driven)))
        }
        RunEvent::Changed(change) => News::Changed(change.clone()),
        RunEvent::Ended(record) => News::Ended(Box::new(record.clone())),
    };
    // Whoever lags behind finds everything in the record.
    let _ = sender.try_send(news);
}

impl Standing {
    fn of(progress: &Progress<'_>, driven: Option<Driven>) -> Standing {
        Standing {
            place: progress.place,
            elapsed: progress.elapsed,
            is_ending: progress.is_ending,
            is_paused: progress.is_paused,
            snapshot: progress.snapshot.clone(),
            last: progress.last.copied(),
            at_epoch_s: progress.at_epoch_s,
            spent: progress.spent,
            driven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_stands_still_holds_the_run() {
        let (mut listen, news) = channel(false);
        for second in 0..2 * MOST_WAITING {
            let change = Change {
                at_epoch_s: second as f64,
                what: String::new(),
            };
            listen(RunEvent::Changed(&change));
        }
        drop(listen);
        let kept: Vec<News> = news.iter().collect();
        assert_eq!(kept.len(), MOST_WAITING);
        assert!(matches!(&kept[0], News::Changed(change) if change.at_epoch_s == 0.0));
    }
}
