//! Answers the analysis and the practice history from the local database.

use crate::domain::time::{Timestamp, Zone};
use crate::store::Store;
use crate::worker::protocol::{AnalysisAnswer, AnalysisRequest, Failure, Response};

/// Meets `request`.
pub(in crate::worker) fn answer(
    store: &Store,
    request: AnalysisRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        AnalysisRequest::Analysis { playlist } => {
            Ok(AnalysisAnswer::Analysis(Box::new(store.analysis(playlist, now, zone)?)).into())
        }
        AnalysisRequest::History { query, offset, limit } => {
            Ok(AnalysisAnswer::History(store.history(&query, offset, limit, zone)?).into())
        }
        AnalysisRequest::HistoryTable { query } => Ok(Response::Export(store.history_table(&query, zone)?)),
    }
}
