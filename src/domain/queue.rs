//! The daily queue: which tunes of a repertoire, in which order, because of what. Pure; writing it down is the store's part.
//!
//! Four buckets in this order while there is room: Due Today, Lapsed, New, Old Lapsed. What counts is a tune's `scheduled`
//! (a person's own word), else its computed due date. Days are real local days, 23 to 25 hours long.

use super::ids::TuneId;
use super::practice::Bucket;
use super::practice_days::DayPlan;
use super::time::{CalendarDate, LocalDay, Timestamp, Zone};
use crate::domain::order::Sort;

/// A tune that might be practised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The tune.
    pub tune: TuneId,
    /// When she herself said it shall come.
    pub scheduled: Option<Timestamp>,
    /// When the schedule says it shall come; `None` if it was never rated here.
    pub due: Option<Timestamp>,
}

impl Candidate {
    /// `scheduled`, else `due`; `None` for a tune that is new.
    pub fn coalesced(&self) -> Option<Timestamp> {
        self.scheduled.or(self.due)
    }
}

/// A tune with this wish is not wanted until further notice: it is suspended. Far in the future, so that every older app leaves it alone, too.
pub const SUSPENDED: Timestamp = Timestamp::from_micros(253_370_764_800_000_000);

/// A day, and how far back a tune counts as lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The day.
    pub day: LocalDay,
    /// The first instant of the day that lies the delinquency window before it.
    pub floor: Timestamp,
}

impl Window {
    /// The window of the local day of `now`, reaching `delinquency_days` calendar days back.
    pub fn containing(now: Timestamp, delinquency_days: u32, zone: &impl Zone) -> Self {
        Self::of(zone.date_at(now), delinquency_days, zone)
    }

    /// The window of the local day of that date.
    pub fn of(date: CalendarDate, delinquency_days: u32, zone: &impl Zone) -> Self {
        let day = LocalDay::of(date, zone);
        Window { day, floor: zone.start_of(day.date.minus_days(u64::from(delinquency_days))) }
    }

    /// Why the tune would be in this day's queue; `None` if it is not due before the day is over.
    ///
    /// The app before this one called a tune without `scheduled` whose due date lay before the floor “new”, and only a scheduled one
    /// “old lapsed”. Here both are Old Lapsed: New means never rated and not scheduled, and nothing else.
    pub fn bucket(&self, candidate: &Candidate) -> Option<Bucket> {
        match candidate.coalesced() {
            None => Some(Bucket::New),
            Some(at) if at >= self.day.end => None,
            Some(at) if at >= self.day.start => Some(Bucket::DueToday),
            Some(at) if at >= self.floor => Some(Bucket::Lapsed),
            Some(_) => Some(Bucket::OldLapsed),
        }
    }
}

/// A tune with its place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it was chosen for.
    pub candidate: Candidate,
    /// Why.
    pub bucket: Bucket,
    /// What the order went by; the start of the day for new tunes.
    pub coalesced: Timestamp,
}

/// How many tunes a day may bring; `None` = as many as there are.
pub type Capacity = Option<usize>;

/// The queue of a day. The same candidates give the same queue, in whatever order they come: due today earliest first, lapsed
/// latest first, new ones by id, old lapsed earliest first; equals by id.
pub fn generate(candidates: &[Candidate], window: &Window, capacity: Capacity) -> Vec<Planned> {
    let mut due: Vec<Planned> = candidates
        .iter()
        .filter_map(|candidate| window.bucket(candidate).map(|bucket| plan(candidate, bucket, window)))
        .collect();
    due.put_in_order_of(|p| (p.bucket, rank_in_bucket(p), p.candidate.tune));
    due.dedup_by_key(|p| p.candidate.tune);
    due.truncate(capacity.unwrap_or(usize::MAX));
    due
}

/// What a day brings by the person's own rules: nothing if it is free, at most as many as she wants, and on a quiet day tunes that fall due
/// soon are brought forward until there are as many as she wants at least.
pub fn for_day(candidates: &[Candidate], window: &Window, plan: &DayPlan) -> Vec<Planned> {
    if plan.free.is_some() {
        return Vec::new();
    }
    let mut planned = generate(candidates, window, plan.most);
    if planned.len() < plan.least {
        let present: Vec<TuneId> = planned.iter().map(|p| p.candidate.tune).collect();
        planned.extend(more(candidates, &present, window, plan.least - present.len()));
    }
    planned
}

/// `count` more tunes for a queue that already has `present` ones: first what is due (in the queue's own order, but new ones last),
/// then new ones, then what falls due soonest. The last have no bucket of their own: she wants them today, so they count as Due Today.
pub fn more(candidates: &[Candidate], present: &[TuneId], window: &Window, count: usize) -> Vec<Planned> {
    let mut rest: Vec<(u8, Planned)> = candidates
        .iter()
        .filter(|candidate| !present.contains(&candidate.tune) && candidate.scheduled != Some(SUSPENDED))
        .map(|candidate| match window.bucket(candidate) {
            Some(Bucket::New) => (1, plan(candidate, Bucket::New, window)),
            Some(bucket) => (0, plan(candidate, bucket, window)),
            None => (2, plan(candidate, Bucket::DueToday, window)),
        })
        .collect();
    rest.put_in_order_of(|(turn, p)| (*turn, p.bucket, rank_in_bucket(p), p.candidate.tune));
    rest.truncate(count);
    rest.into_iter().map(|(_, planned)| planned).collect()
}

fn plan(candidate: &Candidate, bucket: Bucket, window: &Window) -> Planned {
    Planned { candidate: *candidate, bucket, coalesced: candidate.coalesced().unwrap_or(window.day.start) }
}

fn rank_in_bucket(planned: &Planned) -> i64 {
    match planned.bucket {
        Bucket::Lapsed => -planned.coalesced.micros(),
        _ => planned.coalesced.micros(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::practice_days::FreeDay;
    use chrono::FixedOffset;
    use uuid::Uuid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window() -> Window {
        Window::containing(at("2025-10-16T14:30:00Z"), 7, &FixedOffset::west_opt(4 * 3600).unwrap())
    }

    fn tune(n: u128, scheduled: Option<&str>, due: Option<&str>) -> Candidate {
        Candidate { tune: TuneId(Uuid::from_u128(n)), scheduled: scheduled.map(at), due: due.map(at) }
    }

    fn numbers(planned: &[Planned]) -> Vec<(u128, Bucket)> {
        planned.iter().map(|p| (p.candidate.tune.0.as_u128(), p.bucket)).collect()
    }

    #[test]
    fn the_window_is_made_of_local_days() {
        let window = window();
        assert_eq!(window.day.start, at("2025-10-16T04:00:00Z"));
        assert_eq!(window.day.end, at("2025-10-17T04:00:00Z"));
        assert_eq!(window.floor, at("2025-10-09T04:00:00Z"));
    }

    #[test]
    fn a_due_date_falls_into_its_bucket() {
        let bucket = |due| window().bucket(&tune(1, None, Some(due)));
        assert_eq!(bucket("2025-10-16T04:00:00Z"), Some(Bucket::DueToday));
        assert_eq!(bucket("2025-10-17T03:59:59.999999Z"), Some(Bucket::DueToday));
        assert_eq!(bucket("2025-10-17T04:00:00Z"), None);
        assert_eq!(bucket("2025-10-16T03:59:59Z"), Some(Bucket::Lapsed));
        assert_eq!(bucket("2025-10-09T04:00:00Z"), Some(Bucket::Lapsed));
        assert_eq!(bucket("2025-10-08T04:00:00Z"), Some(Bucket::OldLapsed));
    }

    #[test]
    fn scheduled_wins_over_due_and_only_untouched_tunes_are_new() {
        let window = window();
        assert_eq!(window.bucket(&tune(1, None, None)), Some(Bucket::New));
        assert_eq!(window.bucket(&tune(1, Some("2025-10-16T05:00:00Z"), None)), Some(Bucket::DueToday));
        assert_eq!(window.bucket(&tune(1, Some("2025-11-16T05:00:00Z"), Some("2025-10-16T05:00:00Z"))), None);
        let both = tune(1, Some("2025-10-15T05:00:00Z"), Some("2025-12-16T05:00:00Z"));
        assert_eq!(window.bucket(&both), Some(Bucket::Lapsed));
    }

    #[test]
    fn buckets_come_in_order_and_each_in_its_own() {
        let all = [
            tune(9, None, Some("2025-01-02T00:00:00Z")),
            tune(8, None, Some("2025-01-01T00:00:00Z")),
            tune(7, None, None),
            tune(6, None, None),
            tune(5, None, Some("2025-10-12T00:00:00Z")),
            tune(4, None, Some("2025-10-14T00:00:00Z")),
            tune(3, None, Some("2025-10-16T12:00:00Z")),
            tune(2, None, Some("2025-10-16T10:00:00Z")),
            tune(1, None, Some("2025-10-16T12:00:00Z")),
        ];
        use Bucket::*;
        let expected = [
            (2, DueToday),
            (1, DueToday),
            (3, DueToday),
            (4, Lapsed),
            (5, Lapsed),
            (6, New),
            (7, New),
            (8, OldLapsed),
            (9, OldLapsed),
        ];
        assert_eq!(numbers(&generate(&all, &window(), None)), expected);
        let mut reversed = all;
        reversed.reverse();
        assert_eq!(numbers(&generate(&reversed, &window(), None)), expected);
        assert_eq!(numbers(&generate(&all, &window(), Some(6))), expected[..6]);
        assert_eq!(numbers(&generate(&all, &window(), Some(1))), expected[..1]);
    }

    #[test]
    fn a_quiet_day_is_filled_a_free_one_is_not_and_what_is_suspended_never_comes() {
        let all = [
            tune(1, None, Some("2025-10-16T12:00:00Z")),
            tune(2, None, Some("2025-10-20T00:00:00Z")),
            tune(3, None, Some("2025-10-18T00:00:00Z")),
            Candidate { scheduled: Some(SUSPENDED), ..tune(4, None, Some("2025-10-16T12:00:00Z")) },
        ];
        let day = |free, least, most| for_day(&all, &window(), &DayPlan { free, least, most });
        use Bucket::*;
        assert_eq!(numbers(&day(None, 2, Some(10))), [(1, DueToday), (3, DueToday)]);
        assert_eq!(numbers(&day(None, 9, None)), [(1, DueToday), (3, DueToday), (2, DueToday)]);
        assert_eq!(numbers(&day(None, 0, None)), [(1, DueToday)]);
        assert_eq!(day(Some(FreeDay::Weekday), 9, None), []);
        assert_eq!(SUSPENDED.to_string(), "9999-01-01T00:00:00.000000Z");
    }

    #[test]
    fn more_brings_what_is_overdue_then_new_then_the_soonest() {
        let all = [
            tune(1, None, Some("2025-11-02T00:00:00Z")),
            tune(2, None, Some("2025-10-20T00:00:00Z")),
            tune(3, None, None),
            tune(4, None, Some("2025-01-01T00:00:00Z")),
            tune(5, None, Some("2025-10-14T00:00:00Z")),
            tune(6, None, Some("2025-10-16T10:00:00Z")),
        ];
        use Bucket::*;
        let present = [TuneId(Uuid::from_u128(6))];
        let expected = [(5, Lapsed), (4, OldLapsed), (3, New), (2, DueToday), (1, DueToday)];
        assert_eq!(numbers(&more(&all, &present, &window(), 50)), expected);
        assert_eq!(numbers(&more(&all, &present, &window(), 2)), expected[..2]);
        assert_eq!(more(&all, &present, &window(), 0), []);
    }
}
