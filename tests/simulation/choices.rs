//! What a person does on the pages of trouble: a conflict is settled one way or the other, a refused edit tried again or given up.

use std::collections::BTreeSet;

use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError};
use tunetrees::sync::engine::Event;
use tunetrees::sync::store::set_strategy;
use tunetrees::sync::strategy::Strategy;

use crate::device::START;
use crate::run::QUIET_WITHIN;
use crate::world::World;

/// She answers as many rounds of questions; each answer may be met by another device's.
const MOST_ROUNDS: usize = 20;

/// Conflicts that nobody has settled; the undecided only, or all.
fn open_conflicts(store: &Store, undecided_only: bool) -> Vec<(String, bool)> {
    let sql =
        "select id, undecided from sync_conflict where undecided = 1 or (?1 = 0 and reviewed_at is null) order by id";
    let mut statement = store.conn().prepare_cached(sql).unwrap();
    let found = statement.query_map([undecided_only], |line| Ok((line.get(0)?, line.get(1)?))).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}

/// Rows that are queued, or only those that are refused.
fn queued(store: &Store, refused_only: bool) -> BTreeSet<(Table, String)> {
    let sql = "select table_name, row_id from sync_queue where ?1 = 0 or status = 'refused'";
    let mut statement = store.conn().prepare_cached(sql).unwrap();
    let found = statement.query_map([refused_only], |line| Ok((line.get::<_, String>(0)?, line.get(1)?))).unwrap();
    found.map(|line| line.map(|(name, id)| (Table::from_name(&name).unwrap(), id)).unwrap()).collect()
}

impl World<'_> {
    /// How that device settles conflicts.
    pub fn set_strategy(&self, device: usize, store: &mut Store) {
        let strategy = self.plan.strategies[device];
        if strategy != Strategy::default() {
            let now = tunetrees::domain::time::Timestamp::from_micros(START + self.now);
            set_strategy(store, strategy, now).unwrap();
        }
    }

    /// Somebody settles a conflict, or does something about a refused edit, if there is one.
    pub fn choose(&mut self, device: usize) {
        let here = &self.devices[device];
        if here.tab.is_none() || here.is_hung() {
            return;
        }
        let conflicts = open_conflicts(here.store(), false);
        let refused: Vec<_> = queued(here.store(), true).into_iter().collect();
        if !conflicts.is_empty() && (refused.is_empty() || self.chance.happens(0.6)) {
            let (conflict, undecided) = self.chance.of(&conflicts).clone();
            self.settle(device, &conflict, undecided);
        } else if !refused.is_empty() {
            let (table, id) = self.chance.of(&refused).clone();
            self.do_about(device, table, &id);
        }
    }

    fn settle(&mut self, device: usize, conflict: &str, undecided: bool) {
        let other = self.chance.happens(0.5);
        self.edit_in_little_room(device);
        let here = &mut self.devices[device];
        let now = here.clock(self.now);
        let store = here.disk.as_mut().unwrap();
        let done = match other {
            true => store.use_other(now, conflict),
            false => store.keep_standing(now, conflict),
        };
        if done.is_ok() {
            self.tally.chosen += 1;
            self.tally.asked += u64::from(undecided);
        }
        self.chosen(device, if other { "uses the other" } else { "keeps this" }, done);
    }

    fn do_about(&mut self, device: usize, table: Table, id: &str) {
        let gives_up = self.chance.happens(0.4);
        self.edit_in_little_room(device);
        let here = &mut self.devices[device];
        let now = here.clock(self.now);
        let store = here.disk.as_mut().unwrap();
        let before = queued(store, false);
        let done = match gives_up {
            true => store.discard_refused(now, table, id).map(drop),
            false => store.retry_refused_edit(now, table, id),
        };
        if done.is_ok() && gives_up {
            let gone: Vec<_> = before.difference(&queued(here.store(), false)).cloned().collect();
            self.tally.discarded += 1;
            self.tally.given_up += self.oracle.given_up(device, here.disks, &gone, here.store());
        }
        self.tally.retried += u64::from(done.is_ok() && !gives_up);
        self.chosen(device, if gives_up { "gives up" } else { "tries again" }, done);
    }

    fn chosen(&mut self, device: usize, what: &str, done: Result<(), StoreError>) {
        self.edited_in_little_room(device, &done);
        if let Err(error @ (StoreError::Sqlite(_) | StoreError::BadValue { .. })) = &done
            && !error.to_string().contains("constraint")
        {
            let text = format!("device {device}: {what} failed: {error}");
            return self.fail(text);
        }
        let here = &self.devices[device];
        let written = self.oracle.collect(device, here.disks, self.now, here.store());
        let outcome = done.as_ref().map_or_else(ToString::to_string, |()| "done".to_owned());
        let text = || format!("{what}: {outcome}; {}", written.join(", "));
        self.trace.note(self.now, Some(device), "chooses", &[written.len() as i64], text);
        if done.is_ok() {
            self.tell(device, Event::LocalEdit);
        }
    }
}

/// All is over but for what waits for somebody's word: each gets an answer, and that may be met by another's.
pub fn decide_all(world: &mut World<'_>) {
    for _ in 0..MOST_ROUNDS {
        let mut asked = false;
        for device in 0..world.devices.len() {
            for (conflict, _) in open_conflicts(world.devices[device].store(), true) {
                if world.broken.is_none() && world.devices[device].tab.is_some() {
                    asked = true;
                    world.settle(device, &conflict, true);
                }
            }
        }
        if !asked || world.broken.is_some() {
            return;
        }
        world.last_fault = world.now;
        world.run_until(world.now + QUIET_WITHIN);
    }
    world.fail("the questions do not end".to_owned());
}
