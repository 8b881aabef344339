//! The connections that a user keeps, the latest first.
//!
//! In: connections that exchanges are done with. Out: one for the next request, where it lies or
//! taken out. Never one that its server closed, and never more than a few.

use std::sync::Arc;

use super::{Client, Idle, Link};
use crate::Origin;
use crate::connect::Stream;
use crate::http1::body::BodyReader;

/// The most idle connections that a client keeps; the oldest one goes first.
const MAX_IDLE: usize = 32;

impl Client {
    /// Keeps the connection of a finished body for the next request.
    pub(super) fn keep(&self, link: Link, body: &BodyReader) {
        if link.keeps_alive && !body.overran() {
            self.put_last((link.origin, link.stream));
        }
    }

    /// Puts a connection where the one is that was used last.
    pub(super) fn put_last(&self, idle: Idle) {
        let before = match self.is_claimed.get() {
            true => idle,
            false => match self.last.borrow_mut().replace(idle) {
                Some(before) => before,
                None => return,
            },
        };
        let mut others = self.others.get_or_init(Box::default).borrow_mut();
        if others.len() == MAX_IDLE - 1 {
            others.remove(0);
        }
        others.push(before);
    }

    /// Takes hold of an idle connection, which becomes the last one; says whether there is one.
    pub(super) fn claim(&self, origin: &Arc<Origin>) -> bool {
        if self.is_claimed.get() {
            return false;
        }
        let mut last = self.last.borrow_mut();
        if let Some((known, stream)) = &mut *last
            && leads_to(known, origin)
        {
            if !stream.is_stale() {
                self.is_claimed.set(true);
                return true;
            }
            *last = None;
        }
        drop(last);
        let Some(other) = self.take_other(origin) else {
            return false;
        };
        self.put_last(other);
        self.is_claimed.set(true);
        true
    }

    /// Lets `work` use the connection that was claimed.
    pub(crate) fn with_claimed<T>(&self, work: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        let mut last = self.last.borrow_mut();
        last.as_mut().map(|(_, stream)| work(stream))
    }

    /// Gives back the connection that was claimed, for the next request if it is good for one.
    pub(crate) fn unclaim(&self, keeps: bool) {
        self.is_claimed.set(false);
        if !keeps {
            self.last.take();
        }
    }

    /// Takes the connection that was claimed elsewhere.
    pub(crate) fn take_claimed(&self, keeps_alive: bool) -> Option<Link> {
        self.is_claimed.set(false);
        let (origin, stream) = self.last.take()?;
        Some(Link {
            origin,
            stream,
            keeps_alive,
        })
    }

    /// An idle connection that is still one.
    pub(super) fn take_idle(&self, origin: &Arc<Origin>, keeps_alive: bool) -> Option<Link> {
        let link = |(origin, stream)| Link {
            origin,
            stream,
            keeps_alive,
        };
        match self.claim(origin) {
            true => self.take_claimed(keeps_alive),
            false => self.take_other(origin).map(link),
        }
    }

    /// Takes a connection that was not used last and is still one.
    fn take_other(&self, origin: &Arc<Origin>) -> Option<Idle> {
        let mut others = self.others.get()?.borrow_mut();
        while let Some(at) = others
            .iter()
            .rposition(|(known, _)| leads_to(known, origin))
        {
            let (known, mut stream) = others.remove(at);
            if !stream.is_stale() {
                return Some((known, stream));
            }
        }
        None
    }
}

fn leads_to(known: &Arc<Origin>, origin: &Arc<Origin>) -> bool {
    Arc::ptr_eq(known, origin) || known == origin
}
