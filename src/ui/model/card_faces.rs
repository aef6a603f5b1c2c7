//! What a practice card shows: always, when it is turned, or never. A device's own choice; kept as words.

use crate::ui::text::t;

/// Something a card can show. The title is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardField {
    /// Type of tune.
    Kind,
    /// Key and mode.
    Mode,
    /// Parts.
    Structure,
    /// When it was last played, and when it was due.
    Times,
    /// What it is practised for.
    Goal,
    /// The first bars.
    Incipit,
    /// Notes.
    Notes,
    /// Links and recordings.
    Links,
    /// The last ratings.
    History,
}

impl CardField {
    /// All, in their order on the card.
    pub const ALL: [CardField; 9] = [
        CardField::Kind,
        CardField::Mode,
        CardField::Structure,
        CardField::Times,
        CardField::Goal,
        CardField::Incipit,
        CardField::Notes,
        CardField::Links,
        CardField::History,
    ];

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            CardField::Kind => t("Type"),
            CardField::Mode => t("Key"),
            CardField::Structure => t("Structure"),
            CardField::Times => t("Last played, due"),
            CardField::Goal => t("Goal"),
            CardField::Incipit => t("First bars"),
            CardField::Notes => t("Notes"),
            CardField::Links => t("Links"),
            CardField::History => t("Last ratings"),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            CardField::Kind => "kind",
            CardField::Mode => "mode",
            CardField::Structure => "structure",
            CardField::Times => "times",
            CardField::Goal => "goal",
            CardField::Incipit => "incipit",
            CardField::Notes => "notes",
            CardField::Links => "links",
            CardField::History => "history",
        }
    }
}

/// When a field shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// On both faces.
    Always,
    /// When the card is turned.
    Turned,
    /// Not at all.
    Never,
}

impl Shown {
    /// All, in the order in which they are offered.
    pub const ALL: [Shown; 3] = [Shown::Always, Shown::Turned, Shown::Never];

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Shown::Always => t("Always"),
            Shown::Turned => t("When turned"),
            Shown::Never => t("Never"),
        }
    }

    /// As it is kept.
    pub const fn word(self) -> &'static str {
        match self {
            Shown::Always => "always",
            Shown::Turned => "turned",
            Shown::Never => "never",
        }
    }

    /// What was kept.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shown| shown.word() == word)
    }
}

/// A card's two faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faces([Shown; CardField::ALL.len()]);

impl Default for Faces {
    fn default() -> Self {
        Faces(CardField::ALL.map(|field| match field {
            CardField::Incipit | CardField::Notes => Shown::Turned,
            CardField::Links | CardField::History => Shown::Never,
            _ => Shown::Always,
        }))
    }
}

impl Faces {
    /// When a field shows.
    pub const fn of(&self, field: CardField) -> Shown {
        self.0[field as usize]
    }

    /// Sets it.
    pub const fn set(&mut self, field: CardField, shown: Shown) {
        self.0[field as usize] = shown;
    }

    /// Does the field show on a card that is turned, or not?
    pub fn shows(&self, field: CardField, turned: bool) -> bool {
        match self.of(field) {
            Shown::Always => true,
            Shown::Turned => turned,
            Shown::Never => false,
        }
    }

    /// Is there anything behind it?
    pub fn turns(&self) -> bool {
        self.0.contains(&Shown::Turned)
    }

    /// `kind:always incipit:turned …`.
    pub fn words(&self) -> String {
        CardField::ALL.map(|field| format!("{}:{}", field.word(), self.of(field).word())).join(" ")
    }

    /// What was kept; what cannot be read is as usual.
    pub fn read(words: &str) -> Self {
        let mut faces = Faces::default();
        for (name, word) in words.split(' ').filter_map(|pair| pair.split_once(':')) {
            let field = CardField::ALL.into_iter().find(|field| field.word() == name);
            if let (Some(field), Some(shown)) = (field, Shown::of(word)) {
                faces.set(field, shown);
            }
        }
        faces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_are_kept_and_read_again_and_what_cannot_be_read_is_as_usual() {
        let mut faces = Faces::default();
        assert!(faces.turns() && !faces.shows(CardField::Incipit, false) && faces.shows(CardField::Incipit, true));
        faces.set(CardField::Incipit, Shown::Always);
        faces.set(CardField::Notes, Shown::Never);
        assert!(!faces.turns() && faces.shows(CardField::Incipit, false) && !faces.shows(CardField::Notes, true));
        assert_eq!(Faces::read(&faces.words()), faces);
        assert_eq!(Faces::read("incipit:sideways smell:always kind"), Faces::default());
    }

    #[test]
    fn every_field_has_its_place() {
        for (at, field) in CardField::ALL.into_iter().enumerate() {
            assert_eq!(field as usize, at);
        }
    }
}
