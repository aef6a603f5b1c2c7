//! Answers the pages about repertoires, the catalog and tunes from the local database.

use crate::domain::ids::TuneId;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune::TuneDetail;
use crate::store::Store;
use crate::store::calls::Done;
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// To a request that was carried out already: what there is now.
pub(super) fn answer_done(
    store: &mut Store,
    done: Done,
    request: LibraryRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        LibraryRequest::CreateRepertoire { .. } => repertoires(store),
        LibraryRequest::CreateTune { .. } => {
            let made = done.made.ok_or_else(|| Failure::NotFound("The new tune is in the catalog.".to_owned()))?;
            Ok(detail(store.tune(TuneId(made))?))
        }
        LibraryRequest::EditTune { tune, .. }
        | LibraryRequest::SaveNote { tune, .. }
        | LibraryRequest::DeleteNote { tune, .. } => Ok(detail(store.tune(tune)?)),
        LibraryRequest::AddToRepertoire { tunes } => {
            let added = u32::try_from(tunes.len()).unwrap_or(u32::MAX);
            Ok(LibraryAnswer::Added { added, present: 0 }.into())
        }
        LibraryRequest::RemoveFromRepertoire { .. } => Ok(Response::Done),
        repeatable => answer(store, repeatable, now, zone),
    }
}

/// Meets `request`.
pub(super) fn answer(
    store: &mut Store,
    request: LibraryRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        LibraryRequest::Repertoires => repertoires(store),
        LibraryRequest::ChooseRepertoire { playlist } => super::done(store.choose_repertoire(playlist)),
        LibraryRequest::CreateRepertoire { name, instrument } => {
            store.create_repertoire(now, &name, instrument)?;
            repertoires(store)
        }
        LibraryRequest::Instruments => Ok(LibraryAnswer::Instruments(store.instruments()?).into()),
        LibraryRequest::SearchTunes { text, repertoire_only, offset, limit } => {
            Ok(LibraryAnswer::Tunes(store.search_tunes(&text, repertoire_only, offset, limit)?).into())
        }
        LibraryRequest::Tune { tune } => Ok(detail(store.tune(tune)?)),
        LibraryRequest::EditTune { tune, fields } => {
            store.edit_tune(now, tune, &fields)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::CreateTune { fields } => {
            let tune = store.create_tune(now, zone, &fields)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::AddToRepertoire { tunes } => {
            let (added, present) = store.add_to_repertoire(now, zone, &tunes)?;
            Ok(LibraryAnswer::Added { added, present }.into())
        }
        LibraryRequest::RemoveFromRepertoire { tunes } => super::done(store.remove_from_repertoire(now, &tunes)),
        LibraryRequest::SaveNote { tune, note, html } => {
            store.save_note(now, tune, note, &html)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::DeleteNote { tune, note } => {
            store.delete_note(now, tune, note)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::DeleteTune { tune } => super::done(store.delete_tune(now, tune)),
        LibraryRequest::RestoreTune { tune } => {
            store.restore_tune(now, tune)?;
            Ok(detail(store.tune(tune)?))
        }
    }
}

fn repertoires(store: &Store) -> Result<Response, Failure> {
    let (all, current) = store.repertoires()?;
    Ok(LibraryAnswer::Repertoires { all, current }.into())
}

fn detail(tune: TuneDetail) -> Response {
    LibraryAnswer::Tune(Box::new(tune)).into()
}
