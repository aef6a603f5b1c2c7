//! `sync_push`: checks, stamps and compare-and-set, one operation after the other, in the order in which PostgreSQL looks at things.

use serde_json::{Map, Value, json};
use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use tunetrees::remedies::{Remedy, on};
use tunetrees::store::row::{Row, is_stamp};
use tunetrees::store::schema::Table;
use tunetrees::sync::failure::RemoteError;

use super::{ModelServer, Refusal, failed, rules, values};

const MOST_OPS: usize = 1000;
const AHEAD_MICROS: i64 = 5 * 60 * 1_000_000;

/// After so long a device's row is written again.
const SEEN_MICROS: i64 = 5 * 60 * 1_000_000;

enum Answer {
    Applied(Row),
    Conflict(Option<Row>),
}

/// The whole call, in transaction `xid`.
pub fn call(
    server: &mut ModelServer,
    xid: u64,
    who: UserId,
    body: &Value,
    now: Timestamp,
) -> Result<Value, RemoteError> {
    let Some(ops) = body["ops"].as_array() else {
        return Err(failed(400, "22023", "ops must be an array of operations"));
    };
    if ops.len() > MOST_OPS {
        return Err(failed(
            400,
            "22023",
            format!("at most {MOST_OPS} operations in one call, these are {}", ops.len()),
        ));
    }
    if body["schema"].as_i64().unwrap_or(0) < server.min_schema {
        return Err(failed(426, "PT426", "this app is too old to send; update it"));
    }
    if body["epoch"].as_str().is_some_and(|epoch| epoch != server.epoch) {
        return Ok(json!({ "results": [], "server_time": values::time(now), "epoch": server.epoch }));
    }
    let me = who.to_string();
    if let Some(device) = body["device"].as_str().filter(|_| server.state.accounts.contains(&me)) {
        note_device(server, &me, device, body["name"].as_str(), now);
    }
    let before = (!on(Remedy::SavepointPerOp)).then(|| server.state.clone());
    let mut results = Vec::with_capacity(ops.len());
    for op in ops {
        let echo = op.get("op").filter(|number| number.is_u64()).cloned().unwrap_or(Value::Null);
        results.push(match operation(server, xid, &me, op, now) {
            Ok(Answer::Applied(row)) => json!({ "op": echo, "status": "applied", "row": row }),
            Ok(Answer::Conflict(row)) => json!({ "op": echo, "status": "conflict", "row": row }),
            Err(Refusal { code, message }) => {
                if let Some(before) = before {
                    server.state = before;
                    return Err(failed(400, code, message));
                }
                json!({ "op": echo, "status": "refused", "code": code, "message": message })
            }
        });
    }
    Ok(json!({ "results": results, "server_time": values::time(now), "epoch": server.epoch }))
}

fn note_device(server: &mut ModelServer, me: &str, device: &str, name: Option<&str>, now: Timestamp) {
    let cut = |text: &str| text.chars().take(100).collect::<String>();
    let known = server.state.devices.entry((me.to_owned(), cut(device))).or_insert((name.map(cut), now));
    let name = name.map(cut).or_else(|| known.0.clone());
    if known.1 < now.plus_micros(-SEEN_MICROS) || known.0 != name {
        *known = (name, now);
    }
}

fn operation(server: &mut ModelServer, xid: u64, me: &str, op: &Value, now: Timestamp) -> Result<Answer, Refusal> {
    if has_nul(op) {
        return Err(Refusal::new("22P05", "unsupported Unicode escape sequence"));
    }
    let table = op["table"].as_str().and_then(Table::from_name).filter(|table| table.is_synced());
    let table = table.ok_or_else(|| Refusal::new("42P01", format!("there is no synced table \"{}\"", op["table"])))?;
    let id = op["id"].as_str().filter(|id| is_plain_uuid(id)).map(str::to_ascii_lowercase);
    let id = id.ok_or_else(|| Refusal::new("22P02", format!("the id \"{}\" is not a UUID", op["id"])))?;
    let base = op["base"].as_i64().filter(|base| (0..=999_999_999).contains(base));
    let base = base.ok_or_else(|| Refusal::new("22023", "base must be the sync_version that was edited"))?;
    let sent = op["row"].as_object().ok_or_else(|| Refusal::new("22023", "row must be an object of column values"))?;
    if let Some(other) = sent.get("id")
        && other.as_str().map(str::to_ascii_lowercase).as_ref() != Some(&id)
    {
        return Err(Refusal::new("23514", "the id of a row never changes"));
    }
    known_columns(table, sent, server.unknown)?;
    let stands = server.state.row(table, &id);
    let seen = stands.filter(|row| rules::may_see(Some(me), table, row));
    if base > 0 && seen.is_none() {
        // The values are not even looked at.
        return Ok(Answer::Conflict(None));
    }
    let wanted = wanted(table, sent)?;
    if base == 0 {
        let mut row = blank(table, now);
        row.insert("id".to_owned(), id.clone().into());
        row.extend(wanted.clone());
        stamp(&mut row, server.state.purged_version + 1, now);
        allowed(server, me, table, &row)?;
        if stands.is_none() || (seen.is_none() && !on(Remedy::OthersProtected)) {
            fits(server, table, &id, &row)?;
            return Ok(written(server, xid, table, id, row));
        }
    } else if let Some(row) = seen
        && !wanted.is_empty()
        && rules::owner(table, row) == Some(me)
        && (row["sync_version"].as_i64() == Some(base) || !on(Remedy::CompareAndSet))
    {
        let row = changed(table, row, &wanted, now)?;
        allowed(server, me, table, row.as_ref().unwrap_or_else(|| server.state.row(table, &id).unwrap()))?;
        let Some(row) = row else { return Ok(Answer::Applied(stamps(server.state.row(table, &id).unwrap()))) };
        fits(server, table, &id, &row)?;
        return Ok(written(server, xid, table, id, row));
    }

    // Nothing was written. What does stand there, as far as the caller may see?
    let row = seen.ok_or_else(|| Refusal::new("42501", format!("the id {id} is taken by a row you may not see")))?;
    let found_equal = on(Remedy::ResendRecognised)
        && wanted
            .iter()
            .all(|(name, value)| matches!(name.as_str(), "last_modified_at" | "device_id") || row[name] == *value);
    let version = row["sync_version"].as_i64().unwrap_or(0);
    if (found_equal && version >= base) || !on(Remedy::NoopNoticed) {
        Ok(Answer::Applied(row.clone()))
    } else if version == base {
        Err(Refusal::new("42501", format!("this row of table {table} is read-only for you")))
    } else {
        Ok(Answer::Conflict(Some(row.clone())))
    }
}

fn known_columns(table: Table, sent: &Map<String, Value>, unknown: Option<(Table, &str)>) -> Result<(), Refusal> {
    let is_known = |name: &str| table.column(name).is_some() && unknown != Some((table, name));
    let settable = |name: &str| name != "sync_version" && is_known(name);
    if let Some(bad) = sent.keys().find(|name| *name != "id" && !settable(name)) {
        let message = format!("table {table} has no column \"{bad}\" that a device may set");
        return Err(Refusal::new("42703", message));
    }
    Ok(())
}

/// The columns that were sent, as the table's types read them. The first that does not fit, in the table's order, is the reason.
fn wanted(table: Table, sent: &Map<String, Value>) -> Result<Row, Refusal> {
    let mut wanted = Row::new();
    for column in table.columns().iter().filter(|column| column.name != "id") {
        if let Some(value) = sent.get(column.name) {
            wanted.insert(column.name.to_owned(), values::read(column, value)?);
        }
    }
    Ok(wanted)
}

/// A new row of which nothing is said yet.
pub fn blank(table: Table, now: Timestamp) -> Row {
    let mut row: Row = table.columns().iter().map(|column| (column.name.to_owned(), Value::Null)).collect();
    if table.is_synced() {
        row.insert("last_modified_at".to_owned(), values::time(now).into());
        row.insert("deleted".to_owned(), false.into());
    }
    row.extend(rules::defaults(table).into_iter().map(|(name, value)| (name.to_owned(), value)));
    row
}

/// The trigger `sync_stamp`.
fn stamp(row: &mut Row, version: i64, now: Timestamp) {
    let latest = now.plus_micros(AHEAD_MICROS);
    let at = match row["last_modified_at"].as_str() {
        None => Some(now),
        Some(_) if !on(Remedy::StampClamp) => None,
        Some("infinity") => Some(latest),
        Some(text) => text.parse().ok().filter(|at: &Timestamp| *at > latest).map(|_| latest),
    };
    if let Some(at) = at {
        row.insert("last_modified_at".to_owned(), values::time(at).into());
    }
    row.insert("sync_version".to_owned(), version.into());
}

/// The row after the update; none if nothing of substance differs: then it stays as it is.
fn changed(table: Table, before: &Row, wanted: &Row, now: Timestamp) -> Result<Option<Row>, Refusal> {
    let differs = |name: &str, value: &Value| !is_stamp(name) && before[name] != *value;
    let rewritten = wanted.iter().any(|(name, value)| name != "deleted" && differs(name, value));
    if table == Table::PracticeRecord && rewritten && on(Remedy::RecordsKept) {
        return Err(Refusal::new("23514", "a practice record is history: only deleted may change"));
    }
    let unchanged = !wanted.iter().any(|(name, value)| differs(name, value));
    if unchanged && on(Remedy::UnchangedSilent) && !is_later(before, wanted, now) {
        return Ok(None);
    }
    let mut row = before.clone();
    if !on(Remedy::ColumnsKept) {
        row.iter_mut()
            .filter(|(name, _)| table.column(name).is_some_and(|c| c.nullable))
            .for_each(|(_, v)| *v = Value::Null);
    }
    row.extend(wanted.clone());
    stamp(&mut row, before["sync_version"].as_i64().unwrap_or(0) + 1, now);
    Ok(Some(row))
}

/// Has the write a later stamp than the row? Then it is a new version even if it says the same.
fn is_later(before: &Row, wanted: &Row, now: Timestamp) -> bool {
    let Some(at) = wanted.get("last_modified_at") else { return false };
    let mut sent = Row::from_iter([("last_modified_at".to_owned(), at.clone())]);
    stamp(&mut sent, 0, now);
    let read = |row: &Row| row["last_modified_at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    read(&sent) > read(before)
}

/// Row level security, not null and checks, in this order.
fn allowed(server: &ModelServer, me: &str, table: Table, row: &Row) -> Result<(), Refusal> {
    if !rules::may_write(me, &server.state, table, row) {
        let message = format!("new row violates row-level security policy for table \"{table}\"");
        return Err(Refusal::new("42501", message));
    }
    if let Some(column) = table.columns().iter().find(|column| !column.nullable && row[column.name].is_null()) {
        let message = format!("null value in column \"{}\" of relation \"{table}\"", column.name);
        return Err(Refusal::new("23502", message));
    }
    match rules::broken_check(table, row) {
        Some(name) => Err(Refusal::new("23514", format!("row of \"{table}\" violates check constraint \"{name}\""))),
        None => Ok(()),
    }
}

/// The unique key, then the foreign keys.
fn fits(server: &ModelServer, table: Table, id: &str, row: &Row) -> Result<(), Refusal> {
    if server.state.holder_of_key(table, id, row).is_some() {
        let message = format!("duplicate key value violates unique constraint \"{table}_key\"");
        return Err(Refusal::new("23505", message));
    }
    let missing = |(column, parent): &&(&str, Table)| {
        row[*column].as_str().is_some_and(|key| server.state.row(*parent, key).is_none())
    };
    let account_missing = table == Table::UserProfile && !server.state.accounts.contains(id);
    match rules::references(table).iter().find(missing) {
        Some((column, parent)) => {
            Err(Refusal::new("23503", format!("{table}.{column} is not present in \"{parent}\"")))
        }
        None if account_missing => Err(Refusal::new("23503", "there is no such account")),
        None => Ok(()),
    }
}

fn written(server: &mut ModelServer, xid: u64, table: Table, id: String, row: Row) -> Answer {
    server.ring_for(table, &row);
    let answer = Answer::Applied(stamps(&row));
    server.state.put(table, &id, row, xid);
    answer
}

/// All that the device does not know of a row that is otherwise as it was sent.
fn stamps(row: &Row) -> Row {
    row.iter().filter(|(name, _)| is_stamp(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_plain_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// jsonb holds no NUL character.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}
