//! Answers what the sync needs people for, from the local database. What needs the sync itself is the runtime's.

use super::parted;
use crate::domain::time::Timestamp;
use crate::store::{Store, devices, sync_state};
use crate::sync::store::{set_strategy, strategy};
use crate::worker::protocol::{AttentionAnswer, AttentionRequest, Failure, Response, SyncSettings};

/// To a request that was carried out already.
pub(super) fn answer_done(store: &mut Store, request: AttentionRequest, now: Timestamp) -> Result<Response, Failure> {
    match request {
        AttentionRequest::UseOther { .. }
        | AttentionRequest::KeepStanding { .. }
        | AttentionRequest::KeepAllSettled
        | AttentionRequest::RetryRefusedEdit { .. }
        | AttentionRequest::DiscardRefused { .. } => Ok(Response::Done),
        repeatable => parted::attention(store, repeatable, now),
    }
}

/// Meets `request`.
pub(in crate::worker) fn answer(
    store: &mut Store,
    request: AttentionRequest,
    now: Timestamp,
) -> Result<Response, Failure> {
    match request {
        AttentionRequest::Conflicts { reviewed, limit } => {
            let (notes, total) = store.conflict_notes(reviewed, limit)?;
            Ok(AttentionAnswer::Conflicts { notes, total }.into())
        }
        AttentionRequest::UseOther { conflict } => super::done(store.use_other(now, &conflict)),
        AttentionRequest::KeepStanding { conflict } => super::done(store.keep_standing(now, &conflict)),
        AttentionRequest::KeepAllSettled => super::done(store.keep_all_settled(now)),
        AttentionRequest::Refused { limit } => {
            let (edits, total) = store.refused_edits(limit as usize)?;
            Ok(AttentionAnswer::Refused { edits, total }.into())
        }
        AttentionRequest::RetryRefusedEdit { table, row } => super::done(store.retry_refused_edit(now, table, &row)),
        AttentionRequest::DiscardRefused { table, row } => super::done(store.discard_refused(now, table, &row)),
        AttentionRequest::ExportRefused { table, row } => Ok(Response::Export(store.export_refused(now, table, &row)?)),
        AttentionRequest::Facts => Ok(AttentionAnswer::Facts(Box::new(store.facts()?)).into()),
        AttentionRequest::SyncSettings => sync_settings(store),
        AttentionRequest::ChooseStrategy { strategy } => {
            set_strategy(store, strategy, now)?;
            sync_settings(store)
        }
        AttentionRequest::NameDevice { name } => {
            store.name_device(now, &name)?;
            sync_settings(store)
        }
        AttentionRequest::SyncNow | AttentionRequest::RetryRefused => Err(super::needs_the_server()),
    }
}

fn sync_settings(store: &Store) -> Result<Response, Failure> {
    let settings = SyncSettings {
        strategy: strategy(store)?,
        device: store.device(),
        name: sync_state::device_name(store.conn())?,
        devices: devices::known_devices(store.conn())?,
    };
    Ok(AttentionAnswer::SyncSettings(settings).into())
}
