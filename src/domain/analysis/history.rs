//! The practice history: every rating, narrowed, page by page; and as a table for other programs.

use serde::{Deserialize, Serialize};

use crate::domain::csv;
use crate::domain::ids::{PlaylistId, PracticeRecordId, TuneId};
use crate::domain::practice::Rating;
use crate::domain::time::{CalendarDate, Timestamp, Zone};

/// Which ratings. What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryQuery {
    /// Words of the tune's title.
    pub text: String,
    /// How it went; one of them.
    pub ratings: Vec<Rating>,
    /// On this day or later.
    pub from: Option<CalendarDate>,
    /// On this day or earlier.
    pub to: Option<CalendarDate>,
    /// In this repertoire.
    pub playlist: Option<PlaylistId>,
}

/// A rating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// The record.
    pub id: PracticeRecordId,
    /// The tune.
    pub tune: TuneId,
    /// Its title.
    pub title: Option<String>,
    /// The repertoire's name.
    pub repertoire: String,
    /// When.
    pub practiced: Timestamp,
    /// How it went.
    pub rating: Rating,
    /// On the old SM2 scale: the number.
    pub sm2: Option<i64>,
    /// Days until the next time.
    pub interval: Option<i64>,
    /// When it was due next.
    pub due: Option<Timestamp>,
    /// For how many days it was kept in mind then.
    pub stability: Option<f64>,
    /// What it was practised for.
    pub goal: Option<String>,
    /// How it was practised.
    pub technique: Option<String>,
}

/// A part of the history, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// How many later ones were skipped.
    pub offset: u32,
    /// The ratings.
    pub lines: Vec<HistoryLine>,
    /// How many there are in all.
    pub total: u32,
}

/// The columns of [`csv_head`].
const COLUMNS: [&str; 14] = [
    "Day",
    "Time",
    "Time (UTC)",
    "Tune",
    "Repertoire",
    "Rating",
    "SM2 quality",
    "Days until next",
    "Due (UTC)",
    "Stability",
    "Goal",
    "Technique",
    "Tune id",
    "Record id",
];

/// The beginning of the table.
pub fn csv_head() -> String {
    let mut out = csv::BYTE_ORDER_MARK.to_owned();
    csv::push_row(&mut out, COLUMNS);
    out
}

impl HistoryLine {
    /// Its line in the table, after those before it.
    pub fn push_csv(&self, out: &mut String, zone: &impl Zone) {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let minutes = zone.minutes_at(self.practiced);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        csv::push_row(
            out,
            [
                zone.date_at(self.practiced).to_string(),
                format!("{:02}:{:02}", minutes / 60, minutes % 60),
                self.practiced.to_string(),
                text(&self.title),
                self.repertoire.clone(),
                self.rating.label().to_owned(),
                number(self.sm2),
                number(self.interval),
                self.due.map(|due| due.to_string()).unwrap_or_default(),
                self.stability.map(|days| format!("{days:.2}")).unwrap_or_default(),
                text(&self.goal),
                text(&self.technique),
                self.tune.to_string(),
                self.id.to_string(),
            ],
        );
    }
}
