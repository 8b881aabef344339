//! Who a user is, and what it can reach.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use gatecrash_engine::journey::Seat;
use gatecrash_metrics::{Kind, Unit};
use gatecrash_net::Jar;
use gatecrash_plan::draw::{self, Purpose, Stream};

use crate::http::Lane;
use crate::{Http, Metric};

/// Who a user is, and what it can reach. Copies are the same user.
#[derive(Clone)]
pub struct Context(pub(crate) Rc<Inner>);

/// What a user has of its own, beside its fields.
pub(crate) struct Inner {
    pub(crate) seat: Seat,
    pub(crate) lane: Rc<Lane>,
    pub(crate) jar: RefCell<Option<Box<Jar>>>,
    pub(crate) headers: RefCell<Vec<(String, String)>>,
    /// It has waited for something since this was unset.
    pub(crate) is_busy: Cell<bool>,
    drawn: Cell<u64>,
}

impl Context {
    pub(crate) fn new(seat: Seat, lane: Rc<Lane>) -> Context {
        Context(Rc::new(Inner {
            seat,
            lane,
            jar: RefCell::default(),
            headers: RefCell::default(),
            is_busy: Cell::new(false),
            drawn: Cell::new(0),
        }))
    }

    /// The user's way to make requests, with its own connections and cookies.
    pub fn http(&self) -> Http {
        Http(self.0.clone())
    }

    /// The number of the user, unique in the run, counted from 0.
    pub fn number(&self) -> u64 {
        self.0.seat.number()
    }

    /// A number drawn evenly from 0 up to but without `bound`; 0 for a bound of 0. The same
    /// user draws the same numbers in each run with the same `--seed`.
    pub fn random_below(&self, bound: u64) -> u64 {
        let draws = Stream::new(self.0.seat.seed(), Purpose::Template).fork(self.number());
        let place = self.0.drawn.get();
        self.0.drawn.set(place + 1);
        draw::below(draws.at(place), bound)
    }

    /// A metric of which mean, extremes and quantiles are told, such as a time or a size.
    /// The same name is the same metric for all users, and keeps its first meaning.
    pub fn trend(&self, name: &str, unit: Unit) -> Metric {
        Metric::new(self.0.clone(), name, unit, Kind::Trend)
    }

    /// A metric whose values are summed up, such as orders or bytes.
    pub fn counter(&self, name: &str, unit: Unit) -> Metric {
        Metric::new(self.0.clone(), name, unit, Kind::Counter)
    }

    /// A metric whose latest value counts, such as the length of a queue.
    pub fn gauge(&self, name: &str, unit: Unit) -> Metric {
        Metric::new(self.0.clone(), name, unit, Kind::Gauge)
    }

    /// A metric of which the share of values is told that are not 0, such as cache hits.
    pub fn rate(&self, name: &str) -> Metric {
        Metric::new(self.0.clone(), name, Unit::Share, Kind::Rate)
    }

    pub(crate) fn seat(&self) -> &Seat {
        &self.0.seat
    }

    /// Each start begins with nothing.
    pub(crate) fn forget(&self) {
        self.0.jar.take();
        self.0.headers.take();
    }

    /// Whether it has waited for something since it was last asked.
    pub(crate) fn take_busy(&self) -> bool {
        self.0.is_busy.take()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context(user {})", self.number())
    }
}
