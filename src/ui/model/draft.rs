//! What was typed and not saved yet: what it belongs to, and how a form is kept as text. Pure; `ui::drafts` keeps it for the session.

use crate::domain::ids::{NoteId, TuneId};
use crate::domain::tune::TuneFields;

/// What the text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draft {
    /// The words of a note on a tune; without a number, of a new one.
    Words(TuneId, Option<NoteId>),
    /// A whole tune in ABC, as a note.
    Abc(TuneId, Option<NoteId>),
    /// The form of a tune; without a number, of a new one.
    Form(Option<TuneId>),
}

/// How all their names in storage begin.
pub const PREFIX: &str = "tunetrees.draft.";

impl Draft {
    /// Its name in storage.
    pub fn key(self) -> String {
        let note = |note: Option<NoteId>| note.map_or_else(|| "new".to_owned(), |note| note.to_string());
        match self {
            Draft::Words(tune, id) => format!("{PREFIX}words.{tune}.{}", note(id)),
            Draft::Abc(tune, id) => format!("{PREFIX}abc.{tune}.{}", note(id)),
            Draft::Form(tune) => {
                format!("{PREFIX}form.{}", tune.map_or_else(|| "new".to_owned(), |tune| tune.to_string()))
            }
        }
    }
}

/// Parts the fields of a form; nobody can type it.
const SIGN: char = '\u{1f}';

/// A form as text.
pub fn of_form(fields: &TuneFields) -> String {
    let TuneFields { title, kind, mode, structure, incipit, genre } = fields;
    let texts = [title, kind, mode, structure, incipit, genre].map(|field| field.as_deref().unwrap_or_default());
    texts.join(&SIGN.to_string())
}

/// The form again; `None` if the text is none.
pub fn form(text: &str) -> Option<TuneFields> {
    let mut texts = text.split(SIGN).map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
    let fields = TuneFields {
        title: texts.next()?,
        kind: texts.next()?,
        mode: texts.next()?,
        structure: texts.next()?,
        incipit: texts.next()?,
        genre: texts.next()?,
    };
    texts.next().is_none().then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_a_place_of_its_own() {
        let (tune, other) = (TuneId(uuid::Uuid::from_u128(1)), TuneId(uuid::Uuid::from_u128(2)));
        let note = Some(NoteId(uuid::Uuid::from_u128(1)));
        let all = [
            Draft::Words(tune, None),
            Draft::Words(tune, note),
            Draft::Words(other, None),
            Draft::Abc(tune, None),
            Draft::Abc(tune, note),
            Draft::Form(None),
            Draft::Form(Some(tune)),
        ];
        let keys: std::collections::HashSet<String> = all.into_iter().map(Draft::key).collect();
        assert_eq!(keys.len(), all.len());
        assert!(keys.iter().all(|key| key.starts_with(PREFIX)));
    }

    #[test]
    fn a_form_comes_back_as_it_was() {
        let fields = TuneFields {
            title: Some("The Kesh; or so".into()),
            mode: Some("G Major".into()),
            incipit: Some("GAG\nBAB".into()),
            ..TuneFields::default()
        };
        assert_eq!(form(&of_form(&fields)), Some(fields));
        assert_eq!(form("half a form"), None);
    }
}
