//! How this device shows practice: cards or a list, which columns, what is hidden. In localStorage; never synced, never needed.

use leptos::prelude::*;

use crate::ui::model::card_faces::Faces;
use crate::ui::preferences::{read, write};

const LIST: &str = "tunetrees.practice.list";
const SUBMITTED: &str = "tunetrees.practice.submitted";
const FACES: &str = "tunetrees.practice.faces";
const COLUMNS: &str = "tunetrees.practice.hidden-columns";

/// A column of the list that can be hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Goal.
    Goal,
    /// Type.
    Kind,
    /// Key.
    Mode,
    /// Structure.
    Structure,
    /// When it was last played.
    Last,
    /// When it comes next.
    Next,
    /// Stability.
    Stability,
    /// Difficulty.
    Difficulty,
    /// Ratings so far.
    Ratings,
    /// Lapses.
    Lapses,
}

impl Column {
    /// All, in their order.
    pub const ALL: [Column; 10] = [
        Column::Goal,
        Column::Kind,
        Column::Mode,
        Column::Structure,
        Column::Last,
        Column::Next,
        Column::Stability,
        Column::Difficulty,
        Column::Ratings,
        Column::Lapses,
    ];

    /// Its heading.
    pub const fn label(self) -> &'static str {
        match self {
            Column::Goal => "Goal",
            Column::Kind => "Type",
            Column::Mode => "Key",
            Column::Structure => "Structure",
            Column::Last => "Last played",
            Column::Next => "Comes next",
            Column::Stability => "Stability",
            Column::Difficulty => "Difficulty",
            Column::Ratings => "Ratings",
            Column::Lapses => "Lost",
        }
    }

    /// The name in storage and style sheets.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Goal => "goal",
            Column::Kind => "kind",
            Column::Mode => "mode",
            Column::Structure => "structure",
            Column::Last => "last",
            Column::Next => "next",
            Column::Stability => "stability",
            Column::Difficulty => "difficulty",
            Column::Ratings => "ratings",
            Column::Lapses => "lapses",
        }
    }

    /// Hidden until asked for?
    const fn is_extra(self) -> bool {
        matches!(self, Column::Structure | Column::Stability | Column::Difficulty | Column::Ratings | Column::Lapses)
    }
}

/// The choices.
#[derive(Clone, Copy)]
pub struct Choices {
    /// The list instead of the cards?
    pub list: RwSignal<bool>,
    /// Does the list show what is submitted?
    pub submitted: RwSignal<bool>,
    /// What cards show.
    pub faces: RwSignal<Faces>,
    /// Columns that are not shown.
    pub hidden: RwSignal<Vec<Column>>,
}

impl Choices {
    /// Reads them, and keeps them.
    pub fn kept() -> Self {
        let on = |key: &str| read(key).as_deref() == Some("on");
        let hidden = read(COLUMNS).map_or_else(
            || Column::ALL.into_iter().filter(|column| column.is_extra()).collect(),
            |names| Column::ALL.into_iter().filter(|column| names.split(' ').any(|n| n == column.name())).collect(),
        );
        let choices = Choices {
            list: RwSignal::new(on(LIST)),
            submitted: RwSignal::new(on(SUBMITTED)),
            faces: RwSignal::new(read(FACES).map_or_else(Faces::default, |words| Faces::read(&words))),
            hidden: RwSignal::new(hidden),
        };
        let keep = |key: &'static str, signal: RwSignal<bool>| {
            Effect::new(move |_| write(key, if signal.get() { "on" } else { "off" }));
        };
        keep(LIST, choices.list);
        keep(SUBMITTED, choices.submitted);
        Effect::new(move |_| write(FACES, &choices.faces.with(Faces::words)));
        Effect::new(move |_| {
            let names: Vec<&str> = choices.hidden.with(|hidden| hidden.iter().map(|c| c.name()).collect());
            write(COLUMNS, &names.join(" "));
        });
        choices
    }

    /// Is the column shown?
    pub fn shows(self, column: Column) -> bool {
        self.hidden.with(|hidden| !hidden.contains(&column))
    }
}
