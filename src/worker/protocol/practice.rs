//! What the practice pages ask of the worker, and its answers. May know: `domain`.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{PlaylistId, QueueEntryId, TuneId};
use crate::domain::listing::ScreenSize;
use crate::domain::practice::{QueueDay, QueueView, Rating, RatingPreview, TrainingState};
use crate::domain::practice_days::PracticeDays;
use crate::domain::practice_look::PracticeLook;
use crate::domain::scheduling::{Goal, Manner, SchedulerPrefs, Technique};
use crate::domain::time::{CalendarDate, Timestamp};

/// A request of the practice pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PracticeRequest {
    /// The queue she is in the middle of: the newest stored one, or else today's. → `Queue`
    CurrentQueue,
    /// Submit what is staged and make today's queue. → `Queue`
    NewQueue,
    /// Plan today anew; what is rated stays. → `Queue`
    RenewQueue,
    /// The queue of any day: as it was, or as it would be. → `Queue`
    QueueOf {
        /// The day.
        date: CalendarDate,
    },
    /// The days that have a queue, newest first. → `Days`
    QueueDays {
        /// How many to leave out.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// What each rating would do to that tune now. → `Previews`
    PreviewRatings {
        /// The repertoire.
        playlist: PlaylistId,
        /// The tune.
        tune: TuneId,
        /// What for and how; `None`: as it is set.
        manner: Option<Manner>,
    },
    /// Choose how it went, to be submitted later. → `Queue` of that day
    Stage {
        /// The day whose queue is shown.
        date: CalendarDate,
        /// The queue's row.
        entry: QueueEntryId,
        /// How it went; `None` takes the choice back.
        rating: Option<Rating>,
        /// How it was practised; `None`: as the last time.
        technique: Option<Technique>,
        /// It came once more on this day: what was chosen the first time is submitted.
        repeat: bool,
    },
    /// Submit what is staged in that day's queue. → `Queue` of that day
    Submit {
        /// The day whose queue is shown.
        date: CalendarDate,
    },
    /// Take back the last thing done in the queue of that day. → `Queue` of that day
    Undo {
        /// The day whose queue is shown.
        date: CalendarDate,
    },
    /// Put a tune aside until tomorrow. → `Queue` of that day
    Bury {
        /// The day whose queue is shown.
        date: CalendarDate,
        /// The queue's row.
        entry: QueueEntryId,
    },
    /// Put a tune aside until further notice. → `Queue` of that day
    Suspend {
        /// The day whose queue is shown.
        date: CalendarDate,
        /// The queue's row.
        entry: QueueEntryId,
    },
    /// When she wants a tune to come; `None`: as the schedule says. → `Done`
    Wish {
        /// The tune.
        tune: TuneId,
        /// When.
        when: Option<Timestamp>,
    },
    /// What a tune is practised for. → `Done`
    SetGoal {
        /// The tune.
        tune: TuneId,
        /// The goal.
        goal: Goal,
    },
    /// When a tune was learned. → `Done`
    SetLearned {
        /// The tune.
        tune: TuneId,
        /// When; `None`: not said.
        when: Option<Timestamp>,
    },
    /// The goals to choose from. → `Goals`
    Goals,
    /// Put more tunes into today's queue, or another one she is in the middle of. → `Queue` of that day
    AddMore {
        /// The day whose queue is shown.
        date: CalendarDate,
        /// How many, 1–50.
        count: u32,
    },
    /// How the list looks on that size of screen. → `Look`
    Look {
        /// The size.
        screen: ScreenSize,
    },
    /// Keep how it looks. → `Done`
    SaveLook {
        /// The size of the screen.
        screen: ScreenSize,
        /// How.
        look: PracticeLook,
    },
    /// How much she wants to practise, and when. → `PracticeDays`
    PracticeDays,
    /// Set that. → `PracticeDays`
    SetPracticeDays(PracticeDays),
    /// What decides when a tune comes back. → `SchedulerPrefs`
    SchedulerPrefs,
    /// Set that. → `SchedulerPrefs`
    SetSchedulerPrefs(SchedulerPrefs),
    /// Fit the weights of FSRS to her own ratings: begin, or go on a little. Changes nothing. → `Training`
    Train {
        /// Begin anew?
        begin: bool,
    },
}

impl PracticeRequest {
    /// Does it leave something behind that a person would miss?
    pub(super) const fn is_edit(&self) -> bool {
        matches!(
            self,
            PracticeRequest::Stage { .. }
                | PracticeRequest::Submit { .. }
                | PracticeRequest::Bury { .. }
                | PracticeRequest::Suspend { .. }
                | PracticeRequest::Wish { .. }
                | PracticeRequest::SetGoal { .. }
                | PracticeRequest::SetLearned { .. }
                | PracticeRequest::SaveLook { .. }
                | PracticeRequest::SetPracticeDays(_)
                | PracticeRequest::SetSchedulerPrefs(_)
        )
    }
}

/// An answer of the practice pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PracticeAnswer {
    /// The queue of a day; `None` if there is no repertoire yet.
    Queue(Option<QueueView>),
    /// What the four ratings would do, in the order of [`Rating::ALL`].
    Previews(Vec<RatingPreview>),
    /// Days that have a queue.
    Days(Vec<QueueDay>),
    /// How the list looks.
    Look(PracticeLook),
    /// How much she wants to practise, and when.
    PracticeDays(PracticeDays),
    /// What decides when a tune comes back.
    SchedulerPrefs(SchedulerPrefs),
    /// What fitting the weights has come to.
    Training(TrainingState),
    /// Goals.
    Goals(Vec<Goal>),
}
