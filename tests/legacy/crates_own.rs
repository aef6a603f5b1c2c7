//! What the `fsrs` crate says about a tune, from the legacy file alone: nothing of the app's own scheduler is asked.
// The one who includes it need not use all of it.
#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;

use fsrs::{FSRS, MemoryState};
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::value::LegacyValue;
use tunetrees::legacy::{Source, catalogue, time};

const DAY: i64 = 86_400_000_000;

/// A rating.
#[derive(Clone, Debug)]
pub struct Review {
    /// When.
    pub practiced: Timestamp,
    /// Its number in the file: breaks ties of time.
    pub id: i64,
    /// 1–4, or 0–5 where `sm2`.
    pub quality: i64,
    /// Easiness, interval and due date of an SM2 rating.
    pub sm2: Option<(f64, i64, Option<Timestamp>)>,
}

/// The records of the file by repertoire and tune, each in its order.
pub fn history(source: &Source) -> BTreeMap<(i64, i64), Vec<Review>> {
    let mut all: BTreeMap<(i64, i64), Vec<Review>> = BTreeMap::new();
    source
        .each(catalogue::table("practice_record").unwrap(), |row| {
            let at = |column: &str| row.word(column).and_then(time::parse);
            let easiness = match row.get("easiness") {
                LegacyValue::Real(x) => Some(*x),
                _ => None,
            };
            let review = Review {
                practiced: at("practiced").unwrap(),
                id: row.int("id").unwrap(),
                quality: row.int("quality").unwrap(),
                sm2: easiness.map(|e| (e, row.int("interval").unwrap_or(0), at("due"))),
            };
            all.entry((row.int("playlist_ref").unwrap(), row.int("tune_ref").unwrap())).or_default().push(review);
            Ok(())
        })
        .unwrap();
    all.values_mut().for_each(|reviews| reviews.sort_by_key(|r| (r.practiced, r.id)));
    all
}

/// A person's settings in the file, and the crate with her weights.
pub struct Crate {
    fsrs: FSRS,
    /// How many weights she has.
    pub weights: usize,
    retention: f32,
    most: i64,
}

impl Crate {
    /// With the settings of that person.
    pub fn of(source: &Source, person: i64) -> Crate {
        let mut found = None;
        source
            .each(catalogue::table("prefs_spaced_repetition").unwrap(), |row| {
                if row.int("user_id") == Some(person) && row.word("alg_type") == Some("FSRS") {
                    let weights: Vec<f32> = serde_json::from_str(row.word("fsrs_weights").unwrap()).unwrap();
                    let LegacyValue::Real(retention) = *row.get("request_retention") else { panic!("no retention") };
                    let fsrs = FSRS::new(&weights).unwrap();
                    let most = row.int("maximum_interval").unwrap();
                    found = Some(Crate { fsrs, weights: weights.len(), retention: retention as f32, most });
                }
                Ok(())
            })
            .unwrap();
        found.expect("the file has her settings for FSRS")
    }

    /// With intervals of that many days at most, instead of what the file says.
    pub fn up_to(self, most: i64) -> Crate {
        Crate { most, ..self }
    }

    /// Memory after the last of `reviews`, and when the tune is due, without any fuzz.
    pub fn after(&self, reviews: &[Review]) -> (MemoryState, Timestamp) {
        let mut memory: Option<MemoryState> = None;
        let mut last: Option<Timestamp> = None;
        let mut due = Timestamp::from_micros(0);
        for review in reviews {
            // SM2: 0–1 Again, 2–3 Hard, 4 Good, 5 Easy.
            let choice = match (&review.sm2, review.quality) {
                (_, ..=1) => 0,
                (Some(_), 2 | 3) | (None, 2) => 1,
                (Some(_), 4) | (None, 3) => 2,
                _ => 3,
            };
            let days = match (memory, &review.sm2) {
                (None, Some((easiness, interval, _))) if *interval >= 1 => {
                    memory = Some(self.fsrs.memory_state_from_sm2(*easiness as f32, *interval as f32, 0.9).unwrap());
                    self.fsrs.next_interval(memory.map(|m| m.stability), self.retention, 3)
                }
                _ => {
                    // Whole days, the nearest.
                    let micros = last.map_or(0, |before| review.practiced.micros() - before.micros());
                    let elapsed = u32::try_from((micros + DAY / 2) / DAY).unwrap();
                    let next = self.fsrs.next_states(memory, self.retention, elapsed).unwrap();
                    let chosen = [next.again, next.hard, next.good, next.easy][choice].clone();
                    memory = Some(chosen.memory);
                    chosen.interval
                }
            };
            let told = review.sm2.as_ref().and_then(|(_, _, due)| *due);
            due = told.unwrap_or_else(|| review.practiced.plus_days((days.round() as i64).clamp(1, self.most)));
            last = Some(review.practiced);
        }
        (memory.unwrap(), due)
    }
}
