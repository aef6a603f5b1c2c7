//! Answers every request that needs nothing but the local database. Requests that act on the account or the sync are the runtime's and
//! must not come here.

use super::protocol::{Failure, Request, Response, SyncSettings};
use crate::domain::ids::TuneId;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune::TuneDetail;
use crate::store::calls::{Call, Done};
use crate::store::{Store, StoreError, devices, sync_state};
use crate::sync::store::{set_strategy, strategy};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(text) => Failure::Invalid(text),
            StoreError::NotFound(text) => Failure::NotFound(text),
            other => Failure::Storage(other.to_string()),
        }
    }
}

/// Meets a call of a tab. One that was sent before (`again`), and carried out, is answered without doing it twice.
pub fn answer_call(
    store: &mut Store,
    call: Call,
    again: bool,
    request: Request,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    if again && let Some(done) = store.call_done(call)? {
        return answer_done(store, done, request, now, zone);
    }
    store.begin_call(Some(call));
    let answered = answer(store, request, now, zone);
    store.begin_call(None);
    answered
}

/// The answer to a request that was carried out already. Every request is named here whose repetition does harm.
fn answer_done(
    store: &mut Store,
    done: Done,
    request: Request,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        Request::Rate { .. } | Request::UndoRating | Request::AddMore { .. } => queue(store, now, zone),
        Request::CreateRepertoire { .. } => repertoires(store),
        Request::CreateTune { .. } => {
            let made = done.made.ok_or_else(|| Failure::NotFound("The new tune is in the catalog.".to_owned()))?;
            Ok(detail(store.tune(TuneId(made))?))
        }
        Request::EditTune { tune, .. } | Request::SaveNote { tune, .. } | Request::DeleteNote { tune, .. } => {
            Ok(detail(store.tune(tune)?))
        }
        Request::AddToRepertoire { tunes } => {
            Ok(Response::Added { added: u32::try_from(tunes.len()).unwrap_or(u32::MAX), present: 0 })
        }
        Request::RemoveFromRepertoire { .. }
        | Request::UseOther { .. }
        | Request::KeepStanding { .. }
        | Request::RetryRefusedEdit { .. }
        | Request::DiscardRefused { .. } => Ok(Response::Done),
        repeatable => answer(store, repeatable, now, zone),
    }
}

/// Meets `request` at `now`, in the person's `zone`. What changed is in [`Store::take_changes`] afterwards.
pub fn answer(store: &mut Store, request: Request, now: Timestamp, zone: &impl Zone) -> Result<Response, Failure> {
    match request {
        Request::TodaysQueue => queue(store, now, zone),
        Request::PreviewRatings { tune } => Ok(Response::Previews(store.preview_ratings(now, tune)?.to_vec())),
        Request::Rate { entry, rating } => {
            store.rate(now, entry, rating)?;
            queue(store, now, zone)
        }
        Request::UndoRating => {
            store.undo_rating(now, zone)?;
            queue(store, now, zone)
        }
        Request::AddMore { count } => {
            store.add_more(now, zone, count)?;
            queue(store, now, zone)
        }
        Request::Repertoires => repertoires(store),
        Request::ChooseRepertoire { playlist } => {
            store.choose_repertoire(playlist)?;
            Ok(Response::Done)
        }
        Request::CreateRepertoire { name, instrument } => {
            store.create_repertoire(now, &name, instrument)?;
            repertoires(store)
        }
        Request::Instruments => Ok(Response::Instruments(store.instruments()?)),
        Request::SearchTunes { text, repertoire_only, offset, limit } => {
            Ok(Response::Tunes(store.search_tunes(&text, repertoire_only, offset, limit)?))
        }
        Request::Tune { tune } => Ok(detail(store.tune(tune)?)),
        Request::EditTune { tune, fields } => {
            store.edit_tune(now, tune, &fields)?;
            Ok(detail(store.tune(tune)?))
        }
        Request::CreateTune { fields } => {
            let tune = store.create_tune(now, zone, &fields)?;
            Ok(detail(store.tune(tune)?))
        }
        Request::AddToRepertoire { tunes } => {
            let (added, present) = store.add_to_repertoire(now, zone, &tunes)?;
            Ok(Response::Added { added, present })
        }
        Request::RemoveFromRepertoire { tunes } => {
            store.remove_from_repertoire(now, &tunes)?;
            Ok(Response::Done)
        }
        Request::SaveNote { tune, note, html } => {
            store.save_note(now, tune, note, &html)?;
            Ok(detail(store.tune(tune)?))
        }
        Request::DeleteNote { tune, note } => {
            store.delete_note(now, tune, note)?;
            Ok(detail(store.tune(tune)?))
        }
        Request::DeleteTune { tune } => {
            store.delete_tune(now, tune)?;
            Ok(Response::Done)
        }
        Request::RestoreTune { tune } => {
            store.restore_tune(now, tune)?;
            Ok(detail(store.tune(tune)?))
        }
        Request::Conflicts { reviewed, limit } => {
            let (notes, total) = store.conflict_notes(reviewed, limit)?;
            Ok(Response::Conflicts { notes, total })
        }
        Request::UseOther { conflict } => done(store.use_other(now, &conflict)),
        Request::KeepStanding { conflict } => done(store.keep_standing(now, &conflict)),
        Request::KeepAllSettled => done(store.keep_all_settled(now)),
        Request::Refused { limit } => {
            let (edits, total) = store.refused_edits(limit as usize)?;
            Ok(Response::Refused { edits, total })
        }
        Request::RetryRefusedEdit { table, row } => done(store.retry_refused_edit(now, table, &row)),
        Request::DiscardRefused { table, row } => done(store.discard_refused(now, table, &row)),
        Request::ExportRefused { table, row } => Ok(Response::Export(store.export_refused(now, table, &row)?)),
        Request::ExportEverything => Ok(Response::Export(store.export_everything(now)?)),
        Request::Facts => Ok(Response::Facts(Box::new(store.facts()?))),
        Request::SyncSettings => sync_settings(store),
        Request::ChooseStrategy { strategy } => {
            set_strategy(store, strategy, now)?;
            sync_settings(store)
        }
        Request::NameDevice { name } => {
            store.name_device(now, &name)?;
            sync_settings(store)
        }
        Request::SignUp { .. }
        | Request::SignIn { .. }
        | Request::SignOut { .. }
        | Request::SyncNow
        | Request::RetryRefused => {
            Err(Failure::Invalid("This needs the server, and there is no connection to one here.".to_owned()))
        }
    }
}

fn queue(store: &mut Store, now: Timestamp, zone: &impl Zone) -> Result<Response, Failure> {
    Ok(Response::Queue(store.todays_queue(now, zone)?))
}

fn repertoires(store: &Store) -> Result<Response, Failure> {
    let (all, current) = store.repertoires()?;
    Ok(Response::Repertoires { all, current })
}

fn done<T>(result: Result<T, StoreError>) -> Result<Response, Failure> {
    Ok(result.map(|_| Response::Done)?)
}

fn sync_settings(store: &Store) -> Result<Response, Failure> {
    Ok(Response::SyncSettings(SyncSettings {
        strategy: strategy(store)?,
        device: store.device(),
        name: sync_state::device_name(store.conn())?,
        devices: devices::known_devices(store.conn())?,
    }))
}

fn detail(tune: TuneDetail) -> Response {
    Response::Tune(Box::new(tune))
}
