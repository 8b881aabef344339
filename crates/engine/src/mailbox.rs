//! What a lane hands to a user on the guest's thread piece by piece, in order.
//!
//! In: items, from a task of the lane. Out: the same, to one greenlet, which is woken by its
//! ticket. A user that does not take what comes holds the lane's task up, not its memory:
//! beyond [`MOST_BYTES`] nothing more is taken in.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::job::Ticket;
use crate::lane::Lane;

/// How many bytes may wait to be taken.
const MOST_BYTES: usize = 1 << 20;

/// Items on their way.
#[derive(Debug)]
pub struct Mailbox<T> {
    lane: Lane,
    inside: Mutex<Inside<T>>,
    /// Something was taken, or nobody will take any more.
    taken: Notify,
}

#[derive(Debug)]
struct Inside<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    /// Who waits for the next item.
    waiting: Option<Ticket>,
    is_left: bool,
}

impl<T> Mailbox<T> {
    pub(crate) fn new(lane: Lane) -> Self {
        Mailbox {
            lane,
            inside: Mutex::new(Inside {
                items: VecDeque::new(),
                bytes: 0,
                waiting: None,
                is_left: false,
            }),
            taken: Notify::new(),
        }
    }

    /// Puts an item in, whose size decides how many may wait.
    pub(crate) fn put(&self, item: T, bytes: usize) {
        let mut inside = self.lock();
        inside.items.push_back((item, bytes));
        inside.bytes += bytes;
        let waiting = inside.waiting.take();
        drop(inside);
        if let Some(ticket) = waiting {
            self.lane.wake(ticket);
        }
    }

    /// Until there is room for more. False if nobody will take anything any more.
    pub(crate) async fn room(&self) -> bool {
        loop {
            let taken = self.taken.notified();
            let (has_room, is_left) = {
                let inside = self.lock();
                (inside.bytes < MOST_BYTES, inside.is_left)
            };
            if has_room || is_left {
                return !is_left;
            }
            taken.await;
        }
    }

    /// Until nobody will take anything any more.
    pub(crate) async fn left(&self) {
        loop {
            let taken = self.taken.notified();
            if self.lock().is_left {
                return;
            }
            taken.await;
        }
    }

    /// The next item, if there is one.
    pub fn take(&self) -> Option<T> {
        let mut inside = self.lock();
        let (item, bytes) = inside.items.pop_front()?;
        inside.bytes -= bytes;
        drop(inside);
        self.taken.notify_waiters();
        Some(item)
    }

    /// Has the ticket woken when there is an item; false if there is one now.
    pub fn wakes(&self, ticket: Ticket) -> bool {
        let mut inside = self.lock();
        let waits = inside.items.is_empty();
        if waits {
            inside.waiting = Some(ticket);
        }
        waits
    }

    /// Nobody will take anything any more.
    pub fn leave(&self) {
        let mut inside = self.lock();
        inside.is_left = true;
        inside.waiting = None;
        inside.items.clear();
        inside.bytes = 0;
        drop(inside);
        self.taken.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What a future is at, looked at once.
    fn polled<T>(future: impl Future<Output = T>) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn mailbox() -> Mailbox<u32> {
        Mailbox::new(Lane::start().expect("a lane"))
    }

    #[test]
    fn items_come_in_their_order() {
        let mailbox = mailbox();
        (0..3).for_each(|item| mailbox.put(item, 0));
        let taken: Vec<_> = std::iter::from_fn(|| mailbox.take()).collect();
        assert_eq!(taken, [0, 1, 2]);
    }

    #[test]
    fn what_nobody_takes_holds_up_what_follows() {
        let mailbox = mailbox();
        assert_eq!(polled(mailbox.room()), Poll::Ready(true));
        mailbox.put(1, MOST_BYTES);
        assert_eq!(polled(mailbox.room()), Poll::Pending);
        mailbox.take();
        assert_eq!(polled(mailbox.room()), Poll::Ready(true));
    }

    #[test]
    fn who_has_left_holds_nothing_up() {
        let mailbox = mailbox();
        mailbox.put(1, MOST_BYTES);
        assert_eq!(polled(mailbox.left()), Poll::Pending);
        mailbox.leave();
        assert_eq!(polled(mailbox.room()), Poll::Ready(false));
        assert_eq!(polled(mailbox.left()), Poll::Ready(()));
        assert_eq!(mailbox.take(), None);
    }

    #[test]
    fn a_ticket_is_woken_by_the_next_item_only() {
        let mailbox = mailbox();
        let ticket = Ticket::new(3, 0);
        assert!(mailbox.wakes(ticket));
        mailbox.put(1, 0);
        mailbox.put(2, 0);
        assert!(!mailbox.wakes(ticket), "there are items");
        let woken = std::iter::from_fn(|| mailbox.lane.next_completion());
        let tickets: Vec<_> = woken.map(|completion| completion.ticket).collect();
        assert_eq!(tickets, [ticket]);
    }
}
