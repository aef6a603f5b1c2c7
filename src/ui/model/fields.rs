//! A tune's fields in words, and the edit form's state.

use crate::domain::kinds;
pub use crate::domain::kinds::{KINDS, kind_id};
use crate::domain::tune::TuneFields;
use crate::ui::text::{t, told};

/// The name of a kind in the reader's language. A form has the English one: it reads what is typed.
pub fn kind_name(kind: &str) -> &str {
    told(kinds::kind_name(kind))
}

/// The title; nameless tunes are called what sessions call them.
pub fn title(fields: &TuneFields) -> String {
    present(&fields.title).unwrap_or(t("Gan ainm (no name)")).to_owned()
}

/// “Jig · A Dorian · AABB”: what there is of it.
pub fn facts(fields: &TuneFields) -> Vec<String> {
    let kind = present(&fields.kind).map(kind_name);
    [kind, present(&fields.mode), present(&fields.structure)].into_iter().flatten().map(str::to_owned).collect()
}

fn present(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The fields a person can edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Title.
    Title,
    /// Kind of tune.
    Kind,
    /// Key and mode.
    Mode,
    /// Parts.
    Structure,
    /// Genre.
    Genre,
    /// First bars in ABC.
    Incipit,
}

impl Field {
    /// In the order of the form.
    pub const ALL: [Field; 6] =
        [Field::Title, Field::Kind, Field::Mode, Field::Structure, Field::Genre, Field::Incipit];

    /// Its label.
    pub fn label(self) -> &'static str {
        match self {
            Field::Title => t("Title"),
            Field::Kind => t("Type"),
            Field::Mode => t("Key and mode"),
            Field::Structure => t("Structure"),
            Field::Genre => t("Genre"),
            Field::Incipit => t("First bars (ABC)"),
        }
    }

    /// Its value in `fields`, as the form shows it.
    pub fn read(self, fields: &TuneFields) -> String {
        let value = match self {
            Field::Title => &fields.title,
            Field::Kind => return fields.kind.as_deref().map(kinds::kind_name).unwrap_or_default().to_owned(),
            Field::Mode => &fields.mode,
            Field::Structure => &fields.structure,
            Field::Genre => &fields.genre,
            Field::Incipit => &fields.incipit,
        };
        value.clone().unwrap_or_default()
    }

    /// Writes what the form says: trimmed, empty = none.
    pub fn write(self, fields: &mut TuneFields, typed: &str) {
        let text = if self == Field::Kind { kind_id(typed) } else { typed.trim() };
        let value = (!text.is_empty()).then(|| text.to_owned());
        match self {
            Field::Title => fields.title = value,
            Field::Kind => fields.kind = value,
            Field::Mode => fields.mode = value,
            Field::Structure => fields.structure = value,
            Field::Genre => fields.genre = value,
            Field::Incipit => fields.incipit = value,
        }
    }

    /// The catalog's value, if `fields` has another one.
    pub fn differs(self, fields: &TuneFields, catalog: &TuneFields) -> Option<String> {
        let theirs = self.read(catalog);
        (self.read(fields) != theirs).then_some(theirs)
    }
}

/// Where her version differs from the catalog: the field, hers, the catalog's.
pub fn differences(fields: &TuneFields, catalog: &TuneFields) -> Vec<(Field, String, String)> {
    let of = |field: Field| Some((field, field.read(fields), field.differs(fields, catalog)?));
    Field::ALL.into_iter().filter_map(of).collect()
}

/// What is wrong with the form, in words; `None` if it can be saved.
pub fn problem(fields: &TuneFields) -> Option<&'static str> {
    present(&fields.title).is_none().then_some(t("Give the tune a title; “Gan ainm” will do."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_leave_out_what_is_missing() {
        let fields = TuneFields {
            kind: Some("JigD".into()),
            structure: Some(" AABB ".into()),
            mode: Some(String::new()),
            ..Default::default()
        };
        assert_eq!(facts(&fields), ["Jig", "AABB"]);
        assert_eq!(title(&fields), "Gan ainm (no name)");
    }

    #[test]
    fn the_form_shows_names_and_stores_ids() {
        let mut fields = TuneFields::default();
        Field::Kind.write(&mut fields, " slip jig ");
        assert_eq!(fields.kind.as_deref(), Some("JigSl"));
        assert_eq!(Field::Kind.read(&fields), "Slip jig");
        Field::Kind.write(&mut fields, "Mazurka");
        assert_eq!(fields.kind.as_deref(), Some("Mazurka"));
        Field::Mode.write(&mut fields, "  ");
        assert_eq!(fields.mode, None);
        assert!(problem(&fields).is_some());
    }

    #[test]
    fn only_differing_fields_can_be_reverted() {
        let catalog = TuneFields { title: Some("The Kesh".into()), ..Default::default() };
        let mine = TuneFields { title: Some("Kesh".into()), ..Default::default() };
        assert_eq!(Field::Title.differs(&mine, &catalog).as_deref(), Some("The Kesh"));
        assert_eq!(Field::Mode.differs(&mine, &catalog), None);
        let differences = differences(&mine, &catalog);
        assert_eq!(differences, [(Field::Title, "Kesh".to_owned(), "The Kesh".to_owned())]);
    }
}
