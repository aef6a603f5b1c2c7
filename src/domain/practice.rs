//! Practice as a person meets it: ratings, the day's queue, what each choice would do.

use serde::{Deserialize, Serialize};

use super::ids::{PlaylistId, PracticeRecordId, QueueEntryId, TuneId};
use super::practice_days::FreeDay;
use super::scheduling::Manner;
use super::time::{CalendarDate, LocalDay, Timestamp};
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

    /// The word stored in `table_transient_data.recall_eval`.
    pub const fn stored(self) -> &'static str {
        match self {
            Rating::Again => "again",
            Rating::Hard => "hard",
            Rating::Good => "good",
            Rating::Easy => "easy",
        }
    }

    /// The rating of a stored word.
    pub fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rating| rating.stored() == word)
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
    /// In how many whole days; 0 on the same day.
    pub interval_days: u32,
    /// FSRS stability after it, in days.
    pub stability: f32,
    /// FSRS difficulty after it, 1–10.
    pub difficulty: f32,
    /// Is it the longest break that her settings allow?
    pub longest: bool,
}

/// An evaluation that is chosen but not yet submitted: what it will do. It travels like everything else, so that it can be changed or
/// submitted on another device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Staged {
    /// The choice.
    pub rating: Rating,
    /// When it was chosen.
    pub practiced: Timestamp,
    /// When the tune comes back.
    pub due: Timestamp,
    /// In how many whole days.
    pub interval_days: u32,
    /// FSRS stability after it, in days.
    pub stability: f32,
    /// FSRS difficulty after it, 1–10.
    pub difficulty: f32,
}

/// Where a tune stands by its submitted ratings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// When it is due.
    pub due: Timestamp,
    /// FSRS stability in days.
    pub stability: f32,
    /// FSRS difficulty, 1–10.
    pub difficulty: f32,
    /// Ratings so far.
    pub repetitions: u32,
    /// How often it was known and then forgotten.
    pub lapses: u32,
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
    /// When it was rated today, and submitted.
    pub completed: Option<Timestamp>,
    /// How it was rated then.
    pub rating: Option<Rating>,
    /// How it is rated, not yet submitted.
    pub staged: Option<Staged>,
    /// When she herself said it shall come.
    pub scheduled: Option<Timestamp>,
    /// What for and how it is practised.
    pub manner: Manner,
    /// Where it stands by its submitted ratings.
    pub memory: Option<Memory>,
}

impl QueueEntry {
    /// A tune in that row of a queue, of which nothing else is known yet.
    pub fn new(id: QueueEntryId, tune: TuneId, bucket: Bucket) -> Self {
        QueueEntry {
            id,
            tune,
            fields: TuneFields::default(),
            bucket,
            due: None,
            last_practiced: None,
            completed: None,
            rating: None,
            staged: None,
            scheduled: None,
            manner: Manner::default(),
            memory: None,
        }
    }

    /// How it is rated on this day, submitted or not.
    pub fn shown_rating(&self) -> Option<Rating> {
        self.staged.as_ref().map(|staged| staged.rating).or(self.completed.and(self.rating))
    }

    /// Is it rated on this day, submitted or not?
    pub const fn is_rated(&self) -> bool {
        self.staged.is_some() || self.completed.is_some()
    }

    /// When it wants to be played once more on this day: a learning step, or a goal of less than a day.
    pub fn again_at(&self, day: LocalDay) -> Option<Timestamp> {
        let (played, due) = match &self.staged {
            Some(staged) => (staged.practiced, staged.due),
            None => (self.completed?, self.memory?.due),
        };
        // Rows of the old app are marked as played without a rating that says so: their tune is due since long, and not once more.
        (played < due && due < day.end).then_some(due)
    }

    /// Rated, and not to be played once more on this day.
    pub fn is_done(&self, day: LocalDay) -> bool {
        self.is_rated() && self.again_at(day).is_none()
    }
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
    /// The last thing done, if it can be taken back.
    pub undo: Option<Undoable>,
    /// Is it written down? If not, it is only what the day would bring.
    pub stored: bool,
    /// Nothing is planned for that day, and why.
    pub free: Option<FreeDay>,
    /// Are there tunes that “Add more” could bring?
    pub more: bool,
}

impl QueueView {
    /// How many evaluations wait for Submit.
    pub fn staged(&self) -> usize {
        self.entries.iter().filter(|entry| entry.staged.is_some()).count()
    }
}

/// What fitting the weights to her own history has come to so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TrainingState {
    /// There are too few ratings to learn from.
    TooFew {
        /// How many are needed.
        needed: u32,
    },
    /// Under way: ratings gone through, and to go through in all.
    Running {
        /// Gone through.
        done: u32,
        /// In all.
        all: u32,
    },
    /// Done: what would change.
    Done(TrainingResult),
}

/// What new weights would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingResult {
    /// The weights; those in use if no better ones were found.
    pub weights: Vec<f32>,
    /// From how many ratings.
    pub ratings: u32,
    /// How far the weights in use are off (log loss: lower is better).
    pub before: f32,
    /// How far the new ones are off.
    pub after: f32,
    /// Tunes that would come back sooner after a Good now.
    pub sooner: u32,
    /// Tunes that would come back later after it.
    pub later: u32,
    /// Tunes for which nothing changes.
    pub same: u32,
    /// Some of those that change most.
    pub examples: Vec<MovedTune>,
}

/// A tune that new weights would bring back after another time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedTune {
    /// Its title.
    pub title: String,
    /// Days after a Good now, with the weights in use.
    pub before: u32,
    /// With the new ones.
    pub after: u32,
}

/// A day that has a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDay {
    /// The day.
    pub date: CalendarDate,
    /// How many tunes.
    pub tunes: u32,
    /// How many of them were rated.
    pub rated: u32,
}

/// Something done that can be taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undoable {
    /// The tune.
    pub tune: TuneId,
    /// Its title.
    pub title: String,
    /// What was done.
    pub deed: Deed,
    /// When.
    pub at: Timestamp,
}

/// What was done to a tune of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Rated and submitted.
    Rated(Rating, PracticeRecordId),
    /// Rated, not yet submitted.
    Staged(Rating),
    /// A rating that was not yet submitted is taken back.
    Unstaged(Rating),
    /// Put aside until tomorrow.
    Buried,
    /// Put aside until further notice.
    Suspended,
    /// Sent to a later day.
    Postponed,
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
