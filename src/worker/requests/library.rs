//! Answers the pages about repertoires, the catalog and tunes from the local database.

use super::parted;
use crate::domain::ids::TuneId;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune::TuneDetail;
use crate::store::Store;
use crate::store::calls::Done;
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// To a request that was carried out already: what there is now.
pub(in crate::worker) fn answer_done(
    store: &mut Store,
    done: Done,
    request: LibraryRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        LibraryRequest::CreateRepertoire { .. }
        | LibraryRequest::EditRepertoire { .. }
        | LibraryRequest::DeleteRepertoire { .. }
        | LibraryRequest::RestoreRepertoire { .. } => repertoires(store),
        LibraryRequest::CreateTune { .. } => {
            let made = done.made.ok_or_else(|| Failure::NotFound("The new tune is in the catalog.".to_owned()))?;
            Ok(detail(store.tune(TuneId(made))?))
        }
        LibraryRequest::EditTune { tune, .. }
        | LibraryRequest::SaveNote { tune, .. }
        | LibraryRequest::SaveReference { tune, .. }
        | LibraryRequest::AddPastPractice { tune, .. }
        | LibraryRequest::DeleteNote { tune, .. }
        | LibraryRequest::RestoreNote { tune, .. }
        | LibraryRequest::DeleteReference { tune, .. }
        | LibraryRequest::StrikePractice { tune, .. }
        | LibraryRequest::RestoreTune { tune } => Ok(detail(store.tune(tune)?)),
        LibraryRequest::AddToRepertoire { tunes } => {
            // Which of them were new is not known any more.
            let present = u32::try_from(tunes.len()).unwrap_or(u32::MAX);
            Ok(LibraryAnswer::Added { added: Vec::new(), present }.into())
        }
        LibraryRequest::DeleteTunes { tunes } | LibraryRequest::TagTunes { tunes, .. } => {
            Ok(LibraryAnswer::Ids(tunes).into())
        }
        // How they stood is not known any more, so nothing is offered to take back.
        LibraryRequest::ChangeMany { .. } => Ok(LibraryAnswer::Changed(Vec::new()).into()),
        LibraryRequest::PutBack { .. } => Ok(Response::Done),
        // What was made is not known any more; it is in the repertoire.
        LibraryRequest::Import { .. } => Ok(LibraryAnswer::Imported(Default::default()).into()),
        LibraryRequest::RemoveFromRepertoire { .. }
        | LibraryRequest::DeleteTune { .. }
        | LibraryRequest::RestoreTunes { .. }
        | LibraryRequest::UntagTunes { .. }
        | LibraryRequest::SaveTableLook { .. } => Ok(Response::Done),
        repeatable => answer_first(store, repeatable, now, zone),
    }
}

/// Does the first view ask this?
pub(in crate::worker) const fn is_of_the_first_view(request: &LibraryRequest) -> bool {
    matches!(request, LibraryRequest::Repertoires | LibraryRequest::ChooseRepertoire { .. })
}

/// Meets `request`: what the first view asks for, here, everything else in its own part of the module.
pub(super) fn answer_first(
    store: &mut Store,
    request: LibraryRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        LibraryRequest::Repertoires => repertoires(store),
        LibraryRequest::ChooseRepertoire { playlist } => super::done(store.choose_repertoire(playlist)),
        other => parted::library(store, other, now, zone),
    }
}

/// Meets `request`.
pub(in crate::worker) fn answer(
    store: &mut Store,
    request: LibraryRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        first @ (LibraryRequest::Repertoires | LibraryRequest::ChooseRepertoire { .. }) => {
            answer_first(store, first, now, zone)
        }
        LibraryRequest::CreateRepertoire { name, instrument } => {
            store.create_repertoire(now, &name, instrument)?;
            repertoires(store)
        }
        LibraryRequest::Instruments => Ok(LibraryAnswer::Instruments(store.instruments()?).into()),
        LibraryRequest::Genres => Ok(LibraryAnswer::Genres(store.genres()?).into()),
        LibraryRequest::EditRepertoire { playlist, draft } => {
            store.edit_repertoire(now, playlist, &draft)?;
            repertoires(store)
        }
        LibraryRequest::DeleteRepertoire { playlist } => {
            store.delete_repertoire(now, playlist)?;
            repertoires(store)
        }
        LibraryRequest::RestoreRepertoire { playlist } => {
            store.restore_repertoire(now, playlist)?;
            repertoires(store)
        }
        LibraryRequest::ListTunes { query, offset, limit } => {
            Ok(LibraryAnswer::Tunes(store.tune_window(&query, offset, limit, now, zone)?).into())
        }
        LibraryRequest::ListedTunes { query } => Ok(LibraryAnswer::Ids(store.listed_tunes(&query, now, zone)?).into()),
        LibraryRequest::Partners { tune } => Ok(LibraryAnswer::Partners(store.partners(tune, now, zone)?).into()),
        LibraryRequest::RecentlyDeleted => Ok(LibraryAnswer::Deleted(store.recently_deleted(now)?).into()),
        LibraryRequest::Facets { scope } => Ok(LibraryAnswer::Facets(store.facets(scope, now, zone)?).into()),
        LibraryRequest::TableLook { scope, screen } => Ok(LibraryAnswer::Look(store.table_look(scope, screen)?).into()),
        LibraryRequest::SaveTableLook { scope, screen, look } => {
            super::done(store.save_table_look(now, scope, screen, &look))
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
        LibraryRequest::PreviewImport { source } => {
            Ok(LibraryAnswer::Preview(Box::new(store.preview_import(now, zone, &source)?)).into())
        }
        // The runtime asks, and brings the answer back as one of the two requests beside this one.
        LibraryRequest::AskTheSession { .. } => {
            Err(Failure::Offline("The Session can only be asked with a connection.".to_owned()))
        }
        LibraryRequest::ReadSessionSearch { json } => {
            Ok(LibraryAnswer::SessionTunes(crate::store::import::session_search(&json)?).into())
        }
        LibraryRequest::Import { items, .. } => Ok(LibraryAnswer::Imported(store.import(now, zone, &items)?).into()),
        LibraryRequest::ChangeMany { tunes, change } => {
            Ok(LibraryAnswer::Changed(store.change_many(now, zone, &tunes, &change)?).into())
        }
        LibraryRequest::PutBack { before } => super::done(store.put_back(now, zone, &before)),
        LibraryRequest::TagTunes { tunes, tag } => Ok(LibraryAnswer::Ids(store.tag_tunes(now, &tunes, &tag)?).into()),
        LibraryRequest::UntagTunes { tunes, tag } => super::done(store.untag_tunes(now, &tunes, &tag)),
        LibraryRequest::SaveNote { tune, note, html } => {
            store.save_note(now, tune, note, &html)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::DeleteNote { tune, note } => {
            store.delete_note(now, tune, note)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::RestoreNote { tune, note } => {
            store.restore_note(now, tune, note)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::SaveReference { tune, reference, draft } => {
            store.save_reference(now, tune, reference, &draft)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::DeleteReference { tune, reference, deleted } => {
            store.delete_reference(now, tune, reference, deleted)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::AddPastPractice { tune, date, rating } => {
            store.add_past_practice(now, zone, tune, date, rating)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::StrikePractice { tune, record, struck } => {
            store.strike_practice(now, zone, tune, record, struck)?;
            Ok(detail(store.tune(tune)?))
        }
        LibraryRequest::DeleteTunes { tunes } => Ok(LibraryAnswer::Ids(store.delete_tunes(now, &tunes)?).into()),
        LibraryRequest::RestoreTunes { tunes } => super::done(store.restore_tunes(now, &tunes)),
        LibraryRequest::DeleteTune { tune } => super::done(store.delete_tune(now, tune)),
        LibraryRequest::RestoreTune { tune } => {
            store.restore_tunes(now, &[tune])?;
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
