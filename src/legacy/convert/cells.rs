//! Typed reading of a legacy row's cells; what cannot be taken as it is gets listed in the report, never lost silently.

use super::FLAG;
use crate::domain::decimal::decimal;
use crate::domain::time::Timestamp;
use crate::legacy::report::TableReport;
use crate::legacy::time::{self, LegacyTime};
use crate::legacy::value::{LegacyRow, LegacyValue, cut, latin, shown, whole, yes_or_no};

/// A btree index of PostgreSQL holds values of up to 2,704 bytes; indexed texts are kept well below.
const LONGEST_INDEXED: usize = 2_000;

/// A row under conversion.
pub(super) struct Cells<'a> {
    row: LegacyRow<'a>,
    legacy_id: &'a str,
    report: &'a mut TableReport,
}

impl<'a> Cells<'a> {
    pub(super) fn new(row: LegacyRow<'a>, legacy_id: &'a str, report: &'a mut TableReport) -> Self {
        Cells { row, legacy_id, report }
    }

    /// The row's key in the legacy file.
    pub(super) fn legacy_id(&self) -> &'a str {
        self.legacy_id
    }

    /// Lists a value as changed by `rule`.
    pub(super) fn changed(&mut self, column: &str, rule: &str) {
        self.report.change(self.legacy_id, column, rule);
    }

    /// Lists a value that has no place, with the value.
    fn refused(&mut self, column: &str, why: &str) {
        let value = shown(self.row.get(column), 40);
        self.report.change(&format!("{} ({value})", self.legacy_id), column, why);
    }

    /// A text as it is; only what PostgreSQL cannot store (NUL) is taken out.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let text = match self.row.get(column) {
            LegacyValue::Null => return None,
            LegacyValue::Text(text) => text.clone(),
            LegacyValue::Int(n) => n.to_string(),
            LegacyValue::Real(x) => x.to_string(),
            LegacyValue::Bytes(bytes) => {
                self.changed(column, "bytes that are no UTF-8 → read as Latin-1");
                latin(bytes)
            }
        };
        if !text.contains('\0') {
            return Some(text);
        }
        self.changed(column, "NUL characters taken out");
        Some(text.replace('\0', ""))
    }

    /// A text where empty means nothing.
    pub(super) fn word(&mut self, column: &str) -> Option<String> {
        self.text(column).filter(|text| !text.is_empty())
    }

    /// A text that stands in an index: cut if it is too long for one, and listed.
    pub(super) fn indexed(&mut self, column: &str) -> Option<String> {
        let text = self.word(column)?;
        if text.len() <= LONGEST_INDEXED {
            return Some(text);
        }
        self.changed(column, "longer than the 2,000 bytes that an index holds → cut");
        let end = (0..=LONGEST_INDEXED).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        Some(text.get(..end).unwrap_or_default().to_owned())
    }

    /// A text that names its row: too long for an index, it cannot be kept.
    pub(super) fn name(&mut self, column: &str) -> Result<Option<String>, String> {
        match self.word(column) {
            Some(text) if text.len() > LONGEST_INDEXED => {
                Err(format!("its {column} has {} bytes, an index holds 2,000: {}", text.len(), cut(&text, 40)))
            }
            text => Ok(text),
        }
    }

    /// A legacy id.
    pub(super) fn reference(&self, column: &str) -> Option<i64> {
        self.row.int(column)
    }

    /// A legacy id where NULL, 0 and an empty text mean none. Anything else that is no id counts as an id that leads nowhere.
    pub(super) fn reference_or_none(&self, column: &str) -> Option<i64> {
        match self.row.get(column) {
            LegacyValue::Null => None,
            LegacyValue::Text(text) if text.trim().is_empty() => None,
            value => whole(value).map_or(Some(i64::MIN), |n| (n != 0).then_some(n)),
        }
    }

    /// A cell as people read it.
    pub(super) fn shown(&self, column: &str) -> String {
        shown(self.row.get(column), 40)
    }

    /// A whole number; zero is zero.
    pub(super) fn int(&mut self, column: &str) -> Option<i32> {
        let value = self.row.get(column);
        if self.is_nothing(column) {
            return None;
        }
        let number = whole(value).and_then(|n| i32::try_from(n).ok());
        if number.is_none() {
            self.refused(column, "not a whole number of 32 bits → none");
        }
        number
    }

    /// A fraction; zero is zero.
    pub(super) fn real(&mut self, column: &str) -> Option<f64> {
        if self.is_nothing(column) {
            return None;
        }
        let number = match self.row.get(column) {
            LegacyValue::Null | LegacyValue::Bytes(_) => None,
            LegacyValue::Int(n) => Some(*n as f64),
            LegacyValue::Real(x) => Some(*x),
            LegacyValue::Text(text) => decimal(text.trim()),
        };
        let number = number.filter(|x| x.is_finite());
        if number.is_none() {
            self.refused(column, "not a number → none");
        }
        number
    }

    fn is_nothing(&self, column: &str) -> bool {
        match self.row.get(column) {
            LegacyValue::Null => true,
            LegacyValue::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// Yes, no, or nothing.
    pub(super) fn flag(&mut self, column: &str) -> Option<bool> {
        if self.is_nothing(column) {
            return None;
        }
        let flag = yes_or_no(self.row.get(column));
        if flag.is_none() {
            self.refused(column, "neither yes nor no → none");
        }
        flag
    }

    /// Is it marked as deleted?
    pub(super) fn deleted(&mut self) -> bool {
        self.flag("deleted").unwrap_or(false)
    }

    /// An instant.
    pub(super) fn time(&mut self, column: &str) -> Option<Timestamp> {
        match time::read(self.row.get(column)) {
            LegacyTime::Absent => None,
            LegacyTime::At(at) => Some(at),
            LegacyTime::Flag => {
                self.changed(column, FLAG);
                None
            }
            LegacyTime::Unreadable => {
                self.refused(column, "not a time → none");
                None
            }
        }
    }
}
