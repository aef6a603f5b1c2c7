//! Lists of tunes: what a line may show, what is searched, filtered and sorted by, and how a person wants a list to look.

use serde::{Deserialize, Serialize};

use super::ids::TuneId;
use super::queue::SUSPENDED;
use super::time::{DAY_MICROS, LocalDay, Timestamp};
use super::tune::TuneFields;

/// Which tunes a list is of; each has a look of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// All tunes one may see.
    Catalog,
    /// Those of the current repertoire.
    Repertoire,
}

/// What a line may say of a tune. The names are stored with people's settings: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Title; always the first.
    Title,
    /// Kind of tune.
    Kind,
    /// Key and mode.
    Mode,
    /// Parts.
    Structure,
    /// First bars.
    Incipit,
    /// Genre.
    Genre,
    /// The catalog's, her version of it, or hers alone.
    Whose,
    /// Her tags.
    Tags,
    /// When it was learned.
    Learned,
    /// What it is practised for.
    Goal,
    /// When she herself said it shall come.
    Scheduled,
    /// When it was last played.
    LastPlayed,
    /// How that went.
    LastRating,
    /// When it is due.
    Due,
    /// For how many days it is kept in mind.
    Stability,
    /// How often it was lost.
    Lapses,
}

impl Column {
    /// All, in the order in which they are offered.
    pub const ALL: [Column; 16] = [
        Column::Title,
        Column::Kind,
        Column::Mode,
        Column::Structure,
        Column::Incipit,
        Column::Genre,
        Column::Whose,
        Column::Tags,
        Column::Due,
        Column::LastPlayed,
        Column::LastRating,
        Column::Scheduled,
        Column::Learned,
        Column::Goal,
        Column::Stability,
        Column::Lapses,
    ];
}

/// Whether a tune is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueState {
    /// Today, or earlier.
    Due,
    /// Within the next seven days.
    Soon,
    /// Later than that.
    Later,
    /// Never rated.
    New,
    /// Not until further notice.
    PutAside,
}

impl DueState {
    /// All, in the order in which they are offered.
    pub const ALL: [DueState; 5] = [DueState::Due, DueState::Soon, DueState::Later, DueState::New, DueState::PutAside];

    /// Of a tune that comes at `due`, on the day `today`.
    pub fn of(due: Option<Timestamp>, today: &LocalDay) -> Self {
        match due {
            None => DueState::New,
            Some(SUSPENDED) => DueState::PutAside,
            Some(at) if at < today.end => DueState::Due,
            Some(at) if at.micros() < today.end.micros() + 7 * DAY_MICROS => DueState::Soon,
            Some(_) => DueState::Later,
        }
    }
}

/// Whose a tune is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Made by her, seen by nobody else.
    Private,
    /// The catalog's, with values of her own.
    Version,
    /// The catalog's.
    Catalog,
}

/// What a list is narrowed to. An empty list of values lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Kinds of tune.
    pub kinds: Vec<String>,
    /// Keys and modes.
    pub modes: Vec<String>,
    /// Genres.
    pub genres: Vec<String>,
    /// Tags; one of them is enough.
    pub tags: Vec<String>,
    /// Whose they are.
    pub whose: Vec<Whose>,
    /// Whether they are due.
    pub due: Vec<DueState>,
}

impl Filters {
    /// How many values are chosen.
    pub fn count(&self) -> usize {
        let texts = [&self.kinds, &self.modes, &self.genres, &self.tags];
        texts.iter().map(|values| values.len()).sum::<usize>() + self.whose.len() + self.due.len()
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorting {
    /// By what.
    pub column: Column,
    /// The largest first? What has no value comes last either way.
    pub descending: bool,
}

impl Default for Sorting {
    fn default() -> Self {
        Sorting { column: Column::Title, descending: false }
    }
}

/// Which lines a list has, and in which order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Of which tunes.
    pub scope: Scope,
    /// Words of titles, first bars, kinds, keys, tags; empty = all. Case, accents, articles and apostrophes do not matter.
    pub text: String,
    /// What it is narrowed to.
    pub filters: Filters,
    /// The order. By title, what fits a search best comes first.
    pub sorting: Sorting,
}

impl ListQuery {
    /// All tunes of `scope` by title.
    pub fn all(scope: Scope) -> Self {
        ListQuery { scope, text: String::new(), filters: Filters::default(), sorting: Sorting::default() }
    }
}

/// How a person wants a list to look, on one size of screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLook {
    /// What its lines show, in this order; the title is always there, and first.
    pub columns: Vec<Column>,
    /// The order.
    pub sorting: Sorting,
    /// What it is narrowed to.
    pub filters: Filters,
}

impl TableLook {
    /// Until she says otherwise.
    pub fn usual(scope: Scope, size: ScreenSize) -> Self {
        use Column::{Due, Incipit, Kind, LastPlayed, Mode, Structure, Tags, Title, Whose};
        let columns = match (scope, size) {
            (Scope::Catalog, ScreenSize::Small) => vec![Title, Kind, Mode, Whose],
            (Scope::Catalog, ScreenSize::Full) => vec![Title, Kind, Mode, Structure, Incipit],
            (Scope::Repertoire, ScreenSize::Small) => vec![Title, Kind, Mode, Due],
            (Scope::Repertoire, ScreenSize::Full) => vec![Title, Kind, Mode, Due, LastPlayed, Tags],
        };
        TableLook { columns, sorting: Sorting::default(), filters: Filters::default() }
    }

    /// Moves a column one place; the title stays where it is.
    pub fn shift(&mut self, column: Column, forwards: bool) {
        let Some(at) = self.columns.iter().position(|c| *c == column).filter(|at| *at > 0) else { return };
        let to = if forwards { at + 1 } else { at - 1 };
        if to > 0 && to < self.columns.len() {
            self.columns.swap(at, to);
        }
    }

    /// Shows a column, as the last, or hides it.
    pub fn toggle(&mut self, column: Column) {
        if column == Column::Title {
            return;
        }
        match self.columns.iter().position(|c| *c == column) {
            Some(at) => drop(self.columns.remove(at)),
            None => self.columns.push(column),
        }
    }

    /// Without what makes no sense: the title first, no column twice.
    pub fn mended(mut self) -> Self {
        self.columns.insert(0, Column::Title);
        let mut seen = Vec::new();
        self.columns.retain(|column| {
            !seen.contains(column) && {
                seen.push(*column);
                true
            }
        });
        self
    }
}

/// A phone's width, or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScreenSize {
    /// Cards.
    Small,
    /// A table.
    Full,
}

/// Where a tune stands in a repertoire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// When it is due; `None` if it was never rated there.
    pub due: Option<Timestamp>,
    /// When she herself said it shall come.
    pub scheduled: Option<Timestamp>,
    /// When it was learned.
    pub learned: Option<Timestamp>,
    /// What it is practised for.
    pub goal: Option<String>,
    /// When it was last played.
    pub last_played: Option<Timestamp>,
    /// How that went, 1–4.
    pub last_rating: Option<i64>,
    /// For how many days it is kept in mind.
    pub stability: Option<f64>,
    /// How often it was lost.
    pub lapses: Option<i64>,
}

impl Place {
    /// When it comes: her own word, else the schedule's.
    pub fn comes(&self) -> Option<Timestamp> {
        self.scheduled.or(self.due)
    }
}

/// A line of a list of tunes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneLine {
    /// The tune.
    pub id: TuneId,
    /// As this person sees it (override over catalog).
    pub fields: TuneFields,
    /// Whose it is.
    pub whose: Whose,
    /// Where it stands in the current repertoire, if it is in it.
    pub place: Option<Place>,
    /// Her tags.
    pub tags: Vec<String>,
}

/// A window of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TunePage {
    /// The number of the first line.
    pub offset: u32,
    /// The lines asked for.
    pub tunes: Vec<TuneLine>,
    /// How many match.
    pub total: u32,
    /// How many there are without search and filters.
    pub of: u32,
}

/// A value to filter by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// As it is stored.
    pub value: String,
    /// How many tunes have it.
    pub count: u32,
}

/// The values that occur in a list, the most frequent first; tags by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Kinds of tune.
    pub kinds: Vec<Facet>,
    /// Keys and modes.
    pub modes: Vec<Facet>,
    /// Genres.
    pub genres: Vec<Facet>,
    /// Tags.
    pub tags: Vec<Facet>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn due_states_follow_the_local_day() {
        let zone = chrono::FixedOffset::west_opt(4 * 3600).unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let today = LocalDay::containing("2026-03-02T12:00:00Z".parse().unwrap(), &zone);
        assert_eq!(DueState::of(at("2026-03-03T03:59:00Z"), &today), DueState::Due);
        assert_eq!(DueState::of(at("2026-03-03T04:00:00Z"), &today), DueState::Soon);
        assert_eq!(DueState::of(at("2026-03-20T04:00:00Z"), &today), DueState::Later);
        assert_eq!(DueState::of(None, &today), DueState::New);
    }

    #[test]
    fn the_title_stays_first_whatever_is_moved_or_stored() {
        let mut look = TableLook::usual(Scope::Catalog, ScreenSize::Small);
        look.shift(Column::Kind, false);
        assert_eq!(look.columns[..2], [Column::Title, Column::Kind]);
        look.shift(Column::Kind, true);
        assert_eq!(look.columns[..3], [Column::Title, Column::Mode, Column::Kind]);
        look.shift(Column::Whose, true);
        look.toggle(Column::Title);
        look.toggle(Column::Kind);
        look.toggle(Column::Tags);
        assert_eq!(look.columns, [Column::Title, Column::Mode, Column::Whose, Column::Tags]);
        let odd = TableLook { columns: vec![Column::Due, Column::Title, Column::Due], ..look };
        assert_eq!(odd.mended().columns, [Column::Title, Column::Due]);
    }
}
