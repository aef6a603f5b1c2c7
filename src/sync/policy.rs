//! What differs from table to table when two devices disagree: deletions, and which disagreements a person wants to hear of.
//! The tables of `docs/sync.md` are these two functions in words.

use crate::remedies::{Remedy, on};
use crate::store::schema::Table;

/// What happens when one device deletes a row and another edits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletePolicy {
    /// The row stays deleted, whichever came later.
    DeleteWins,
    /// An edit later than the delete brings the row back: nobody loses work she did on it.
    LaterEditRevives,
}

/// The policy of that table.
pub fn on_delete(table: Table) -> DeletePolicy {
    match table {
        _ if !on(Remedy::DeletePolicies) => DeletePolicy::LaterEditRevives,
        // Things a person has put work into.
        Table::UserProfile
        | Table::Instrument
        | Table::Tune
        | Table::TuneOverride
        | Table::Playlist
        | Table::Note
        | Table::Reference
        | Table::PrefsSpacedRepetition
        | Table::PrefsSchedulingOptions => DeletePolicy::LaterEditRevives,
        // Links, and rows that say where something stands: made again at a touch.
        Table::PlaylistTune
        | Table::Tag
        | Table::DailyPracticeQueue
        | Table::TabGroupMainState
        | Table::TableState
        | Table::TableTransientData => DeletePolicy::DeleteWins,
        // A rating taken back stays taken back.
        Table::PracticeRecord => DeletePolicy::DeleteWins,
        // Never deleted by a device.
        Table::Genre | Table::TuneType | Table::GenreTuneType => DeletePolicy::DeleteWins,
    }
}

/// Columns that say one thing together: of two devices' values of them one device's stand, all of them, even where some are alike.
pub const fn together(table: Table) -> &'static [&'static str] {
    match table {
        // What became of the tune today.
        Table::DailyPracticeQueue => &["completed_at", "exposures_completed", "outcome"],
        // One evaluation, and what follows from it.
        Table::TableTransientData => &[
            "recall_eval",
            "practiced",
            "quality",
            "easiness",
            "difficulty",
            "stability",
            "interval",
            "step",
            "repetitions",
            "due",
            "backup_practiced",
            "goal",
            "technique",
            "state",
        ],
        _ => &[],
    }
}

/// Is a field of that table that was changed on two devices worth a person's attention? Not where the app itself writes.
pub const fn is_worth_telling(table: Table) -> bool {
    !matches!(
        table,
        Table::DailyPracticeQueue
            | Table::TabGroupMainState
            | Table::TableState
            | Table::TableTransientData
            | Table::PracticeRecord
            | Table::Tag
    )
}
