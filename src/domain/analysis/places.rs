//! What comes, for how long tunes keep, what she would remember now, by kind of tune.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Dates, Measures, PlaceStanding, Placed};
use crate::domain::ids::TuneId;
use crate::domain::order::Sort;
use crate::domain::practice_days::monday;
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::retrievability;
use crate::domain::time::{DAY_MICROS, LocalDay, Timestamp, Zone};

/// How many days are foretold, today among them.
pub const FORECAST_DAYS: usize = 28;
/// How far ahead it is seen when what is overdue is played: three years.
const FARTHEST: usize = 1096;
/// Bounds of the stabilities in days: up to a week, two, a month, three, six, a year; beyond it is the last.
pub const STABILITY_BOUNDS: [f32; 6] = [7.0, 14.0, 30.0, 91.0, 182.0, 365.0];
/// How many of the stalest tunes are named.
const STALEST: usize = 10;

/// What comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Due before today, and not rated yet.
    pub overdue: u32,
    /// Due on each of the next days, today first.
    pub days: Vec<u32>,
    /// Due after those.
    pub later: u32,
    /// How many of the overdue ones each of these days has room for, beside what falls due on it.
    pub backlog: Vec<u32>,
    /// On which day the last of them is played, today being the first; `None`: there are none, or there is never room for them.
    pub caught_up: Option<u32>,
    /// Never rated, and not wished for.
    pub new: u32,
    /// Put aside until further notice.
    pub put_aside: u32,
    /// How many she practises a day at most; `None`: no limit.
    pub most: Option<u32>,
}

/// How likely she knows a tune now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Band {
    /// As likely as the schedule aims at, or more.
    Fresh,
    /// Less than that, seven in ten or more.
    Fading,
    /// Half or more.
    Stale,
    /// Less than half.
    Rusty,
}

impl Band {
    /// All, the best first.
    pub const ALL: [Band; 4] = [Band::Fresh, Band::Fading, Band::Stale, Band::Rusty];

    fn of(known: f32, target: f32) -> Self {
        match known {
            known if known >= target => Band::Fresh,
            known if known >= 0.7 => Band::Fading,
            known if known >= 0.5 => Band::Stale,
            _ => Band::Rusty,
        }
    }
}

/// A tune that is likely to be forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaleTune {
    /// The tune.
    pub tune: TuneId,
    /// Its title.
    pub title: Option<String>,
    /// How likely she knows it now.
    pub known: f32,
    /// When it was last rated.
    pub practiced: Timestamp,
}

/// What she would remember now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Freshness {
    /// How many tunes in each of [`Band::ALL`].
    pub bands: [u32; 4],
    /// How many of all rated tunes she is likely to know.
    pub expected: f32,
    /// The likeliest to be forgotten, the worst first; none that is fresh.
    pub stalest: Vec<StaleTune>,
}

/// A kind of tune.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindCoverage {
    /// The kind as stored; `None`: not said.
    pub kind: Option<String>,
    /// Tunes of it.
    pub tunes: u32,
    /// Those that were rated.
    pub rated: u32,
    /// Those that are fresh.
    pub fresh: u32,
    /// How many of the rated ones she is likely to know now.
    pub expected: f32,
}

/// The places, and what they are seen by.
pub(super) struct View<'a, Z> {
    places: &'a [Placed],
    /// How likely each is known now.
    known: Vec<Option<f32>>,
    measures: Measures<'a>,
    today: LocalDay,
    zone: &'a Z,
}

impl<'a, Z: Zone> View<'a, Z> {
    pub(super) fn new(
        places: &'a [Placed],
        measures: Measures<'a>,
        now: Timestamp,
        today: LocalDay,
        zone: &'a Z,
    ) -> Self {
        let known = |standing: &PlaceStanding| {
            let days = (now.micros() - standing.practiced.micros()).max(0) as f64 / DAY_MICROS as f64;
            retrievability(measures.scheduler, standing.stability, days as f32)
        };
        let known = places.iter().map(|place| place.standing.as_ref().map(known)).collect();
        View { places, known, measures, today, zone }
    }

    fn rated(&self) -> impl Iterator<Item = (&Placed, PlaceStanding, f32)> {
        let with = |(place, known): (&'a Placed, &Option<f32>)| Some((place, place.standing?, (*known)?));
        self.places.iter().zip(&self.known).filter_map(with)
    }

    pub(super) fn forecast(&self) -> Forecast {
        let most = self.measures.practice.most;
        let mut forecast = Forecast {
            overdue: 0,
            days: Vec::new(),
            later: 0,
            backlog: vec![0; FORECAST_DAYS],
            caught_up: None,
            new: 0,
            put_aside: 0,
            most: (most > 0).then_some(most),
        };
        let mut comes: Vec<Timestamp> = Vec::new();
        for place in self.places {
            match place.scheduled.or(place.standing.map(|standing| standing.due)) {
                Some(at) if at == SUSPENDED => forecast.put_aside += 1,
                Some(at) => comes.push(at),
                None => forecast.new += 1,
            }
        }
        comes.put_in_order(Ord::cmp);
        let mut dates = Dates { zone: self.zone, day: None };
        let mut due = vec![0; FARTHEST];
        for at in comes {
            match usize::try_from(dates.of(at).days_since(self.today.date)) {
                Err(_) => forecast.overdue += 1,
                Ok(day) => match due.get_mut(day) {
                    Some(due) => *due += 1,
                    None => forecast.later += 1,
                },
            }
        }
        self.lay_out(&mut forecast, &due);
        forecast.later += due.split_off(FORECAST_DAYS).iter().sum::<u32>();
        forecast.days = due;
        forecast
    }

    /// Lays what is overdue onto the days that have room for it by her own rules.
    fn lay_out(&self, forecast: &mut Forecast, due: &[u32]) {
        let (mut rest, mut practised) = (forecast.overdue, 0);
        for (at, due) in due.iter().enumerate() {
            if rest == 0 {
                return;
            }
            let date = self.today.date.plus_days(at as u64);
            if date == monday(date) {
                practised = 0;
            }
            let plan = self.measures.practice.plan(date, practised);
            if plan.free.is_some() {
                continue;
            }
            practised += 1;
            let room = plan.most.map_or(rest, |most| (most as u32).saturating_sub(*due)).min(rest);
            rest -= room;
            if let Some(day) = forecast.backlog.get_mut(at) {
                *day = room;
            }
            if rest == 0 {
                forecast.caught_up = Some(at as u32 + 1);
            }
        }
    }

    pub(super) fn stability(&self) -> Vec<u32> {
        let mut counts = vec![0; STABILITY_BOUNDS.len() + 1];
        for (_, standing, _) in self.rated() {
            let at = STABILITY_BOUNDS.partition_point(|bound| *bound < standing.stability);
            counts[at] += 1;
        }
        counts
    }

    pub(super) fn freshness(&self) -> Freshness {
        let target = self.measures.scheduler.retention;
        let mut freshness = Freshness { bands: [0; 4], expected: 0.0, stalest: Vec::new() };
        let mut stale: Vec<(f32, &Placed, Timestamp)> = Vec::new();
        for (place, standing, known) in self.rated() {
            let band = Band::of(known, target);
            freshness.bands[band as usize] += 1;
            freshness.expected += known;
            if band != Band::Fresh && place.scheduled != Some(SUSPENDED) {
                stale.push((known, place, standing.practiced));
            }
        }
        stale.put_in_order(|(a, one, _), (b, other, _)| a.total_cmp(b).then(one.tune.cmp(&other.tune)));
        let named = stale.into_iter().take(STALEST);
        freshness.stalest = named
            .map(|(known, place, practiced)| StaleTune {
                tune: place.tune,
                title: place.title.clone(),
                known,
                practiced,
            })
            .collect();
        freshness
    }

    pub(super) fn kinds(&self) -> Vec<KindCoverage> {
        let target = self.measures.scheduler.retention;
        let mut kinds: BTreeMap<Option<&str>, KindCoverage> = BTreeMap::new();
        for (place, known) in self.places.iter().zip(&self.known) {
            let empty = || KindCoverage { kind: place.kind.clone(), tunes: 0, rated: 0, fresh: 0, expected: 0.0 };
            let kind = kinds.entry(place.kind.as_deref()).or_insert_with(empty);
            kind.tunes += 1;
            if let Some(known) = known {
                kind.rated += 1;
                kind.fresh += u32::from(Band::of(*known, target) == Band::Fresh);
                kind.expected += known;
            }
        }
        let mut kinds: Vec<KindCoverage> = kinds.into_values().collect();
        // What has no kind comes last, equals by name.
        kinds.put_in_order_of(|kind| (kind.kind.is_none(), std::cmp::Reverse(kind.tunes)));
        kinds
    }
}
