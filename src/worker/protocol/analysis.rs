//! What the analysis and the practice history ask of the worker, and its answers. May know: `domain`.

use serde::{Deserialize, Serialize};

use crate::domain::analysis::{Analysis, HistoryPage, HistoryQuery};
use crate::domain::ids::PlaylistId;

/// A request of the analysis; none changes anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AnalysisRequest {
    /// What her practice adds up to. → `Analysis`
    Analysis {
        /// In this repertoire; `None`: in all.
        playlist: Option<PlaylistId>,
    },
    /// A page of the practice history. → `History`
    History {
        /// Which ratings.
        query: HistoryQuery,
        /// How many later ones to skip.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// All of it as a table. → `Export`
    HistoryTable {
        /// Which ratings.
        query: HistoryQuery,
    },
}

/// An answer to the analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AnalysisAnswer {
    /// What her practice adds up to.
    Analysis(Box<Analysis>),
    /// A page of the practice history.
    History(HistoryPage),
}
