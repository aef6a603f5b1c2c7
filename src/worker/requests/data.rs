//! Answers requests about her data as a whole from the local database. Files that are brought in are `worker::intake`'s.

use super::needs_the_device;
use crate::domain::time::Timestamp;
use crate::store::{Store, salvage};
use crate::worker::protocol::{DataAnswer, DataRequest, Failure, Response};

/// Meets `request`.
pub(in crate::worker) fn answer(store: &mut Store, request: DataRequest, now: Timestamp) -> Result<Response, Failure> {
    match request {
        DataRequest::ExportEverything => Ok(Response::Export(store.export_everything(now)?)),
        DataRequest::ListTunes { which } => Ok(DataAnswer::Tunes(store.list_tunes(&which)?).into()),
        DataRequest::FilePart { .. }
        | DataRequest::Rehearse(_)
        | DataRequest::TakeIn(_)
        | DataRequest::IntakeReport
        | DataRequest::ForgetFile => Err(Failure::Invalid("Choose the file again.".to_owned())),
        DataRequest::CheckDatabase => Ok(DataAnswer::Checked(salvage::damage(store.conn(), true)).into()),
        DataRequest::Salvaged
        | DataRequest::Snapshots
        | DataRequest::SnapshotText { .. }
        | DataRequest::ChooseSnapshot { .. }
        | DataRequest::RemoveSnapshot { .. } => Err(needs_the_device()),
    }
}
