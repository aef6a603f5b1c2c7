//! `sync_pull`: pages in the order of transaction, table and id, below the horizon that the first page has fixed.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};
use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use tunetrees::remedies::{Remedy, on};
use tunetrees::store::schema::Table;
use tunetrees::sync::failure::RemoteError;

use super::{ModelServer, failed, rules, values};

/// A page is not larger, its rows reckoned by what notes say beside the usual.
const MOST_BYTES: usize = 1_000_000;
const USUAL_BYTES: usize = 400;

/// Where a page starts: after this row, below this transaction.
struct Cursor {
    xid: u64,
    bound: Option<u64>,
    /// The floor when this series of pages began.
    floor: u64,
    rank: usize,
    id: String,
}

/// `a.<xid>.<bound>:<floor>.<rank>.<id>`, ranks from 1; bound `-` = no series of pages is running (then the floor only where it is above the xid).
fn cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.strip_prefix("a.")?.splitn(4, '.');
    let number = |text: &str, most: usize| {
        let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i64>().ok()).flatten().map(|n| n as u64)
    };
    let xid = number(parts.next()?, 19)?;
    let part = parts.next()?;
    let (bound, floor) = part.split_once(':').map_or((part, Some(0)), |(bound, floor)| (bound, number(floor, 19)));
    let bound = if bound == "-" { None } else { Some(number(bound, 19)?) };
    let floor = floor?;
    let rank = number(parts.next()?, 2)? as usize;
    let id = parts.next()?.to_owned();
    let fits = rank < 4 || uuid::Uuid::try_parse(&id).is_ok_and(|uuid| uuid.as_hyphenated().to_string() == id);
    (rank <= 19 && fits).then_some(Cursor { xid, bound, floor, rank, id })
}

/// The whole call.
pub fn call(server: &mut ModelServer, who: Option<UserId>, body: &Value, now: Timestamp) -> Result<Value, RemoteError> {
    let limit = body["page_limit"].as_i64().unwrap_or(500).clamp(1, server.most_rows) as usize;
    let by_server = on(Remedy::ServerPosition);
    let mut below = if by_server { server.horizon() } else { i64::MAX as u64 };
    let mut from = (0, 19, String::new());
    let mut floor_passed = false;
    let mut known_floor = server.state.floor;
    if let Some(text) = body["cursor"].as_str() {
        let at = cursor(text).filter(|at| at.xid <= server.state.next_xid || !by_server);
        let Some(at) = at else {
            return Err(failed(400, "22023", format!("this is not a cursor of sync_pull: {text}")));
        };
        known_floor = at.floor;
        floor_passed = at.xid.max(at.floor) < server.state.floor;
        below = at.bound.filter(|_| on(Remedy::FixedBound)).map_or(below, |bound| bound.min(below));
        // Rank 0 stands before all tables of its transaction.
        from = match at.rank {
            0 => (at.xid, 0, String::new()),
            rank => (at.xid, rank - 1, at.id),
        };
    }
    let me = who.map(|user| user.to_string());
    let first = match from.1 == 0 && from.2.is_empty() {
        true => Bound::Included(from),
        false => Bound::Excluded(from),
    };
    let visible = |(_, rank, id): &&(u64, usize, String)| {
        rules::may_see(me.as_deref(), Table::ALL[*rank], &server.state.tables[*rank][id].row)
    };
    let last = Bound::Excluded((below, 0, String::new()));
    let crossed = matches!(&first, Bound::Included(from) | Bound::Excluded(from) if from.0 >= below);
    let keys: Vec<&(u64, usize, String)> = match crossed {
        true => Vec::new(),
        false => server.state.order.range((first, last)).filter(visible).take(limit + 1).collect(),
    };
    // Notes may be large; a page ends before a megabyte, unless its first row alone has more.
    let mut reach = 0;
    let fits = |(_, rank, id): &&&(u64, usize, String)| {
        let text = server.state.tables[*rank][id].row.get("note_text").and_then(Value::as_str);
        reach += USUAL_BYTES + text.filter(|_| me.is_some()).map_or(0, str::len);
        reach <= MOST_BYTES
    };
    let fitting = keys.iter().take_while(fits).count().max(1);
    let page = &keys[..keys.len().min(limit).min(fitting)];
    let more = keys.len() > page.len();
    let rows: Vec<Value> = page
        .iter()
        .map(|(_, rank, id)| json!([Table::ALL[*rank].name(), server.state.tables[*rank][id].row]))
        .collect();
    let next = match page.last() {
        Some((xid, ..)) if more && !on(Remedy::UniqueCursor) => {
            format!("a.{xid}.{below}:{known_floor}.19.{}", uuid::Uuid::max())
        }
        Some((xid, rank, id)) if more || !by_server => format!("a.{xid}.{below}:{known_floor}.{}.{id}", rank + 1),
        None if !by_server => body["cursor"].as_str().unwrap_or("a.0.-.0.").to_owned(),
        _ if below < known_floor => format!("a.{below}.-:{known_floor}.0."),
        _ => format!("a.{below}.-.0."),
    };
    let mut reply = json!({
        "rows": rows, "cursor": next, "has_more": more, "server_time": values::time(now), "epoch": server.epoch,
    });
    if floor_passed {
        reply["floor_passed"] = true.into();
    }
    if let (Some(me), false) = (me, more) {
        let mine = server.state.devices.iter().filter(|((person, _), _)| *person == me);
        let mut mine: Vec<_> = mine.map(|((_, id), (name, at))| (std::cmp::Reverse(*at), id, name)).collect();
        mine.sort();
        let devices =
            mine.iter().map(|(at, id, name)| json!({"id": id, "name": name, "last_seen": values::time(at.0)}));
        reply["devices"] = devices.collect();
    }
    Ok(reply)
}

/// `sync_look`: of single rows, which are there.
pub fn look(server: &ModelServer, who: Option<UserId>, body: &Value, now: Timestamp) -> Result<Value, RemoteError> {
    let bad = || failed(400, "22023", "rows must be an array of at most 1000 pairs of table and id");
    let asked = body["rows"].as_array().filter(|rows| rows.len() <= 1000).ok_or_else(bad)?;
    let me = who.map(|user| user.to_string());
    let mut rows = BTreeSet::new();
    for pair in asked {
        let table = pair[0].as_str().and_then(Table::from_name).filter(|table| table.is_synced()).ok_or_else(bad)?;
        let id = pair[1].as_str().ok_or_else(bad)?;
        uuid::Uuid::try_parse(id).ok().filter(|uuid| uuid.as_hyphenated().to_string() == id).ok_or_else(bad)?;
        if me.is_none() && !matches!(table, Table::Tune | Table::Instrument) {
            return Err(failed(401, "42501", format!("permission denied for table {table}")));
        }
        rows.insert((table, id.to_owned()));
    }
    let seen = |(table, id): &(Table, String)| {
        server.state.row(*table, id).filter(|row| rules::may_see(me.as_deref(), *table, row)).cloned()
    };
    let here: Vec<Value> = rows.iter().filter_map(|key| Some(json!([key.0.name(), seen(key)?]))).collect();
    let gone: Vec<Value> =
        rows.iter().filter(|key| seen(key).is_none()).map(|(table, id)| json!([table, id])).collect();
    Ok(json!({
        "rows": here, "gone": gone, "reader": me, "has_more": false, "server_time": values::time(now), "epoch": server.epoch,
    }))
}
