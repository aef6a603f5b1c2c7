//! What is done with many tunes of a repertoire at once, and what has to be known to take it back. Pure.

use serde::{Deserialize, Serialize};

use super::ids::TuneId;
use super::scheduling::Goal;
use super::time::Timestamp;

/// What is done with each of the tunes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Wished for the next practice; put into the repertoire where it is missing.
    Review,
    /// Put aside until further notice.
    PutAside,
    /// Practised for that from now on.
    Goal(Goal),
}

/// How a tune stood before that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The tune.
    pub tune: TuneId,
    /// It came into the repertoire by it.
    pub joined: bool,
    /// It came into today's queue by it.
    pub queued: bool,
    /// It was put aside in today's queue, or sent to a later day.
    #[serde(default)]
    pub away: bool,
    /// When she had wished it to come.
    pub scheduled: Option<Timestamp>,
    /// What it was practised for, as stored.
    pub goal: Option<String>,
}
