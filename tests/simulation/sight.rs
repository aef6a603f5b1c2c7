//! What the project's owner does with what everybody sees: hides a tune or an instrument, gives it to one person, shows it again, takes it out
//! of the catalog, makes a person's tune everybody's.

use serde_json::{Value, json};
use tunetrees::domain::time::Timestamp;
use tunetrees::store::schema::Table;

use crate::device::START;
use crate::model::rules;
use crate::world::{World, people};

impl World<'_> {
    /// One row changes who sees it.
    pub fn change_sight(&mut self) {
        let table = if self.chance.happens(0.7) { Table::Tune } else { Table::Instrument };
        let column = table.owner_column().unwrap();
        let rows: Vec<(String, bool)> = self
            .server
            .rows(table)
            .filter(|(_, row)| row["deleted"] != Value::Bool(true))
            .map(|(id, row)| (id.to_owned(), row[column].is_null()))
            .collect();
        if rows.is_empty() {
            return;
        }
        let (id, is_public) = self.chance.of(&rows).clone();
        if table == Table::Instrument && !is_public {
            // Of one name a person has one instrument.
            return;
        }
        let now = Timestamp::from_micros(START + self.now);
        // Whoever has edited it, or hung something on it, may be told that it is not hers to write any more.
        self.oracle.may_be_refused(table, &id);
        self.sighted.insert((table, id.clone()));
        let owner = match self.chance.below(4) {
            0 if is_public && self.server.remove_as_owner(table, &id, now) => {
                self.tally.removed += 1;
                self.trace.note(self.now, None, "removes", &[], || format!("{table} {id}"));
                return;
            }
            1 | 2 if !is_public => Value::Null,
            _ => {
                let people = people();
                let known = &people[..self.plan.people];
                // Or somebody whom none of these devices knows.
                self.chance.of(known).0.to_string().into()
            }
        };
        match owner.is_null() {
            true => self.tally.shown += 1,
            false => self.tally.hidden += 1,
        }
        self.trace.note(self.now, None, "shows", &[], || format!("{table} {id} to {owner}"));
        self.server.write_as_owner(table, &id, json!({ column: owner }), now);
        self.ring(None);
    }

    /// Did the project's owner change who sees it?
    pub fn was_sighted(&self, table: Table, id: &str) -> bool {
        self.sighted.contains(&(table, id.to_owned()))
    }

    /// May a row name what is not here? It is hidden from this person; or the server does not have it: it was lost with a damaged file before it was
    /// sent, or a restored server has lost it and a lost database as well, and another device has not sent it again yet, if there is one that has it.
    pub fn may_dangle(&self, table: Table, row: &tunetrees::store::Row) -> bool {
        let lost_databases = self.tally.damaged + self.tally.evictions;
        let lost = |(column, parent): &(&str, Table)| {
            row.get(*column).and_then(Value::as_str).is_some_and(|id| {
                let writes = self.oracle.rows.get(&(*parent, id.to_owned()));
                let was_evicted = writes.is_some_and(|writes| writes.iter().any(|write| write.evicted));
                self.server.row(*parent, id).is_none()
                    && (was_evicted || (lost_databases > 0 && self.restored_at.is_some()))
            })
        };
        self.hangs_on_sighted(table, row) || rules::references(table).iter().any(lost)
    }

    /// Does a row name one whose sight was changed, directly or by way of others?
    pub fn hangs_on_sighted(&self, table: Table, row: &tunetrees::store::Row) -> bool {
        rules::references(table).iter().any(|(column, parent)| {
            row.get(*column).and_then(Value::as_str).is_some_and(|id| {
                self.was_sighted(*parent, id)
                    || self.server.row(*parent, id).is_some_and(|row| self.hangs_on_sighted(*parent, row))
            })
        })
    }
}
