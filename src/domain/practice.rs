//! Practice as a person meets it: ratings, the day's queue, what each choice would do.

use serde::{Deserialize, Serialize};

use super::ids::{PlaylistId, PracticeRecordId, QueueEntryId, TuneId};
use super::time::{LocalDay, Timestamp};
use super::tune::TuneFields;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rating {
    /// Forgot: start over.
    Again = 1,
    /// Got through, with trouble.
    Hard = 2,
    /// Recalled as it should be.
    Good = 3,
    /// Without effort.
    Easy = 4,
}

impl Rating {
    /// All four, worst first.
    pub const ALL: [Rating; 4] = [Rating::Again, Rating::Hard, Rating::Good, Rating::Easy];

    /// The number stored in `practice_record.quality`.
    pub const fn quality(self) -> i64 {
        self as i64
    }

    /// The rating of a stored number 1–4.
    pub fn from_quality(quality: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.quality() == quality)
    }

    /// The word on the button.
    pub const fn label(self) -> &'static str {
        match self {
            Rating::Again => "Again",
            Rating::Hard => "Hard",
            Rating::Good => "Good",
            Rating::Easy => "Easy",
        }
    }
}

/// Why a tune is in today's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bucket {
    /// Falls due today.
    DueToday = 1,
    /// Fell due within the delinquency window.
    Lapsed = 2,
    /// Never practised here.
    New = 3,
    /// Fell due before the delinquency window.
    OldLapsed = 4,
}

impl Bucket {
    /// The bucket of a stored number 1–4.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Bucket::DueToday),
            2 => Some(Bucket::Lapsed),
            3 => Some(Bucket::New),
            4 => Some(Bucket::OldLapsed),
            _ => None,
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Bucket::DueToday => "Due Today",
            Bucket::Lapsed => "Lapsed",
            Bucket::New => "New",
            Bucket::OldLapsed => "Old Lapsed",
        }
    }
}

/// What one choice would do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatingPreview {
    /// The choice.
    pub rating: Rating,
    /// When the tune would come back.
    pub due: Timestamp,
    /// In how many days, at least 1.
    pub interval_days: u32,
    /// FSRS stability after it, in days.
    pub stability: f32,
    /// FSRS difficulty after it, 1–10.
    pub difficulty: f32,
}

/// One tune of a day's queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueEntry {
    /// The row.
    pub id: QueueEntryId,
    /// The tune.
    pub tune: TuneId,
    /// What its card says.
    pub fields: TuneFields,
    /// Why it is here.
    pub bucket: Bucket,
    /// What was due, and when.
    pub due: Option<Timestamp>,
    /// When it was last played.
    pub last_practiced: Option<Timestamp>,
    /// When it was rated today.
    pub completed: Option<Timestamp>,
    /// How it was rated today.
    pub rating: Option<Rating>,
}

/// A day's queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueView {
    /// The repertoire.
    pub playlist: PlaylistId,
    /// The day.
    pub day: LocalDay,
    /// The tunes in their order, rated ones included.
    pub entries: Vec<QueueEntry>,
    /// The last rating, if it can be taken back.
    pub undo: Option<UndoableRating>,
}

/// A rating that can be taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoableRating {
    /// The record.
    pub record: PracticeRecordId,
    /// The tune.
    pub tune: TuneId,
    /// Its title.
    pub title: String,
    /// How it was rated.
    pub rating: Rating,
}

/// One line of a tune's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PracticeEntry {
    /// The record.
    pub id: PracticeRecordId,
    /// When.
    pub practiced: Option<Timestamp>,
    /// 1–4, or 0–5 where `sm2`.
    pub quality: Option<i64>,
    /// Rated on the old SM2 scale?
    pub sm2: bool,
    /// When it was due next.
    pub due: Option<Timestamp>,
}
