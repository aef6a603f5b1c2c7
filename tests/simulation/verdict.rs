//! What must be true when all is over: outboxes empty or refused with a reason, every device the same as the server, references whole.

use std::collections::BTreeMap;

use tunetrees::store::row::{self, Row};
use tunetrees::store::schema::Table;

use crate::model::rules;
use crate::oracle::refused;
use crate::world::World;

/// The first reference that leads nowhere, and for which there is no reason.
pub fn dangling(world: &World<'_>, device: usize) -> Option<String> {
    let conn = world.devices[device].store().conn();
    // The pragma tells which, and is prepared anew each time.
    if tunetrees::store::apply::dangling(conn, &Table::ALL).unwrap() == 0 {
        return None;
    }
    let mut statement = conn.prepare_cached("pragma foreign_key_check").unwrap();
    let mut found = statement.query([]).unwrap();
    while let Some(line) = found.next().unwrap() {
        let (table, rowid, parent): (String, i64, String) =
            (line.get(0).unwrap(), line.get(1).unwrap(), line.get(2).unwrap());
        let named = || -> Option<Row> {
            let table = Table::from_name(&table)?;
            row::select(conn, table, "rowid = ?1", [rowid]).unwrap().pop()
        };
        let known = Table::from_name(&table).zip(named());
        // What another has published may hang on what only he sees.
        let me = world.devices[device].user.to_string();
        let of_another = |table: Table, row: &Row| table == Table::Note && row["user_ref"] != me.as_str();
        if !known.is_some_and(|(table, row)| world.may_dangle(table, &row) || of_another(table, &row)) {
            let id = named().and_then(|row| Some(row.get("id")?.as_str()?.to_owned())).unwrap_or_default();
            return Some(format!("{table} {id} to {parent}"));
        }
    }
    None
}

/// Checks the whole world.
pub fn check(world: &mut World<'_>) -> Result<(), String> {
    for device in 0..world.devices.len() {
        if let Some(words) = world.devices[device].pages.as_ref().and_then(crate::pages::Pages::waiting) {
            return Err(format!("device {device}: {words}"));
        }
        check_outbox(world, device)?;
        check_replica(world, device)?;
    }
    check_schedules(world)?;
    crate::fate::account(world)
}

fn check_outbox(world: &mut World<'_>, device: usize) -> Result<(), String> {
    let store = world.devices[device].store();
    let sql =
        "select table_name, row_id, operation, sent_revision is not null from sync_queue where status = 'pending'";
    let pending: Vec<String> = {
        let mut statement = store.conn().prepare_cached(sql).unwrap();
        let line = |line: &rusqlite::Row<'_>| {
            let (table, id, what, sent): (String, String, String, bool) =
                (line.get(0)?, line.get(1)?, line.get(2)?, line.get(3)?);
            Ok(format!("{what} of {table} {id}{}", if sent { ", sent" } else { "" }))
        };
        let found = statement.query_map([], line).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    if !pending.is_empty() {
        return Err(format!("device {device}: {} edits were never sent: {}", pending.len(), pending.join("; ")));
    }
    let put_aside = refused(store);
    for ((table, id), (code, message)) in &put_aside {
        if message.is_empty() {
            return Err(format!("device {device}: {table} {id} was refused without a reason"));
        }
        if !world.oracle.is_refusable(*table, id) && !leans_on_refused(world, device, *table, id) {
            return Err(format!("device {device}: {table} {id}, a good row, was refused: {code} {message}"));
        }
    }
    world.tally.refused += put_aside.len() as u64;
    let aside = tunetrees::store::sync_state::aside(store.conn()).unwrap();
    match aside.first() {
        Some((table, _)) => {
            Err(format!("device {device}: {} rows could not be stored, a {table} for one", aside.len()))
        }
        None => Ok(()),
    }
}

/// Does the row refer to one that the server has not accepted?
fn leans_on_refused(world: &World<'_>, device: usize, table: Table, id: &str) -> bool {
    let Some(row) = row::read(world.devices[device].store().conn(), table, id).unwrap() else { return false };
    rules::references(table).iter().any(|(column, parent)| {
        row[*column]
            .as_str()
            .is_some_and(|key| world.oracle.is_refusable(*parent, key) || world.server.row(*parent, key).is_none())
    }) || world.hangs_on_sighted(table, &row)
}

/// Every row that the person may see is here as the server has it, and no other.
fn check_replica(world: &World<'_>, device: usize) -> Result<(), String> {
    let here = &world.devices[device];
    let me = here.user.to_string();
    let put_aside = refused(here.store());
    for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
        let rows = row::select(here.store().conn(), table, "true", []).unwrap();
        let mut local: BTreeMap<String, Row> =
            rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect();
        for (id, wire) in world.server.rows(table) {
            if !rules::may_see(Some(&me), table, wire) {
                continue;
            }
            let mine = local.remove(id);
            if put_aside.contains_key(&(table, id.to_owned())) {
                continue;
            }
            let Some(mine) = mine else { return Err(format!("device {device} does not have {table} {id}")) };
            let standing = row::from_wire(table, wire).unwrap();
            for column in table.columns() {
                let (ours, theirs) = (&mine[column.name], &standing[column.name]);
                if !row::same_value(ours, theirs) {
                    let name = column.name;
                    return Err(format!("device {device}: {table} {id}: {name} is {ours}, on the server {theirs}"));
                }
            }
        }
        for (id, row) in local {
            // Made and deleted before anything was sent; or refused.
            let never_sent = row::version(&row) == 0 && row::is_deleted(&row);
            // A tombstone that was purged there may lie here: nobody sees it.
            let forgotten = row::is_deleted(&row) && world.purged.contains_key(&(table, id.clone()));
            // Hidden or removed by the project's owner: kept while something here names it.
            let kept = world.was_sighted(table, &id);
            if !never_sent && !forgotten && !kept && !put_aside.contains_key(&(table, id.clone())) {
                return Err(format!("device {device} has {table} {id} (v{}), the server has not", row::version(&row)));
            }
        }
    }
    Ok(())
}

/// The schedule is derived: devices of one person that have the same records have the same schedule.
fn check_schedules(world: &World<'_>) -> Result<(), String> {
    let schedule = |device: usize| -> Vec<String> {
        let sql = "select json_array(playlist_ref, tune_ref, records, practiced, due, stability, difficulty, repetitions, lapses)
                   from scheduling_state order by 1";
        let mut statement = world.devices[device].store().conn().prepare_cached(sql).unwrap();
        let found = statement.query_map([], |line| line.get(0)).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    let mut first: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for device in 0..world.devices.len() {
        if !refused(world.devices[device].store()).is_empty() {
            continue;
        }
        let mine = schedule(device);
        match first.get(&world.devices[device].user.to_string()) {
            None => {
                first.insert(world.devices[device].user.to_string(), (device, mine));
            }
            Some((other, theirs)) if *theirs != mine => {
                let lacks =
                    |these: &[String], those: &[String]| those.iter().find(|line| !these.contains(line)).cloned();
                let (here, there) = (lacks(theirs, &mine), lacks(&mine, theirs));
                return Err(format!("devices {other} and {device} disagree about the schedule: {there:?}, {here:?}"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// How many rows each device's connection has written so far, of any table, also with the values they had: none may be added while all is idle.
/// (The position of pulls that bring nothing is written once a day; the idle time is two hours.)
pub fn written(world: &World<'_>) -> Vec<u64> {
    world.devices.iter().map(|device| device.store().conn().total_changes()).collect()
}
