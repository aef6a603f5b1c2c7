//! One row change as wal2json tells it, and what of it each subscriber may see: column privileges, filters and
//! row level security, evaluated now and against the current table, as the real Realtime's SQL does.

use std::collections::HashMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::hub::{Binding, Hub, Member};
use super::sql::{identifier, impersonate, literal};

/// Rows with more WAL JSON than this are reduced (the real default, bytes).
const MAX_RECORD: usize = 1024 * 1024;
/// Values longer than this are left out of a reduced row (bytes of their JSON).
const MAX_VALUE: usize = 64;
/// The type oid of `bytea`, whose values wal2json writes without `\x`.
const BYTEA: u32 = 17;

/// A line of wal2json, format 2.
#[derive(Debug, Deserialize)]
pub struct Change {
    action: String,
    /// Schema of the changed table.
    #[serde(default)]
    pub schema: String,
    /// The changed table.
    #[serde(default)]
    pub table: String,
    #[serde(default)]
    timestamp: String,
    #[serde(default)]
    columns: Vec<WalColumn>,
    #[serde(default)]
    identity: Vec<WalColumn>,
    /// Length of the line in bytes.
    #[serde(skip)]
    size: usize,
}

#[derive(Debug, Deserialize)]
struct WalColumn {
    name: String,
    #[serde(default)]
    typeoid: u32,
    #[serde(default)]
    value: Option<Box<RawValue>>,
}

impl WalColumn {
    /// The value in PostgreSQL's text form; `None` for null.
    fn text(&self) -> Option<String> {
        let raw = self.value.as_deref()?.get();
        match raw.as_bytes().first()? {
            b'n' => None,
            b'"' => {
                let text: String = serde_json::from_str(raw).ok()?;
                Some(if self.typeoid == BYTEA { format!("\\x{text}") } else { text })
            }
            _ => Some(raw.to_owned()),
        }
    }
}

impl Change {
    /// Reads a line of the slot; `None` for kinds that are not rows (transaction marks, truncate).
    ///
    /// # Errors
    /// When the line is not wal2json's format 2.
    pub fn read(line: &str) -> anyhow::Result<Option<Self>> {
        let mut change: Change = serde_json::from_str(line).context("a line of the slot is not wal2json format 2")?;
        change.size = line.len();
        Ok(change.event().is_some().then_some(change))
    }

    fn event(&self) -> Option<&'static str> {
        match self.action.as_str() {
            "I" => Some("INSERT"),
            "U" => Some("UPDATE"),
            "D" => Some("DELETE"),
            _ => None,
        }
    }

    /// Whether the row was inserted (and not changed or deleted).
    pub fn is_insert(&self) -> bool {
        self.action == "I"
    }

    /// A column of the new row in PostgreSQL's text form.
    pub fn column(&self, name: &str) -> Option<String> {
        self.columns.iter().find(|column| column.name == name)?.text()
    }
}

/// A table as one role sees it.
struct Table {
    rls: bool,
    columns: Vec<TableColumn>,
}

impl Table {
    /// Why new rows of this table cannot be told to this role.
    fn key_fault(&self) -> Option<&'static str> {
        let mut keys = self.columns.iter().filter(|column| column.key).peekable();
        if keys.peek().is_none() {
            Some("Error 400: Bad Request, no primary key")
        } else if !keys.all(|column| column.selectable) {
            Some("Error 401: Unauthorized")
        } else {
            None
        }
    }
}

struct TableColumn {
    name: String,
    /// Name of the type as Realtime reports it, such as `int8` or `_text`.
    type_name: String,
    /// The type for casts; without modifier, so that a cast never cuts a value.
    cast: String,
    selectable: bool,
    key: bool,
}

/// A value of the row: for casts and filters its text, for messages its JSON.
struct Cell<'a> {
    column: &'a TableColumn,
    text: Option<String>,
    json: String,
}

impl Cell<'_> {
    fn sql(&self) -> String {
        match &self.text {
            Some(text) => format!("{}::{}", literal(text), self.column.cast),
            None => format!("null::{}", self.column.cast),
        }
    }
}

/// What to send to one channel.
struct Delivery {
    member: Member,
    ids: Vec<u32>,
    data: String,
}

/// Sends a change to all subscribers that may see it. Returns how many channels it reached.
///
/// # Errors
/// When the database cannot be asked.
pub async fn deliver(client: &Client, hub: &Hub, change: &Change) -> anyhow::Result<usize> {
    let Some(event) = change.event() else { return Ok(0) };
    let subscribed = hub.subscribed(event, &change.schema, &change.table);
    let mut roles: HashMap<String, Vec<(Member, Vec<Binding>)>> = HashMap::new();
    for (member, bindings) in subscribed {
        roles.entry(member.claims.role.clone()).or_default().push((member, bindings));
    }
    let mut reached = 0;
    for (role, subscribers) in roles {
        for Delivery { member, ids, data } in for_role(client, change, event, &role, subscribers).await? {
            let payload = format!(
                "{{\"data\":{data},\"ids\":{}}}",
                serde_json::to_string(&ids).expect("a list of numbers serialises")
            );
            let payload: Box<RawValue> = RawValue::from_string(payload).context("a change became broken JSON")?;
            let frame = super::frame::encode(member.version, None, None, &member.topic, "postgres_changes", &payload);
            reached += usize::from(member.outbox.send(frame).is_ok());
        }
    }
    Ok(reached)
}

async fn for_role(
    client: &Client,
    change: &Change,
    event: &str,
    role: &str,
    subscribers: Vec<(Member, Vec<Binding>)>,
) -> anyhow::Result<Vec<Delivery>> {
    // Dropped since: nobody can be asked about it any more.
    let Some(table) = describe(client, change, role).await? else { return Ok(vec![]) };
    let new = cells(client, &table, &new_row(change)).await?;
    let old = cells(client, &table, &change.identity.iter().collect::<Vec<_>>()).await?;
    let deleted = event == "DELETE";

    let fault = if deleted { None } else { table.key_fault() };
    if let Some(fault) = fault {
        let data = render(change, event, &table, None, &[], &[], Some(fault))?;
        return Ok(subscribers
            .into_iter()
            .map(|(member, bindings)| Delivery {
                member,
                ids: bindings.iter().map(|b| b.id).collect(),
                data: data.clone(),
            })
            .collect());
    }
    if !table.columns.iter().any(|column| column.selectable) {
        return Ok(vec![]);
    }

    let filtered_row = if deleted { &old } else { &new };
    let mut filter_says: HashMap<String, bool> = HashMap::new();
    let mut policy_says: HashMap<String, bool> = HashMap::new();
    let mut rendered: HashMap<Option<Vec<String>>, String> = HashMap::new();
    let mut deliveries: Vec<Delivery> = vec![];
    for (member, bindings) in subscribers {
        for binding in bindings {
            let passes = match filter_says.get(&binding.filter_text) {
                Some(&passes) => passes,
                None => {
                    let passes = passes_filters(client, filtered_row, &binding).await?;
                    filter_says.insert(binding.filter_text.clone(), passes);
                    passes
                }
            };
            if !passes {
                continue;
            }
            if table.rls && !deleted {
                let visible = match policy_says.get(&member.claims.json) {
                    Some(&visible) => visible,
                    None => {
                        let visible = is_visible(client, change, &new, role, &member.claims.json).await?;
                        policy_says.insert(member.claims.json.clone(), visible);
                        visible
                    }
                };
                if !visible {
                    continue;
                }
            }
            let data = match rendered.get(&binding.select) {
                Some(data) => data.clone(),
                None => {
                    let data = render(change, event, &table, binding.select.as_deref(), &new, &old, None)?;
                    rendered.insert(binding.select.clone(), data.clone());
                    data
                }
            };
            match deliveries.iter_mut().find(|sent| sent.member.id == member.id && sent.data == data) {
                Some(sent) => sent.ids.push(binding.id),
                None => deliveries.push(Delivery { member: member.clone(), ids: vec![binding.id], data }),
            }
        }
    }
    Ok(deliveries)
}

/// The new row. Large values that an UPDATE did not touch are missing from it and taken from the full identity.
fn new_row(change: &Change) -> Vec<&WalColumn> {
    let mut row: Vec<&WalColumn> = change.columns.iter().collect();
    if !row.is_empty() {
        row.extend(change.identity.iter().filter(|old| change.columns.iter().all(|new| new.name != old.name)));
    }
    row
}

fn rows(messages: Vec<SimpleQueryMessage>) -> Vec<SimpleQueryRow> {
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

fn qualified(change: &Change) -> String {
    format!("{}.{}", identifier(&change.schema), identifier(&change.table))
}

async fn describe(client: &Client, change: &Change, role: &str) -> anyhow::Result<Option<Table>> {
    let query = format!(
        "select c.relrowsecurity as rls, a.attname as name, t.typname as type_name,
                quote_ident(n.nspname) || '.' || quote_ident(t.typname) as cast_to,
                has_column_privilege({role}, c.oid, a.attnum, 'select') as selectable,
                coalesce(a.attnum = any(i.indkey), false) as key
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         join pg_type t on t.oid = a.atttypid
         join pg_namespace n on n.oid = t.typnamespace
         left join pg_index i on i.indrelid = c.oid and i.indisprimary
         where c.oid = to_regclass({table}) order by a.attnum",
        role = literal(role),
        table = literal(&qualified(change)),
    );
    let mut table = Table { rls: false, columns: vec![] };
    for row in rows(client.simple_query(&query).await.context("cannot describe a changed table")?) {
        let text = |name: &str| row.get(name).unwrap_or_default().to_owned();
        table.rls = row.get("rls") == Some("t");
        table.columns.push(TableColumn {
            name: text("name"),
            type_name: text("type_name"),
            cast: text("cast_to"),
            selectable: row.get("selectable") == Some("t"),
            key: row.get("key") == Some("t"),
        });
    }
    Ok((!table.columns.is_empty()).then_some(table))
}

/// Turns values into the JSON PostgreSQL makes of them, in one round trip.
async fn cells<'a>(client: &Client, table: &'a Table, row: &[&WalColumn]) -> anyhow::Result<Vec<Cell<'a>>> {
    let mut cells: Vec<Cell<'a>> = row
        .iter()
        .filter_map(|value| {
            let column = table.columns.iter().find(|column| column.name == value.name)?;
            Some(Cell { column, text: value.text(), json: "null".into() })
        })
        .collect();
    if cells.is_empty() {
        return Ok(cells);
    }
    let list: Vec<String> = cells.iter().map(|cell| format!("to_jsonb({})::text", cell.sql())).collect();
    let query = format!("select {}", list.join(", "));
    let row = rows(client.simple_query(&query).await.context("cannot read a changed row's values")?);
    if let Some(row) = row.first() {
        for (at, cell) in cells.iter_mut().enumerate() {
            cell.json = row.get(at).unwrap_or("null").to_owned();
        }
    }
    Ok(cells)
}

/// Every filter must hold; one on a column the change does not tell fails closed.
async fn passes_filters(client: &Client, row: &[Cell<'_>], binding: &Binding) -> anyhow::Result<bool> {
    if binding.filters.is_empty() {
        return Ok(true);
    }
    let mut conditions = vec![];
    for filter in &binding.filters {
        let Some(cell) = row.iter().find(|cell| cell.column.name == filter.column) else { return Ok(false) };
        conditions.push(filter.sql(&cell.sql(), &cell.column.cast));
    }
    let answer = client.simple_query(&format!("select {} as passes", conditions.join(" and "))).await;
    match answer {
        Ok(answer) => Ok(rows(answer).iter().any(|row| row.get("passes") == Some("t"))),
        // A value the column's type cannot compare with: no match. A lost connection is another matter.
        Err(error) if error.as_db_error().is_some() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Looks for the row as the subscriber, in a transaction of its own.
async fn is_visible(
    client: &Client,
    change: &Change,
    row: &[Cell<'_>],
    role: &str,
    claims: &str,
) -> anyhow::Result<bool> {
    let key: Vec<String> = row
        .iter()
        .filter(|cell| cell.column.key)
        .map(|cell| format!("{} = {}", identifier(&cell.column.name), cell.sql()))
        .collect();
    let query = format!(
        "begin read only; {} select 't' as visible from {} where {}; rollback",
        impersonate(role, claims),
        qualified(change),
        key.join(" and "),
    );
    match client.simple_query(&query).await {
        Ok(answer) => Ok(rows(answer).iter().any(|row| row.try_get("visible").is_ok_and(|seen| seen == Some("t")))),
        Err(error) if error.as_db_error().is_some() => {
            tracing::warn!(%error, table = %qualified(change), "a policy failed; the change is not sent");
            client.batch_execute("rollback").await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The `data` object of a message.
fn render(
    change: &Change,
    event: &str,
    table: &Table,
    select: Option<&[String]>,
    new: &[Cell<'_>],
    old: &[Cell<'_>],
    fault: Option<&str>,
) -> anyhow::Result<String> {
    let reduced = change.size > MAX_RECORD;
    let wanted = |column: &TableColumn| {
        column.selectable && (column.key || select.is_none_or(|columns| columns.contains(&column.name)))
    };
    let object = |cells: &[Cell<'_>], keep: &dyn Fn(&TableColumn) -> bool| {
        let mut members = vec![];
        for cell in cells.iter().filter(|cell| keep(cell.column)) {
            if reduced && (cell.text.is_none() || cell.json.len() > MAX_VALUE) {
                continue;
            }
            members.push(format!("{}:{}", serde_json::Value::from(cell.column.name.as_str()), cell.json));
        }
        format!("{{{}}}", members.join(","))
    };
    let errors = match (fault, reduced) {
        (Some(fault), _) => format!("[\"{fault}\"]"),
        (None, true) => "[\"Error 413: Payload Too Large\"]".to_owned(),
        (None, false) => "null".to_owned(),
    };
    let mut parts = vec![
        ("schema", serde_json::to_string(&change.schema)?),
        ("table", serde_json::to_string(&change.table)?),
        ("type", format!("\"{event}\"")),
        ("commit_timestamp", format!("\"{}\"", commit_time(&change.timestamp))),
        ("errors", errors),
    ];
    if fault.is_none() {
        let columns: Vec<serde_json::Value> = (if event == "DELETE" { old } else { new })
            .iter()
            .filter(|cell| wanted(cell.column))
            .map(|cell| serde_json::json!({ "name": cell.column.name, "type": cell.column.type_name }))
            .collect();
        parts.push(("columns", serde_json::to_string(&columns)?));
        if event != "DELETE" {
            parts.push(("record", object(new, &wanted)));
        }
        // Policies cannot be asked about a row that is gone, so under them a DELETE tells the key only.
        if event == "DELETE" {
            parts.push(("old_record", object(old, &|column| wanted(column) && (column.key || !table.rls))));
        } else if event == "UPDATE" {
            let known = if old.is_empty() { new } else { old };
            let all = |column: &TableColumn| wanted(column) && (!old.is_empty() || column.key);
            parts.push(("old_record", object(known, &all)));
        }
    }
    let members: Vec<String> = parts.into_iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
    Ok(format!("{{{}}}", members.join(",")))
}

/// `2026-11-22 15:14:21.233456+00` → `2026-11-22T15:14:21.233Z`.
fn commit_time(timestamp: &str) -> String {
    chrono::DateTime::parse_from_str(&format!("{timestamp}00"), "%Y-%m-%d %H:%M:%S%.f%z")
        .map(|time| time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
        .unwrap_or_else(|_| timestamp.to_owned())
}
