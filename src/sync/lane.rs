//! One of the two directions, push or pull: at most one call on its way, at most one wish for the next.

use super::backoff::Backoff;
use super::status::LocalTrouble;
use crate::domain::time::Timestamp;
use crate::store::apply::Page;

/// Names a call; never used twice by one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u64);

/// A call on its way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub id: RequestId,
    pub since: Timestamp,
    pub ops: Vec<u64>,
    /// Of its answer, a page, what is not stored yet.
    pub rest: Option<Page>,
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    pub in_flight: Option<Flight>,
    pub backoff: Backoff,
    /// Why the last answer, or the next call, was no good here.
    pub trouble: Option<LocalTrouble>,
    /// When the last series ended well.
    pub ended: Option<Timestamp>,
    /// When a call is due without any other reason; reckoned anew with every event.
    pub poll: Option<Timestamp>,
    wanted: Option<Timestamp>,
}

impl Lane {
    /// A call is wanted at `at`, or earlier if one was wanted earlier. While one is on its way this means one more after it.
    pub fn want(&mut self, at: Timestamp) {
        self.wanted = Some(self.wanted.map_or(at, |wanted| wanted.min(at)));
    }

    /// As [`Lane::want`], but only where nothing is on its way or wanted.
    pub fn want_at_least(&mut self, at: Timestamp) {
        if self.in_flight.is_none() && self.wanted.is_none() {
            self.wanted = Some(at);
        }
    }

    pub const fn is_wanted(&self) -> bool {
        self.wanted.is_some()
    }

    /// When the next call may start; `None` = none is wanted.
    pub fn due(&self) -> Option<Timestamp> {
        let earliest = self.wanted.into_iter().chain(self.poll).min();
        earliest.map(|wanted| self.backoff.until().map_or(wanted, |until| wanted.max(until)))
    }

    pub fn is_waiting_for(&self, id: RequestId) -> bool {
        self.in_flight.as_ref().is_some_and(|flight| flight.id == id)
    }

    pub fn start(&mut self, id: RequestId, ops: Vec<u64>, now: Timestamp) {
        self.wanted = None;
        self.in_flight = Some(Flight { id, since: now, ops, rest: None });
    }

    /// It was answered, and of the answer so much is not stored yet.
    pub fn go_on(&mut self, id: RequestId, rest: Page, now: Timestamp) {
        self.in_flight = Some(Flight { id, since: now, ops: Vec::new(), rest: Some(rest) });
    }

    /// Of the answer in hand, what is not stored yet, and since when that waits: for whoever goes on with it.
    pub fn take_rest(&mut self) -> Option<(RequestId, Timestamp, Page)> {
        let flight = self.in_flight.take_if(|flight| flight.rest.is_some())?;
        Some((flight.id, flight.since, flight.rest?))
    }

    /// The clock was set back: nothing remembered is later than `now`.
    pub fn not_later_than(&mut self, now: Timestamp) {
        self.ended = self.ended.map(|at| at.min(now));
        self.wanted = self.wanted.map(|at| at.min(now));
        if let Some(flight) = &mut self.in_flight {
            flight.since = flight.since.min(now);
        }
    }

    /// The wish is met without a call.
    pub fn served(&mut self) {
        self.wanted = None;
    }
}
