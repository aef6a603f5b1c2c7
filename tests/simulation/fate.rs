//! What became of every value that was written: says so, or that it was lost. The rules by which a value may give way are those of
//! `docs/sync.md`; each has its function here, or, where the server has forgotten something, in `fate/forgotten.rs`.

mod forgotten;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tunetrees::store::row::{self, Row, same_value};
use tunetrees::store::schema::Table;
use tunetrees::sync::policy::DeletePolicy;
use tunetrees::sync::strategy::Strategy;

use crate::happening::short;
use crate::model::rules;
use crate::oracle::{Refusals, Write, Writes, conflicts, refused};
use crate::world::World;

/// Says what became of every write; the first loss is an error.
pub fn account(world: &mut World<'_>) -> Result<(), String> {
    let mut logged = std::mem::take(&mut world.oracle.logged);
    let mut refusals = Vec::new();
    for device in &world.devices {
        logged.extend(conflicts(device.store()));
        refusals.push(refused(device.store()));
    }
    let rows = std::mem::take(&mut world.oracle.rows);
    for ((table, id), writes) in &rows {
        let server = world.server.row(*table, id).map(|wire| row::from_wire(*table, wire).unwrap());
        let fate = Fate { world, all: &rows, table: *table, id, writes, server, logged: &logged, refusals: &refusals };
        let Counts { superseded, in_log, by_policy, evicted } = fate.check()?;
        let published = |write: &&Write| write.column == "public" && write.new == 1;
        world.tally.public_notes += writes.iter().filter(published).count() as u64;
        world.tally.superseded += superseded;
        world.tally.logged += in_log;
        world.tally.by_policy += by_policy;
        world.tally.evicted_writes += evicted;
    }
    world.oracle.rows = rows;
    world.oracle.logged = logged;
    Ok(())
}

#[derive(Default)]
struct Counts {
    superseded: u64,
    in_log: u64,
    by_policy: u64,
    evicted: u64,
}

struct Fate<'a> {
    world: &'a World<'a>,
    all: &'a Writes,
    table: Table,
    id: &'a String,
    writes: &'a [Write],
    server: Option<Row>,
    logged: &'a BTreeSet<(String, String, String, String)>,
    refusals: &'a [Refusals],
}

impl Fate<'_> {
    fn check(&self) -> Result<Counts, String> {
        let mut counts = Counts::default();
        // What a later edit of the same device has replaced needs no other account.
        let mut last: BTreeMap<(usize, u32, &str), &Write> = BTreeMap::new();
        for write in self.writes {
            last.insert((write.device, write.disk, write.column), write);
        }
        // Also on another disk, where what it knew was carried over.
        let is_replaced = |write: &Write| {
            let replaces = |other: &Write| other.device == write.device && other.column == write.column;
            self.writes.iter().any(|o| replaces(o) && o.at > write.at && same_value(&o.old, &write.new))
        };
        for write in last.values().filter(|write| !is_replaced(write)) {
            if write.evicted || write.given_up {
                counts.evicted += u64::from(write.evicted);
            } else if !self.is_excused(write) && !self.was_as_before(write) {
                self.check_write(write, &mut counts)?;
            }
        }
        Ok(counts)
    }

    /// Refused with a reason, or gone with a database that alone remembered what a restored server had forgotten.
    fn is_excused(&self, write: &Write) -> bool {
        let device = &self.world.devices[write.device];
        let alive = device.disks == write.disk;
        let key = (self.table, self.id.clone());
        (alive && self.refusals[write.device].contains_key(&key))
            || (!alive && self.world.restored_at.is_some_and(|at| at > write.at))
    }

    /// The server was set back after its device had made the row, and this sets a field back to what it was then: no edit, to an outbox that is
    /// carried over from a damaged database, which alone remembered the row.
    fn was_as_before(&self, write: &Write) -> bool {
        let Some(at) = self.world.restored_at else { return false };
        if self.world.devices[write.device].disks == write.disk {
            return false;
        }
        let then = |other: &&Write| (other.device, other.disk) == (write.device, write.disk) && other.at < at;
        let was = self.writes.iter().filter(then).rfind(|other| other.column == write.column);
        self.writes.iter().filter(then).any(|other| self.made_the_row(other))
            && same_value(was.map_or(&Value::Null, |was| &was.new), &write.new)
    }

    fn check_write(&self, write: &Write, counts: &mut Counts) -> Result<(), String> {
        let Some(server) = &self.server else {
            let deleted = self.last_flags().into_iter().all(|deleted| deleted);
            let purged = self.world.purged.contains_key(&(self.table, self.id.clone()));
            if deleted || purged || self.was_taken_over(write) || self.went_with_another(write) {
                counts.by_policy += 1;
                return Ok(());
            }
            return Err(self.lost(write, "the server has no such row"));
        };
        let stands = server.get(write.column).unwrap_or(&Value::Null);
        if same_value(stands, &write.new) {
            return Ok(());
        }
        // Whose it is the project's owner has the last word on.
        if Some(write.column) == self.table.owner_column() && self.world.was_sighted(self.table, self.id) {
            counts.by_policy += 1;
            return Ok(());
        }
        if self.was_never_told(write)
            || self.was_forgotten(write)
            || self.went_before_it_was_made_anew(write)
            || self.was_of_a_purged_tombstone(write)
            || self.was_deleted_again_unheard(write)
        {
            counts.by_policy += 1;
            return Ok(());
        }
        if write.column == "deleted" {
            return self.check_deleted(write, counts);
        }
        if self.lost_by_the_log(write, &write.new) || self.was_replaced_by_one_that_lost(write) {
            counts.in_log += 1;
            return Ok(());
        }
        if self.was_renamed(write, &write.new, stands) {
            return Ok(());
        }
        let together = tunetrees::sync::policy::together(self.table);
        let is_together = together.contains(&write.column);
        // Both made the row, as far as one of them knows: a value beats none; of what belongs together, zero is none, too.
        let says_nothing = write.new.is_null() || (is_together && write.new == 0);
        // (Profiles are made with their accounts, and by each device for itself before it first pulls.)
        let is_made_by_all = self.table == Table::UserProfile;
        // What is sent again to a restored server meets there without a common state, too.
        let is_made_by_all = is_made_by_all || self.world.restored_at.is_some();
        if says_nothing && (is_made_by_all || self.others(write).any(|other| self.made_the_row(other))) {
            counts.by_policy += 1;
            return Ok(());
        }
        if self.was_taken_back(write, stands) {
            counts.by_policy += 1;
            return Ok(());
        }
        if self.was_agreed(write, stands) {
            counts.by_policy += 1;
            return Ok(());
        }
        let together = tunetrees::sync::policy::together(self.table);
        let rival =
            |other: &Write| together.contains(&other.column) && self.others(write).any(|o| std::ptr::eq(o, other));
        if together.contains(&write.column)
            && self.writes.iter().any(rival)
            && self.others(write).any(|other| other.stamp >= write.counts_as())
        {
            counts.superseded += 1;
            return Ok(());
        }
        if self.was_emptied_since(write) {
            counts.by_policy += 1;
            return Ok(());
        }
        if self.knew(write, stands) && !self.was_sent_again(write) && !self.went_with_its_row(write) {
            return Err(self.lost(write, "a value that it replaced has come back"));
        }
        if self.was_what_the_other_began_with(write, stands) {
            counts.by_policy += 1;
            return Ok(());
        }
        let later = self.others(write).any(|other| other.stamp >= write.counts_as());
        if !later {
            return Err(self.lost(write, "nothing later was written elsewhere"));
        }
        if !self.stands_by_another(write, stands) && !self.was_taken_whole() && !self.was_sent_again(write) {
            return Err(self.lost(write, "nobody else has written what stands there instead"));
        }
        counts.superseded += 1;
        Ok(())
    }

    /// Some device takes the later row whole, with what its other fields were ("newest row").
    fn was_taken_whole(&self) -> bool {
        self.world.plan.strategies.contains(&Strategy::NewestRow)
    }

    /// Does a conflict log say that this value of the written field has given way?
    fn lost_by_the_log(&self, write: &Write, value: &Value) -> bool {
        let line = (self.table.name().to_owned(), self.id.clone(), write.column.to_owned(), value.to_string());
        self.logged.contains(&line)
    }

    /// Another device had replaced the value, itself or by way of further ones, by one that then gave way, with a word.
    fn was_replaced_by_one_that_lost(&self, write: &Write) -> bool {
        let mut replaced = vec![&write.new];
        for other in self.others(write).filter(|other| other.column == write.column) {
            if replaced.iter().any(|value| same_value(value, &other.old)) {
                if self.lost_by_the_log(write, &other.new) {
                    return true;
                }
                replaced.push(&other.new);
            }
        }
        false
    }

    /// The flag as each device has last set it that still has something to account for.
    fn last_flags(&self) -> Vec<bool> {
        let mut last = BTreeMap::new();
        for write in self.writes.iter().filter(|write| !write.evicted && !write.given_up) {
            let (flag, counts) = last.entry((write.device, write.disk)).or_insert((false, false));
            *counts |= !self.is_excused(write);
            if write.column == "deleted" {
                *flag = write.new == 1;
            }
        }
        last.into_values().filter(|(_, counts)| *counts).map(|(flag, _)| flag).collect()
    }

    fn check_deleted(&self, write: &Write, counts: &mut Counts) -> Result<(), String> {
        if self.world.plan.is_settled_by_people() && self.lost_by_the_log(write, &write.new) {
            counts.in_log += 1;
            return Ok(());
        }
        counts.by_policy += 1;
        // What two devices send again to a restored server meets there without a common state: where deletions stand, one does.
        let stays = tunetrees::sync::policy::on_delete(self.table) == DeletePolicy::DeleteWins;
        if self.world.restored_at.is_some()
            && stays
            && write.new == 0
            && self.writes.iter().any(|other| other.column == "deleted" && other.new == 1)
        {
            return Ok(());
        }
        if !self.was_opposed(write) && !self.was_taken_whole() && !self.was_sent_again(write) {
            return Err(self.lost(write, "nobody else has deleted it, or brought it back"));
        }
        // Brought back and deleted again before it was sent is no edit: the deletion counts as of the first time. So does one of what
        // another device had deleted already.
        let agrees = |other: &&Write| other.column == write.column && same_value(&other.new, &write.new);
        let first = self.writes.iter().filter(agrees).min_by_key(|other| other.counts_as()).unwrap_or(write);
        if self.others(write).any(|other| other.stamp >= first.counts_as()) {
            return Ok(());
        }
        // A later edit elsewhere revives; a deletion elsewhere stands; bringing back wins over not touching.
        let settled = self.others(write).any(|other| {
            other.stamp >= write.counts_as() || (other.column == "deleted" && !same_value(&other.new, &write.new))
        });
        if settled { Ok(()) } else { Err(self.lost(write, "no policy says so")) }
    }

    /// Has another device said the opposite of this deletion or revival? Where edits revive, any later one does; so does who makes the row.
    fn was_opposed(&self, write: &Write) -> bool {
        let revives = tunetrees::sync::policy::on_delete(self.table) == DeletePolicy::LaterEditRevives;
        self.others(write).any(|other| {
            let flag = other.column == "deleted" && !same_value(&other.new, &write.new);
            flag || (write.new == 1 && (revives || self.made_the_row(other)))
        })
    }

    fn others<'b>(&'b self, write: &'b Write) -> impl Iterator<Item = &'b Write> {
        let elsewhere = |other: &&Write| (other.device, other.disk) != (write.device, write.disk);
        self.writes.iter().filter(elsewhere).filter(|other| !other.is_twin_of(write))
    }

    /// Is it of the edit that made the row on its device?
    fn made_the_row(&self, write: &Write) -> bool {
        self.table.owner_column() == Some(write.column) && write.old.is_null()
    }

    /// Made and deleted before it was sent is as good as never made; another device made the row, too.
    fn was_never_told(&self, write: &Write) -> bool {
        let own = |other: &&Write| (other.device, other.disk) == (write.device, write.disk);
        // Brought back later, it is the other's.
        let is_deletion = |other: &Write| other.column == "deleted" && other.new == 1 && other.at >= write.at;
        self.writes.iter().filter(own).any(is_deletion)
            && self.writes.iter().filter(own).any(|other| self.made_the_row(other))
            && self.others(write).any(|other| self.made_the_row(other))
    }

    /// The project's owner has made it everybody's or another's: it is not this device's to send again to a restored server.
    fn was_taken_over(&self, write: &Write) -> bool {
        let device = &self.world.devices[write.device];
        let here = row::read(device.store().conn(), self.table, self.id).unwrap();
        let owner = here.as_ref().zip(self.table.owner_column()).and_then(|(row, column)| row[column].as_str());
        self.world.was_sighted(self.table, self.id) && owner != Some(device.user.to_string().as_str())
    }

    /// It hung on a row that the server had refused and that was then deleted where it was made: all that hangs on it goes with it, what is
    /// hung on the deleted row later as well.
    fn went_with_another(&self, write: &Write) -> bool {
        let own = |other: &&Write| (other.device, other.disk) == (write.device, write.disk);
        let parents = rules::references(self.table);
        self.writes.iter().filter(own).any(|named| {
            parents.iter().any(|(column, parent)| {
                let Some(id) = named.new.as_str().filter(|_| *column == named.column) else { return false };
                self.world.server.row(*parent, id).is_none()
                    && self.may_have_been_refused(*parent, id)
                    && self.all.get(&(*parent, id.to_owned())).is_some_and(|writes| {
                        let flags: Vec<_> =
                            writes.iter().filter(own).filter(|other| other.column == "deleted").collect();
                        flags.iter().any(|flag| flag.new == 1 && flag.at >= write.at)
                            || flags.last().is_some_and(|flag| flag.new == 1)
                    })
            })
        })
    }

    /// The server refuses it, or has refused what it leans on: that counts also for an instrument whose name another one had, and for all rows
    /// of a table of which a restored server had no column (a new row names them all).
    fn may_have_been_refused(&self, table: Table, id: &str) -> bool {
        let leans = |write: &Write| {
            rules::references(table).iter().any(|(column, parent)| {
                *column == write.column && write.new.as_str().is_some_and(|id| self.may_have_been_refused(*parent, id))
            })
        };
        table == Table::Instrument
            || self.world.lacking == Some(table)
            || self.world.oracle.is_refusable(table, id)
            || self.all.get(&(table, id.to_owned())).is_some_and(|writes| writes.iter().any(leans))
    }

    /// Some device takes the newest row whole, without a word where the app itself writes: a field goes with its row, whoever knew what of it.
    fn went_with_its_row(&self, write: &Write) -> bool {
        self.world.plan.strategies.contains(&Strategy::NewestRow)
            && !tunetrees::sync::policy::is_worth_telling(self.table)
            && self.others(write).any(|other| other.stamp >= write.counts_as())
    }

    fn lost(&self, write: &Write, why: &str) -> String {
        let stands = self.server.as_ref().map_or("no row".to_owned(), |row| {
            format!(
                "{} with {} = {}",
                short(self.table.name(), row),
                write.column,
                row.get(write.column).unwrap_or(&Value::Null)
            )
        });
        let mut text =
            format!("an edit is lost: {} {}: {}; {why}; the server has {stands}", self.table, self.id, write.says());
        for other in self.writes {
            text += &format!("\n      written: {}", other.says());
        }
        text
    }
}
