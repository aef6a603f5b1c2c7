//! Typed reading of a legacy row's cells; what cannot be taken as it is gets listed in the report, never lost silently.

use crate::domain::time::Timestamp;
use crate::legacy::report::TableReport;
use crate::legacy::time::{self, LegacyTime};
use crate::legacy::value::{LegacyRow, LegacyValue, whole};

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

    /// A text as it is; only what PostgreSQL cannot store (NUL) is taken out.
    pub(super) fn text(&mut self, column: &str) -> Option<String> {
        let text = match self.row.get(column) {
            LegacyValue::Null => return None,
            LegacyValue::Text(text) => text.clone(),
            LegacyValue::Int(n) => n.to_string(),
            LegacyValue::Real(x) => x.to_string(),
        };
        if text.contains('\u{fffd}') {
            self.changed(column, "bytes that are no UTF-8 → U+FFFD");
        }
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

    /// A legacy id.
    pub(super) fn reference(&self, column: &str) -> Option<i64> {
        self.row.int(column)
    }

    /// A whole number; zero is zero.
    pub(super) fn int(&mut self, column: &str) -> Option<i32> {
        let value = self.row.get(column);
        if matches!(value, LegacyValue::Null) {
            return None;
        }
        let number = whole(value).and_then(|n| i32::try_from(n).ok());
        if number.is_none() {
            self.changed(column, &format!("not a whole number of 32 bits ({}) → none", self.row.shown(column)));
        }
        number
    }

    /// A fraction; zero is zero.
    pub(super) fn real(&mut self, column: &str) -> Option<f64> {
        let number = match self.row.get(column) {
            LegacyValue::Null => return None,
            LegacyValue::Int(n) => Some(*n as f64),
            LegacyValue::Real(x) => Some(*x),
            LegacyValue::Text(text) => text.trim().parse().ok(),
        };
        let number = number.filter(|x| x.is_finite());
        if number.is_none() {
            self.changed(column, &format!("not a number ({}) → none", self.row.shown(column)));
        }
        number
    }

    /// Yes, no, or nothing.
    pub(super) fn flag(&mut self, column: &str) -> Option<bool> {
        match self.row.get(column) {
            LegacyValue::Null => None,
            LegacyValue::Int(0) => Some(false),
            LegacyValue::Int(1) => Some(true),
            LegacyValue::Text(text) if matches!(text.as_str(), "0" | "false" | "FALSE" | "f") => Some(false),
            LegacyValue::Text(text) if matches!(text.as_str(), "1" | "true" | "TRUE" | "t") => Some(true),
            _ => {
                self.changed(column, &format!("neither yes nor no ({}) → none", self.row.shown(column)));
                None
            }
        }
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
                self.changed(column, "a flag of an old version, not a time → none");
                None
            }
            LegacyTime::Unreadable => {
                self.changed(column, &format!("not a time ({}) → none", self.row.shown(column)));
                None
            }
        }
    }
}
