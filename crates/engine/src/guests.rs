//! What the users of another language did in a scenario, who count in the books of their
//! own lane and not in a part's.
//!
//! In: the classes of a scenario. Out: their numbers, added to what the lanes have seen.
//! What a lane counts for all of its guests together (requests given up, what the machine
//! lacked) is told as its growth since the scenario began.

use crate::accounts::Accounts;
use crate::books::{Books, Exhausted, ShardId};
use crate::fleet::Seen;
use crate::lane::Lane;
use crate::scenario::Users;

/// Where the guests of one scenario count.
#[derive(Debug)]
pub(crate) struct Guests {
    lanes: Vec<GuestLane>,
}

#[derive(Debug)]
struct GuestLane {
    lane: Lane,
    shards: Vec<ShardId>,
    /// Of each class its shard, its number and its name.
    classes: Vec<(ShardId, u32, String)>,
    before: Common,
}

/// What a lane counts for all shards together.
#[derive(Clone, Copy, Debug)]
struct Common {
    abandoned: u64,
    exhausted: Exhausted,
}

impl Common {
    fn of(books: &Books) -> Common {
        Common {
            abandoned: books.abandoned.in_flight,
            exhausted: books.exhausted,
        }
    }
}

impl Guests {
    /// The guests among these users, from now on.
    pub(crate) fn of(users: &[(Users, f64)]) -> Guests {
        let mut lanes: Vec<GuestLane> = Vec::new();
        for (users, _) in users {
            let Some((lane, shard, number)) = users.guest() else {
                continue;
            };
            let known = lanes.iter().position(|known| known.lane.is(lane));
            let place = known.unwrap_or_else(|| {
                lanes.push(GuestLane {
                    lane: lane.clone(),
                    shards: Vec::new(),
                    classes: Vec::new(),
                    before: lane.ask(|books| Common::of(books)),
                });
                lanes.len() - 1
            });
            let GuestLane {
                shards, classes, ..
            } = &mut lanes[place];
            classes.push((shard, number, users.class().to_owned()));
            if !shards.contains(&shard) {
                shards.push(shard);
            }
        }
        Guests { lanes }
    }

    /// Counts from now on what is asked for beside their requests.
    pub(crate) fn account(&self, accounts: &Accounts) {
        if !accounts.ask_guests() {
            return;
        }
        for GuestLane {
            lane,
            shards,
            classes,
            ..
        } in &self.lanes
        {
            for shard in shards {
                let own = classes.iter().filter(|(of, ..)| of == shard);
                let own = own.map(|(_, number, name)| (*number, name.clone()));
                lane.account(*shard, accounts.clone(), own.collect());
            }
        }
    }

    /// Adds what they did.
    pub(crate) fn add_to(&self, seen: &mut Seen) {
        for GuestLane {
            lane,
            shards,
            before,
            ..
        } in &self.lanes
        {
            let shards = shards.clone();
            let (snapshots, now) = lane.ask(move |books| {
                let snapshots: Vec<_> = shards
                    .iter()
                    .map(|&shard| books.shard(shard).snapshot())
                    .collect();
                (snapshots, Common::of(books))
            });
            snapshots
                .iter()
                .for_each(|other| seen.snapshot.merge(other));
            seen.abandoned += now.abandoned - before.abandoned;
            seen.ports_exhausted += now.exhausted.ports - before.exhausted.ports;
            seen.files_exhausted += now.exhausted.files - before.exhausted.files;
        }
    }
}
