//! What a merge is given and gives. The rule itself is `sync`'s.

use crate::remedies::{Remedy, on};
use crate::store::conflicts::FieldConflict;
use crate::store::row::{self, Row, same_value};
use crate::store::schema::Table;

/// How two states of a row become one.
pub trait Merge {
    /// Merges `local` with `remote`, both made from `base` (`None`: each made the row by itself). Stamps are the caller's.
    fn merge(&self, table: Table, base: Option<&Row>, local: Local<'_>, remote: &Row) -> Merged;
    /// Would a person want to hear that a field of that table was changed in two places?
    fn is_told(&self, table: Table) -> bool;
}

/// A row as it is here.
#[derive(Clone, Copy, Debug)]
pub struct Local<'a> {
    /// The row.
    pub row: &'a Row,
    /// What was sent of it since the base and never answered, oldest first; whole, or what differed from the base.
    pub sent: &'a [Row],
}

impl<'a> Local<'a> {
    /// A row of which nothing is on its way.
    pub const fn unsent(row: &'a Row) -> Self {
        Local { row, sent: &[] }
    }

    /// Since when these columns have been as they are: the stamp of the first of the states sent last that has them so, else the row's.
    /// Who edits another column says nothing about a value that another device may have seen and replaced.
    pub fn stamp_of(&self, columns: &[&str], base: Option<&Row>) -> &'a str {
        let is_so = |image: &&Row| {
            columns.iter().all(|name| {
                let was = image.get(*name).or_else(|| base.and_then(|base| base.get(*name)));
                was.zip(self.row.get(*name)).is_some_and(|(was, is)| same_value(was, is))
            })
        };
        let known = !columns.is_empty() && on(Remedy::SentRemembered);
        let since = self.sent.iter().rev().take_while(is_so).last().filter(|_| known);
        row::stamp(since.unwrap_or(self.row))
    }

    /// Was this column's value sent, and may the server have had it before it came to be as in `remote`, two versions after the base?
    pub fn may_have_been_there(&self, column: &str, base: Option<&Row>, remote: &Row) -> bool {
        let value = self.row.get(column);
        row::version(remote) >= base.map_or(0, row::version) + 2
            && self.sent.iter().any(|image| {
                let is_it = image.get(column).zip(value).is_some_and(|(was, is)| same_value(was, is));
                is_it && row::stamp(image) < row::stamp(remote)
            })
    }
}

/// What a merge gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The row, in local form.
    pub row: Row,
    /// Fields that both sides had changed to different values and a person may want to see.
    pub conflicts: Vec<FieldConflict>,
}
