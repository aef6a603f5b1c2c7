//! How a person wants the list of a day's queue to look: its columns, its order, what is hidden. Pure; the names are stored: never rename one.

use serde::{Deserialize, Serialize};

use super::listing::ScreenSize;

/// What a line of the practice list says of its tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeColumn {
    /// Why it is in the queue; always there.
    Why,
    /// Title; always there.
    Title,
    /// What it is practised for.
    Goal,
    /// How it is practised.
    Technique,
    /// Kind of tune.
    Kind,
    /// Key and mode.
    Mode,
    /// Parts.
    Structure,
    /// First bars.
    Incipit,
    /// When it was last played.
    LastPlayed,
    /// When it comes next.
    Next,
    /// From the last time to the next.
    Interval,
    /// For how many days it is kept in mind.
    Stability,
    /// How hard it is, 1–10.
    Difficulty,
    /// Ratings so far.
    Ratings,
    /// How often it was lost.
    Lapses,
}

impl PracticeColumn {
    /// Those that are shown or not, in the order in which they are offered.
    pub const CHOICES: [PracticeColumn; 13] = [
        PracticeColumn::Goal,
        PracticeColumn::Technique,
        PracticeColumn::Kind,
        PracticeColumn::Mode,
        PracticeColumn::Structure,
        PracticeColumn::Incipit,
        PracticeColumn::LastPlayed,
        PracticeColumn::Next,
        PracticeColumn::Interval,
        PracticeColumn::Stability,
        PracticeColumn::Difficulty,
        PracticeColumn::Ratings,
        PracticeColumn::Lapses,
    ];
}

/// An order other than the queue's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeSorting {
    /// By what.
    pub column: PracticeColumn,
    /// The largest first? What has no value comes last either way.
    pub descending: bool,
}

/// The look on one size of screen, for one repertoire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeLook {
    /// What its lines show behind why, title and rating, in this order.
    pub columns: Vec<PracticeColumn>,
    /// The order; `None`: the queue's own.
    pub sorting: Option<PracticeSorting>,
    /// Does the list show what is submitted? The same in all repertoires.
    pub submitted: bool,
}

impl PracticeLook {
    /// Until she says otherwise.
    pub fn usual(screen: ScreenSize) -> Self {
        use PracticeColumn::{Goal, Kind, LastPlayed, Mode, Next};
        let columns = match screen {
            ScreenSize::Small => vec![Goal, Kind, Mode, Next],
            ScreenSize::Full => vec![Goal, Kind, Mode, LastPlayed, Next],
        };
        PracticeLook { columns, sorting: None, submitted: false }
    }

    /// Shows a column, as the last, or hides it.
    pub fn toggle(&mut self, column: PracticeColumn) {
        match self.columns.iter().position(|c| *c == column) {
            Some(at) => drop(self.columns.remove(at)),
            None if PracticeColumn::CHOICES.contains(&column) => self.columns.push(column),
            None => {}
        }
    }

    /// Moves a column one place.
    pub fn shift(&mut self, column: PracticeColumn, forwards: bool) {
        let Some(at) = self.columns.iter().position(|c| *c == column) else { return };
        let to = if forwards { at + 1 } else { at.wrapping_sub(1) };
        if to < self.columns.len() {
            self.columns.swap(at, to);
        }
    }

    /// The order after the heading of a column was pressed: upwards, downwards, the queue's own again.
    pub fn press(&mut self, column: PracticeColumn) {
        self.sorting = match self.sorting {
            Some(PracticeSorting { column: by, descending }) if by == column => {
                (!descending).then_some(PracticeSorting { column, descending: true })
            }
            _ => Some(PracticeSorting { column, descending: false }),
        };
    }

    /// Without what makes no sense: no column twice, none that is always there.
    pub fn mended(mut self) -> Self {
        let mut seen = Vec::new();
        self.columns.retain(|column| {
            let first = PracticeColumn::CHOICES.contains(column) && !seen.contains(column);
            seen.push(*column);
            first
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::PracticeColumn::*;
    use super::*;

    #[test]
    fn columns_are_shown_moved_hidden_and_never_twice() {
        let mut look = PracticeLook::usual(ScreenSize::Small);
        look.toggle(Interval);
        look.shift(Interval, false);
        look.shift(Goal, false);
        look.toggle(Kind);
        look.toggle(Title);
        assert_eq!(look.columns, [Goal, Mode, Interval, Next]);
        let odd = PracticeLook { columns: vec![Next, Title, Next, Goal], ..look };
        assert_eq!(odd.mended().columns, [Next, Goal]);
    }

    #[test]
    fn a_heading_sorts_up_down_and_gives_the_queue_its_order_back() {
        let mut look = PracticeLook::usual(ScreenSize::Full);
        let mut after = || {
            look.press(Stability);
            look.sorting.map(|sorting| sorting.descending)
        };
        assert_eq!([after(), after(), after()], [Some(false), Some(true), None]);
    }
}
