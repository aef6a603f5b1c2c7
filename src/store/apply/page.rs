//! A page of a pull, and what became of it.

use crate::domain::time::Timestamp;
use crate::store::row::Row;
use crate::store::schema::Table;

/// A page of a pull.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Table name and row in wire form, in the server's order.
    pub rows: Vec<(String, Row)>,
    /// Where the next page goes on.
    pub cursor: String,
    /// Is there one at once?
    pub has_more: bool,
    /// Which history of the server this is.
    pub epoch: String,
    /// The server's clock when it answered.
    pub server_time: Option<Timestamp>,
    /// Tombstones that the cursor had not come to yet were purged: only a full compare tells what is gone.
    pub floor_passed: bool,
    /// The person's devices, as JSON `[{id, name, last_seen}]`; with the last page of a pull.
    pub devices: Option<String>,
    /// The page answers what was asked of single rows: those that the server does not have.
    pub gone: Option<Vec<(Table, String)>>,
}

/// What a page did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageOutcome {
    /// Tables whose visible content changed.
    pub changed: Vec<Table>,
    /// The server has another history than the one the cursor belongs to, or has purged tombstones behind it: nothing was applied, pull
    /// again from the start.
    pub restarted: bool,
    /// The pull has not ended: more pages, or single rows to be asked for.
    pub unfinished: bool,
    /// It went on with a pull that had begun before.
    pub resumed: bool,
    /// Rows that could not be stored yet; they are kept and tried again with every pull.
    pub aside: usize,
    /// A row may be here whose parent is not, yet.
    pub loose: bool,
}

/// What a transaction that applied remote rows did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Tables whose content changed.
    pub changed: Vec<Table>,
    /// Foreign keys were off: a child may be here whose parent is not.
    pub loose: bool,
    /// Of the answers to a push, at least one has changed what will be sent next.
    pub moved: bool,
    /// The server has a row in an earlier version than the one that was known here and edited.
    pub behind: bool,
}
