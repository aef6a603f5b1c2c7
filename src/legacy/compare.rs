//! The proof that what arrived is what was sent: every row compared value by value, and sums over column groups computed from either
//! side on its own, so that the two can be checked against each other without showing anybody's data.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::domain::ids::NAMESPACE;
use crate::store::schema::{ColumnType, Table};

use super::catalogue::{Becomes, LegacyTable};
use super::convert::draft::{Cell, Draft, carried, is_content};
use super::report::LeftOut;
use super::value::{LegacyRow, cut, shown};

/// Rows shown side by side for each table.
pub const SAMPLES: usize = 20;

/// Columns that are summed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Ids: what belongs to what.
    References,
    /// Instants and dates.
    Times,
    /// Numbers.
    Numbers,
    /// Texts.
    Texts,
    /// Yes and no.
    Flags,
}

impl Group {
    /// The group of a column.
    pub fn of(ty: ColumnType) -> Group {
        match ty {
            ColumnType::Uuid => Group::References,
            ColumnType::Timestamp | ColumnType::Date => Group::Times,
            ColumnType::Int | ColumnType::Real => Group::Numbers,
            ColumnType::Text => Group::Texts,
            ColumnType::Bool => Group::Flags,
        }
    }
}

/// Sums over rows, the same in whatever order the rows come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Group, u128>);

impl Sums {
    /// Adds a row.
    pub fn add(&mut self, table: Table, identity: Uuid, cells: &[Cell]) {
        let mut texts: BTreeMap<Group, String> = BTreeMap::new();
        for (column, cell) in carried(table).zip(cells).filter(|(column, _)| is_content(column.name)) {
            let text = texts.entry(Group::of(column.ty)).or_insert_with(|| identity.to_string());
            text.push('\u{1f}');
            text.push_str(column.name);
            text.push(if *cell == Cell::Null { '-' } else { '=' });
            cell.canonical(text);
        }
        for (group, text) in texts {
            let hash = Uuid::new_v5(&NAMESPACE, text.as_bytes()).as_u128();
            let sum = self.0.entry(group).or_default();
            *sum = sum.wrapping_add(hash);
        }
    }
}

/// One group's sums.
#[derive(Clone, Debug, Serialize)]
pub struct GroupSums {
    /// Which columns.
    pub group: Group,
    /// Computed from the legacy file.
    pub legacy: String,
    /// Computed from the database.
    pub here: String,
}

/// One value of a sample.
#[derive(Clone, Debug, Serialize)]
pub struct SampleValue {
    /// `legacy column → column`.
    pub column: String,
    /// As the file has it.
    pub legacy: String,
    /// As the database has it.
    pub here: String,
}

/// A row shown side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// Its legacy key.
    pub legacy_id: String,
    /// Its id here.
    pub id: String,
    /// Its values.
    pub values: Vec<SampleValue>,
}

/// What the comparison of one table found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TableCheck {
    /// The table.
    pub target: String,
    /// Rows that the file gives.
    pub rows_legacy: usize,
    /// How many of them are here.
    pub rows_here: usize,
    /// Rows that rightly differ or are gone, each with the reason; they are in no sum.
    pub excused: Vec<LeftOut>,
    /// Rows that differ or are missing, and nobody knows why.
    pub differing: Vec<LeftOut>,
    /// Sums from both sides.
    pub sums: Vec<GroupSums>,
    /// Rows side by side.
    pub samples: Vec<Sample>,
}

impl TableCheck {
    /// Is all of it as it should be?
    pub fn is_right(&self) -> bool {
        self.differing.is_empty() && self.sums.iter().all(|s| s.legacy == s.here)
    }
}

/// What stands in the database for a row of the file.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nothing, and nobody knows why.
    Missing,
    /// A row that must be as the file says.
    Same(Vec<Cell>),
    /// A row that may differ, and why.
    Excused(Option<Vec<Cell>>, String),
}

/// Compares a table row by row. Holds sums, complaints and samples, not rows.
#[derive(Debug)]
pub struct Comparison<'a> {
    table: &'a LegacyTable,
    seed: u64,
    legacy: Sums,
    here: Sums,
    check: TableCheck,
    picked: BTreeMap<u64, Sample>,
}

impl<'a> Comparison<'a> {
    /// A comparison that has seen nothing.
    pub fn new(table: &'a LegacyTable, seed: u64) -> Self {
        let check = TableCheck { target: table.target.name().to_owned(), ..TableCheck::default() };
        Comparison { table, seed, legacy: Sums::default(), here: Sums::default(), check, picked: BTreeMap::new() }
    }

    /// Would a row be among the samples so far? Then [`Comparison::add`] wants the legacy row, too.
    pub fn wants(&self, legacy_id: &str) -> bool {
        let place = self.place(legacy_id);
        self.picked.len() < SAMPLES || self.picked.last_key_value().is_some_and(|(last, _)| place < *last)
    }

    /// Chance that depends on the seed and the row only, so that a seed shows the same rows again.
    fn place(&self, legacy_id: &str) -> u64 {
        let name = format!("{}:{}:{legacy_id}", self.seed, self.table.name);
        Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u64_pair().0
    }

    /// Compares a row.
    pub fn add(&mut self, draft: &Draft, legacy: Option<&[(String, String)]>, standing: Standing) {
        self.check.rows_legacy += 1;
        let say = |reason: String| LeftOut { legacy_id: draft.legacy_id.clone(), reason };
        let cells = match standing {
            Standing::Missing => {
                self.check.differing.push(say("it is not in the database".to_owned()));
                return;
            }
            Standing::Excused(cells, reason) => {
                self.check.excused.push(say(reason));
                self.check.rows_here += usize::from(cells.is_some());
                cells
            }
            Standing::Same(cells) => {
                self.check.rows_here += 1;
                let identity = draft.identity();
                self.legacy.add(draft.table, identity, &draft.cells);
                self.here.add(draft.table, identity, &cells);
                let wrong: Vec<&str> = draft
                    .values()
                    .zip(&cells)
                    .filter(|((column, sent), there)| is_content(column.name) && sent != there)
                    .map(|((column, _), _)| column.name)
                    .collect();
                if !wrong.is_empty() {
                    self.check.differing.push(say(format!("it differs in {}", wrong.join(", "))));
                }
                Some(cells)
            }
        };
        if let (Some(legacy), Some(cells)) = (legacy, cells) {
            self.picked.insert(self.place(&draft.legacy_id), sample(self.table, draft, legacy, &cells));
            if self.picked.len() > SAMPLES {
                self.picked.pop_last();
            }
        }
    }

    /// What was found.
    pub fn finish(mut self) -> TableCheck {
        for (group, legacy) in &self.legacy.0 {
            let here = self.here.0.get(group).copied().unwrap_or_default();
            let sums = GroupSums { group: *group, legacy: format!("{legacy:032x}"), here: format!("{here:032x}") };
            self.check.sums.push(sums);
        }
        self.check.samples = self.picked.into_values().collect();
        self.check
    }
}

/// A legacy row as it is shown in a sample.
pub fn legacy_cells(row: LegacyRow<'_>) -> Vec<(String, String)> {
    row.cells().map(|(column, value)| (column.to_owned(), shown(value, 60))).collect()
}

fn sample(table: &LegacyTable, draft: &Draft, legacy: &[(String, String)], cells: &[Cell]) -> Sample {
    let mut values = Vec::new();
    for (column, value) in legacy {
        let target = match table.column(column) {
            Some(Becomes::Same) => column.as_str(),
            Some(Becomes::Rule(target, _)) => target,
            Some(Becomes::Dropped(_)) | None => continue,
        };
        let Some(cell) = carried(table.target).position(|c| c.name == target).and_then(|at| cells.get(at)) else {
            continue;
        };
        let mut here = String::new();
        cell.canonical(&mut here);
        let name = if target == column { column.clone() } else { format!("{column} → {target}") };
        values.push(SampleValue { column: name, legacy: value.clone(), here: cut(&here, 60) });
    }
    Sample { legacy_id: draft.legacy_id.clone(), id: draft.identity().to_string(), values }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::legacy::catalogue;

    fn tag(text: &str) -> Draft {
        let mut draft = Draft::new(Table::Tag);
        draft.set("id", Uuid::from_u128(1));
        draft.set("tag_text", text);
        draft.legacy_id = "7".to_owned();
        draft
    }

    #[test]
    fn sums_do_not_depend_on_order_and_see_every_value() {
        let (a, b) = (tag("a"), tag("b"));
        let sum = |rows: &[&Draft]| {
            let mut sums = Sums::default();
            rows.iter().enumerate().for_each(|(n, d)| sums.add(d.table, Uuid::from_u128(n as u128), &d.cells));
            sums
        };
        assert_ne!(sum(&[&a]), sum(&[&b]));
        let mut forth = Sums::default();
        let mut back = Sums::default();
        for n in [1, 2] {
            forth.add(Table::Tag, Uuid::from_u128(n), &a.cells);
        }
        for n in [2, 1] {
            back.add(Table::Tag, Uuid::from_u128(n), &a.cells);
        }
        assert_eq!(forth, back);
    }

    #[test]
    fn a_wrong_value_is_named_and_an_excused_one_is_not_summed() {
        let table = catalogue::table("tag").unwrap();
        let mut comparison = Comparison::new(table, 1);
        comparison.add(&tag("slow"), None, Standing::Same(tag("fast").cells));
        let check = comparison.finish();
        assert!(!check.is_right());
        assert_eq!(check.differing[0].reason, "it differs in tag_text");
        assert!(check.sums.iter().any(|s| s.legacy != s.here));

        let mut comparison = Comparison::new(table, 1);
        comparison.add(&tag("slow"), None, Standing::Excused(Some(tag("fast").cells), "edited".to_owned()));
        assert!(comparison.finish().is_right());
        let mut comparison = Comparison::new(table, 1);
        comparison.add(&tag("slow"), None, Standing::Missing);
        assert!(!comparison.finish().is_right());
    }
}
