//! Answers requests about her data as a whole from the local database.

use crate::domain::time::Timestamp;
use crate::store::Store;
use crate::worker::protocol::{DataRequest, Failure, Response};

/// Meets `request`.
pub(super) fn answer(store: &mut Store, request: DataRequest, now: Timestamp) -> Result<Response, Failure> {
    match request {
        DataRequest::ExportEverything => Ok(Response::Export(store.export_everything(now)?)),
    }
}
