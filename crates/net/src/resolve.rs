//! From a host's name to the addresses to try, through the system's resolver.
//!
//! A thread asks once per name and remembers what it heard for 30 seconds, so that users who
//! connect by the thousand do not load the resolver instead of the target; a failure is told
//! to all who wait for it and not remembered.
//!
//! Which address: the system's order (RFC 6724) decides between IPv6 and IPv4. Among the
//! addresses of the family it puts first, connections take turns, so that all servers behind
//! a name get their share; an address that does not take the connection gives way to the next.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::{Error, Origin, now};

/// How long an answer of the resolver is good for.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
/// The most names that a thread remembers; the one heard of first goes first.
const MAX_NAMES: usize = 256;

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
}

/// The addresses of `origin` in the order to try them.
///
/// # Errors
/// [`Error::Resolve`] for a name without an address, [`Error::NoFileLeft`].
pub(crate) async fn resolve(origin: &Origin) -> Result<Vec<SocketAddr>, Error> {
    if let Some(address) = origin.address {
        return Ok(vec![SocketAddr::new(address, origin.port)]);
    }
    let name = NAMES.with_borrow_mut(|names| names.entry(&origin.host, now()));
    let heard = name.hear(|| ask(&origin.host)).await;
    match &heard.addresses {
        Ok(addresses) => Ok(name.in_turn(addresses, origin.port)),
        Err(fault) => {
            NAMES.with_borrow_mut(|names| names.forget(&origin.host, &name));
            Err(unresolved(&origin.host, fault))
        }
    }
}

async fn ask(host: &str) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<_> = tokio::net::lookup_host((host, 0)).await?.collect();
    if addresses.is_empty() {
        return Err(io::Error::other("no address"));
    }
    Ok(addresses)
}

fn unresolved(host: &str, fault: &io::Error) -> Error {
    match fault.raw_os_error() {
        Some(number @ (libc::EMFILE | libc::ENFILE)) => {
            Error::NoFileLeft(io::Error::from_raw_os_error(number))
        }
        _ => Error::Resolve {
            host: host.to_owned(),
            message: fault.to_string(),
        },
    }
}

/// The names that a thread has asked for.
#[derive(Debug, Default)]
struct Names {
    known: HashMap<String, Rc<Name>>,
}

/// One name: being asked for, or with what was heard.
#[derive(Debug)]
struct Name {
    asked: Instant,
    heard: OnceCell<Heard>,
    /// Whose turn it is.
    turn: Cell<usize>,
}

#[derive(Debug)]
struct Heard {
    /// With port 0.
    addresses: io::Result<Vec<SocketAddr>>,
    at: Instant,
}

impl Names {
    /// The name as it is known, or a new one that nobody has asked for yet.
    fn entry(&mut self, host: &str, now: Instant) -> Rc<Name> {
        if let Some(name) = self.known.get(host).filter(|name| name.is_fresh(now)) {
            return name.clone();
        }
        self.make_room(host);
        let name = Rc::new(Name {
            asked: now,
            heard: OnceCell::new(),
            turn: Cell::new(0),
        });
        self.known.insert(host.to_owned(), name.clone());
        name
    }

    fn make_room(&mut self, host: &str) {
        if self.known.len() < MAX_NAMES || self.known.contains_key(host) {
            return;
        }
        let oldest = self.known.iter().min_by_key(|(_, name)| name.asked);
        if let Some(oldest) = oldest.map(|(host, _)| host.clone()) {
            self.known.remove(&oldest);
        }
    }

    /// Forgets `name`, unless somebody has asked anew meanwhile.
    fn forget(&mut self, host: &str, name: &Rc<Name>) {
        if self
            .known
            .get(host)
            .is_some_and(|known| Rc::ptr_eq(known, name))
        {
            self.known.remove(host);
        }
    }
}

impl Name {
    fn is_fresh(&self, now: Instant) -> bool {
        self.heard
            .get()
            .is_none_or(|heard| now.saturating_duration_since(heard.at) < TIME_TO_LIVE)
    }

    /// What was heard; asks if nobody has. Where the one who asks gives up, the next one
    /// who waits asks again.
    async fn hear(&self, ask: impl AsyncFnOnce() -> io::Result<Vec<SocketAddr>>) -> &Heard {
        let hearing = async || Heard {
            addresses: ask().await,
            at: now(),
        };
        self.heard.get_or_init(hearing).await
    }

    /// All addresses; those of the first one's family begin with the one whose turn it is.
    fn in_turn(&self, addresses: &[SocketAddr], port: u16) -> Vec<SocketAddr> {
        let is_first_family = |address: &&SocketAddr| address.is_ipv4() == addresses[0].is_ipv4();
        let (mut first, others): (Vec<_>, Vec<_>) = addresses.iter().partition(is_first_family);
        let turn = self.turn.get() % first.len();
        self.turn.set(turn + 1);
        first.rotate_left(turn);
        let all = first.into_iter().chain(others).copied();
        all.map(|mut address| {
            address.set_port(port);
            address
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(test)
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        let parse = |text: &&str| text.parse().expect("an address");
        texts.iter().map(parse).collect()
    }

    /// Asks for `host` at `now`; says whether the resolver was bothered.
    async fn is_asked(names: &mut Names, host: &str, now: Instant) -> bool {
        let mut asked = false;
        let name = names.entry(host, now);
        name.hear(async || {
            asked = true;
            Ok(addresses(&["192.0.2.1:0"]))
        })
        .await;
        asked
    }

    #[test]
    fn an_answer_is_good_for_a_while() {
        block_on(async {
            let (mut names, start) = (Names::default(), now());
            assert!(is_asked(&mut names, "a", start).await);
            assert!(!is_asked(&mut names, "a", start + Duration::from_secs(29)).await);
            assert!(is_asked(&mut names, "b", start).await);
            let late = now() + TIME_TO_LIVE;
            assert!(is_asked(&mut names, "a", late).await);
        });
    }

    #[test]
    fn names_have_a_limit() {
        block_on(async {
            let (mut names, start) = (Names::default(), now());
            for at in 0..=MAX_NAMES as u64 {
                let moment = start + Duration::from_millis(at);
                assert!(is_asked(&mut names, &at.to_string(), moment).await);
            }
            assert_eq!(names.known.len(), MAX_NAMES);
            assert!(!is_asked(&mut names, "1", start).await);
            assert!(is_asked(&mut names, "0", start).await, "the oldest is gone");
        });
    }

    #[test]
    fn many_who_wait_ask_once_and_hear_the_same_failure() {
        block_on(async {
            let asked = Cell::new(0);
            let name = Names::default().entry("a", now());
            let one = async || {
                let heard = name.hear(async || {
                    asked.set(asked.get() + 1);
                    tokio::task::yield_now().await;
                    Err(io::Error::other("no such host"))
                });
                unresolved("a", heard.await.addresses.as_ref().expect_err("a failure")).to_string()
            };
            let (first, second, third) = tokio::join!(one(), one(), one());
            assert_eq!(first, "cannot resolve a: no such host");
            assert_eq!((&first, &first), (&second, &third));
            assert_eq!(asked.get(), 1);
        });
    }

    #[test]
    fn when_the_one_who_asks_gives_up_another_asks() {
        block_on(async {
            let name = Names::default().entry("a", now());
            let never = name.hear(std::future::pending);
            tokio::select! {
                biased;
                _ = never => panic!("never"),
                () = tokio::task::yield_now() => {}
            }
            let heard = name.hear(async || Ok(addresses(&["192.0.2.1:0"]))).await;
            assert!(heard.addresses.is_ok());
        });
    }

    #[test]
    fn a_failure_is_not_remembered() {
        block_on(async {
            let origin = Origin::new(crate::Scheme::Http, "no.invalid", 80, Default::default());
            resolve(&origin).await.expect_err("no such host");
            NAMES.with_borrow(|names| assert!(names.known.is_empty()));
        });
    }

    #[test]
    fn addresses_take_turns_within_the_family_that_comes_first() {
        let name = Names::default().entry("a", now());
        let known = addresses(&["[2001:db8::1]:0", "192.0.2.1:0", "[2001:db8::2]:0"]);
        let six = addresses(&["[2001:db8::1]:80", "[2001:db8::2]:80", "192.0.2.1:80"]);
        let turned = [six[1], six[0], six[2]];
        assert_eq!(name.in_turn(&known, 80), six);
        assert_eq!(name.in_turn(&known, 80), turned);
        assert_eq!(name.in_turn(&known, 80), six);
    }
}
