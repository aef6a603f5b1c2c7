//! What was deleted, in words, and how it is brought back. Pure.

use super::locale::{self, Form};
use crate::domain::deleted::{Deleted, DeletedThing};
use crate::domain::time::Zone;
use crate::ui::text::{say, t};
use crate::worker::protocol::LibraryRequest;

/// “The Kesh”, “Learned from Mary”.
pub fn name(deleted: &Deleted) -> String {
    match deleted.thing {
        _ if !deleted.name.trim().is_empty() => deleted.name.clone(),
        DeletedThing::Tune(_) => t("A tune without a name").to_owned(),
        DeletedThing::Note(..) => t("A picture").to_owned(),
        DeletedThing::Link(..) => t("A link").to_owned(),
        DeletedThing::Repertoire(_) => t("Repertoire").to_owned(),
    }
}

/// “Note on The Kesh · 12 Mar 2026”.
pub fn about(deleted: &Deleted, zone: &impl Zone) -> String {
    let what = match deleted.thing {
        DeletedThing::Tune(_) => t("Tune"),
        DeletedThing::Note(..) => t("Note"),
        DeletedThing::Link(..) => t("Link"),
        DeletedThing::Repertoire(_) => t("Repertoire"),
    };
    let what = match deleted.tune.as_deref() {
        Some(tune) => say!("{what} on {tune}", what, tune),
        None => what.to_owned(),
    };
    format!("{what} · {}", locale::date(zone.date_at(deleted.at), Form::Day))
}

/// What brings it back.
pub fn bring_back(thing: DeletedThing) -> LibraryRequest {
    match thing {
        DeletedThing::Tune(tune) => LibraryRequest::RestoreTunes { tunes: vec![tune] },
        DeletedThing::Note(tune, note) => LibraryRequest::RestoreNote { tune, note },
        DeletedThing::Link(tune, reference) => LibraryRequest::DeleteReference { tune, reference, deleted: false },
        DeletedThing::Repertoire(playlist) => LibraryRequest::RestoreRepertoire { playlist },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{NoteId, TuneId};

    #[test]
    fn deleted_things_say_what_they_were_and_where() {
        let id = uuid::Uuid::from_u128(1);
        let mut note = Deleted {
            thing: DeletedThing::Note(TuneId(id), NoteId(id)),
            name: "Learned from Mary".into(),
            tune: Some("The Kesh".into()),
            at: "2026-03-12T10:00:00Z".parse().unwrap(),
        };
        assert_eq!(name(&note), "Learned from Mary");
        assert!(about(&note, &chrono::Utc).starts_with("Note on The Kesh · "));
        note.name.clear();
        assert_eq!(name(&note), "A picture");
    }
}
