//! Her data as a whole: exports. May know: `domain`.

use serde::{Deserialize, Serialize};

/// A request about her data as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DataRequest {
    /// Everything of this person as JSON. → `Export`
    ExportEverything,
}
