//! Rooms: what one says in them, all who are there hear.
//!
//! In: members and messages. Out: each message to every member, from any thread to any other.
//! Never: a wait for somebody who does not read; who falls behind by a whole queue misses messages
//! and is told so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::broadcast;

use crate::memory::Share;

/// Something that was said, ready to be sent.
#[derive(Debug)]
pub(super) struct Saying {
    pub(super) frame: Bytes,
    /// When its last byte was read.
    pub(super) said_at: Instant,
    /// The memory that it takes.
    pub(super) _memory: Share,
}

/// All rooms of a target.
#[derive(Debug)]
pub(crate) struct Rooms {
    most: usize,
    queue: usize,
    rooms: Mutex<HashMap<String, broadcast::Sender<Arc<Saying>>>>,
}

impl Rooms {
    /// At most `most` rooms, in which a member may fall behind by `queue` messages.
    pub(crate) fn new(most: usize, queue: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            queue,
            rooms: Mutex::default(),
        })
    }

    /// Enters a room, which is made if need be; `None` if there are too many.
    pub(super) fn enter(self: &Arc<Self>, name: &str) -> Option<Member> {
        let mut rooms = self.lock();
        if !rooms.contains_key(name) && rooms.len() >= self.most {
            return None;
        }
        let room = rooms
            .entry(name.to_owned())
            .or_insert_with(|| broadcast::Sender::new(self.queue));
        Some(Member {
            rooms: Arc::clone(self),
            name: name.to_owned(),
            room: room.clone(),
            heard: Some(room.subscribe()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Arc<Saying>>>> {
        // Every change to the map is complete in itself.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody in a room, who leaves when dropped.
#[derive(Debug)]
pub(super) struct Member {
    rooms: Arc<Rooms>,
    name: String,
    room: broadcast::Sender<Arc<Saying>>,
    /// There until the member leaves.
    heard: Option<broadcast::Receiver<Arc<Saying>>>,
}

/// The member did not read for so long that messages are lost to it.
#[derive(Debug)]
pub(super) struct FellBehind;

impl Member {
    /// Says something to all in the room, oneself included.
    pub(super) fn say(&self, saying: Saying) {
        // It fails only without members, and this is one.
        let _ = self.room.send(Arc::new(saying));
    }

    /// The next thing that is said. Nothing is lost when this is given up.
    pub(super) async fn hear(&mut self) -> Result<Arc<Saying>, FellBehind> {
        match &mut self.heard {
            Some(heard) => heard.recv().await.map_err(|_| FellBehind),
            None => Err(FellBehind),
        }
    }

    pub(super) fn fell_behind(&self) -> bool {
        let waiting = self.heard.as_ref().map_or(0, broadcast::Receiver::len);
        waiting > self.rooms.queue.next_power_of_two()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut rooms = self.rooms.lock();
        // Within the lock, so that of two who leave at once the last one finds the room empty.
        self.heard = None;
        if self.room.receiver_count() == 0 {
            rooms.remove(&self.name);
        }
    }
}
