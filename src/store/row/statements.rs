//! Rows in SQL: read, inserted, updated. As few different statements as can be, since SQLite prepares each, and keeps it.

use std::sync::OnceLock;

use rusqlite::Error::FromSqlConversionFailure;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Fitted, Row, fitted};
use crate::remedies::{Remedy, on};
use crate::store::error::StoreError;
use crate::store::schema::{Column, ColumnType, Table};

/// An `insert` for rows from the server that have the same columns: the statement is made once.
#[derive(Default)]
pub(in crate::store) struct WireInsert {
    /// The columns that came; `None`: this app does not know it.
    columns: Vec<(String, Option<&'static Column>)>,
    sql: String,
}

impl WireInsert {
    /// Inserts `wire` unless there is a row of that id; whether it did. `stamp` gets the row's `last_modified_at`.
    pub(in crate::store) fn insert(
        &mut self,
        conn: &Connection,
        table: Table,
        wire: &Row,
        stamp: &mut String,
    ) -> Result<bool, StoreError> {
        if self.columns.len() != wire.len() || !self.columns.iter().map(|(name, _)| name).eq(wire.keys()) {
            self.columns = wire.keys().map(|name| (name.clone(), table.column(name))).collect();
            let known: Vec<_> = self.columns.iter().filter_map(|(_, column)| *column).collect();
            let names: Vec<_> = known.iter().map(|column| format!("\"{}\"", column.name)).collect();
            let marks = vec!["?"; names.len()].join(", ");
            let names = names.join(", ");
            self.sql = format!("insert into \"{table}\" ({names}) values ({marks}) on conflict (id) do nothing");
        }
        if let (Some((name, None)), false) =
            (self.columns.iter().find(|(_, column)| column.is_none()), on(Remedy::NewColumnsIgnored))
        {
            return Err(StoreError::bad(table, name, &Value::Null, "the table has no such column"));
        }
        let mut statement = conn.prepare_cached(&self.sql)?;
        let known = self.columns.iter().zip(wire.values()).filter_map(|((_, column), value)| Some(((*column)?, value)));
        for (at, (column, value)) in known.enumerate() {
            let value = fitted(table, column, value)?;
            if let (Fitted::Null, false) = (&value, column.nullable) {
                return Err(StoreError::bad(table, column.name, &Value::Null, "it must have a value"));
            }
            if let (Fitted::Text(text), "last_modified_at") = (&value, column.name) {
                stamp.clear();
                stamp.push_str(text);
            }
            statement.raw_bind_parameter(at + 1, value)?;
        }
        Ok(statement.raw_execute()? == 1)
    }
}

/// Something for each table, made when it is first wanted.
pub(in crate::store) struct PerTable<T>([OnceLock<T>; Table::ALL.len()]);

impl<T> PerTable<T> {
    pub(in crate::store) const fn new() -> Self {
        PerTable([const { OnceLock::new() }; Table::ALL.len()])
    }

    fn get(&self, table: Table, make: impl FnOnce() -> T) -> &T {
        self.0[table as usize].get_or_init(make)
    }

    /// As [`PerTable::get`], where the making can fail: then it is tried again the next time.
    pub(in crate::store) fn try_get<E>(&self, table: Table, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        let known = &self.0[table as usize];
        match known.get() {
            Some(made) => Ok(made),
            None => {
                let made = make()?;
                Ok(known.get_or_init(|| made))
            }
        }
    }
}

/// The columns of `table` for a `select`, quoted, in schema order: what [`from_sql`] reads.
pub fn column_list(table: Table) -> &'static str {
    static LISTS: PerTable<String> = PerTable::new();
    LISTS.get(table, || {
        let quoted: Vec<String> = table.columns().iter().map(|c| format!("\"{}\"", c.name)).collect();
        quoted.join(", ")
    })
}

/// The local row that a `select` of [`column_list`] returned.
pub fn from_sql(table: Table, sql: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let mut row = Row::with_capacity(table.columns().len());
    for (index, column) in table.columns().iter().enumerate() {
        let value = match sql.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) if column.ty == ColumnType::Real => (n as f64).into(),
            ValueRef::Integer(n) => n.into(),
            ValueRef::Real(n) => n.into(),
            ValueRef::Text(_) | ValueRef::Blob(_) => sql.get::<_, String>(index)?.into(),
        };
        row.insert(column.name.to_owned(), value);
    }
    Ok(row)
}

/// What a column of text keeps, if anything: a row or several, as [`to_text`](super::to_text) writes them.
///
/// Errors: it was not written so.
pub(in crate::store) fn kept<T: DeserializeOwned>(
    sql: &rusqlite::Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| FromSqlConversionFailure(index, Type::Text, Box::new(error)))
    };
    sql.get::<_, Option<String>>(index)?.map(read).transpose()
}

/// The row of `table` with that id (for tables with an `id` only), tombstones included.
pub fn read(conn: &Connection, table: Table, id: &str) -> Result<Option<Row>, StoreError> {
    static STATEMENTS: PerTable<String> = PerTable::new();
    let sql = STATEMENTS.get(table, || format!("select {} from \"{table}\" where id = ?1", column_list(table)));
    Ok(conn.prepare_cached(sql)?.query_row([id], |row| from_sql(table, row)).optional()?)
}

/// All rows of `table` that satisfy `condition` (SQL after `where`), tombstones included.
pub fn select(
    conn: &Connection,
    table: Table,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Row>, StoreError> {
    let sql = format!("select {} from \"{table}\" where {condition}", column_list(table));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params, |row| from_sql(table, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn all_known(table: Table, row: &Row) -> Result<(), StoreError> {
    match row.iter().find(|(name, _)| table.column(name).is_none()) {
        Some((name, value)) => Err(StoreError::bad(table, name, value, "the table has no such column")),
        None => Ok(()),
    }
}

/// The columns of `row` with their values, in schema order: rows of one form make one statement, which SQLite has prepared already.
fn columns_of(table: Table, row: &Row) -> Result<Vec<(&'static Column, Fitted<'_>)>, StoreError> {
    all_known(table, row)?;
    let there = table.columns().iter().filter_map(|column| Some((column, row.get(column.name)?)));
    there.map(|(column, value)| Ok((column, fitted(table, column, value)?))).collect()
}

fn insert_sql(table: Table, columns: &[(&Column, Fitted<'_>)]) -> String {
    let names: Vec<String> = columns.iter().map(|(column, _)| format!("\"{}\"", column.name)).collect();
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    format!("insert into \"{table}\" ({}) values ({})", names.join(", "), marks.join(", "))
}

fn values_of<'a>(columns: Vec<(&Column, Fitted<'a>)>) -> impl Iterator<Item = Fitted<'a>> {
    columns.into_iter().map(|(_, value)| value)
}

/// Inserts `row` as it is: stamps and versions are the caller's.
pub fn insert(conn: &Connection, table: Table, row: &Row) -> Result<(), StoreError> {
    let columns = columns_of(table, row)?;
    conn.prepare_cached(&insert_sql(table, &columns))?.execute(params_from_iter(values_of(columns)))?;
    Ok(())
}

/// Sets the columns of `row` in the row with that id. How many rows it met: 0 or 1. (The id itself is not set: to name a key is to have SQLite look for
/// whoever refers to it.)
pub fn update(conn: &Connection, table: Table, id: &str, row: &Row) -> Result<usize, StoreError> {
    let mut columns = columns_of(table, row)?;
    columns.retain(|(column, _)| column.name != "id");
    if columns.is_empty() {
        return Ok(0);
    }
    let sets: Vec<String> =
        columns.iter().enumerate().map(|(n, (column, _))| format!("\"{}\" = ?{}", column.name, n + 1)).collect();
    let sql = format!("update \"{table}\" set {} where id = ?{}", sets.join(", "), columns.len() + 1);
    let values = values_of(columns).chain([Fitted::Text(id.into())]);
    Ok(conn.prepare_cached(&sql)?.execute(params_from_iter(values))?)
}

/// As [`update`], for edits of this and that: whichever columns are set, it is one statement, and SQLite need not prepare another (with all its
/// triggers) for each choice of them. Columns with an index are named only where they are set: to name one is to write its index.
pub fn change(conn: &Connection, table: Table, id: &str, row: &Row) -> Result<usize, StoreError> {
    all_known(table, row)?;
    let indexed = indexed_columns(conn, table)?;
    let (mut sets, mut values) = (Vec::new(), Vec::new());
    for column in table.columns().iter().filter(|column| column.name != "id") {
        let (name, is_indexed) = (column.name, indexed.contains(&column.name));
        let value = row.get(name).map(|value| fitted(table, column, value)).transpose()?;
        let at = values.len() + 1;
        match value {
            Some(value) if is_indexed => {
                sets.push(format!("\"{name}\" = ?{at}"));
                values.push(value);
            }
            None if is_indexed => {}
            value => {
                sets.push(format!("\"{name}\" = iif(?{at}, ?{}, \"{name}\")", at + 1));
                values.push(Fitted::Whole(i64::from(value.is_some())));
                values.push(value.unwrap_or(Fitted::Null));
            }
        }
    }
    values.push(Fitted::Text(id.into()));
    let sql = format!("update \"{table}\" set {} where id = ?{}", sets.join(", "), values.len());
    Ok(conn.prepare_cached(&sql)?.execute(params_from_iter(values))?)
}

/// The columns that are part of a key or an index: they are the same in every database.
fn indexed_columns(conn: &Connection, table: Table) -> Result<&'static [&'static str], StoreError> {
    static COLUMNS: PerTable<Vec<&str>> = PerTable::new();
    let found = COLUMNS.try_get(table, || {
        let sql = "select i.name from pragma_index_list(?1) as l, pragma_index_info(l.name) as i
                     where i.name is not null
                   union select \"from\" from pragma_foreign_key_list(?1)";
        let mut statement = conn.prepare(sql)?;
        let names: Vec<String> = statement.query_map([table.name()], |line| line.get(0))?.collect::<Result<_, _>>()?;
        Ok::<_, StoreError>(names.iter().filter_map(|name| Some(table.column(name)?.name)).collect())
    });
    Ok(found?)
}

/// What the columns of a row hold that nobody has filled, where they need not be filled: it is the same in every database, the server's included.
pub(in crate::store) fn blank(conn: &Connection, table: Table) -> Result<&'static Row, StoreError> {
    static BLANKS: PerTable<Row> = PerTable::new();
    BLANKS.try_get(table, || {
        let sql = "select name, coalesce(dflt_value, 'null') from pragma_table_info(?1)
                     where dflt_value is not null or \"notnull\" = 0";
        let mut statement = conn.prepare(sql)?;
        let columns = statement.query_map([table.name()], |line| Ok((line.get(0)?, line.get(1)?)))?;
        let mut row = Row::new();
        for (name, default) in columns.collect::<Result<Vec<(String, String)>, _>>()? {
            let value = conn.query_row(&format!("select {default}"), [], |line| {
                Ok(match line.get_ref(0)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => n.into(),
                    ValueRef::Real(n) => n.into(),
                    ValueRef::Text(_) | ValueRef::Blob(_) => line.get::<_, String>(0)?.into(),
                })
            })?;
            row.insert(name, value);
        }
        Ok(row)
    })
}

/// Inserts `row`, or sets its columns in the row with the same primary key. For any table, reference tables included.
pub fn upsert(conn: &Connection, table: Table, row: &Row) -> Result<(), StoreError> {
    let columns = columns_of(table, row)?;
    let key = table.primary_key();
    let sets: Vec<String> = columns
        .iter()
        .map(|(column, _)| column.name)
        .filter(|name| !key.contains(name))
        .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
        .collect();
    let action = if sets.is_empty() { "nothing".to_owned() } else { format!("update set {}", sets.join(", ")) };
    let sql = format!("{} on conflict ({}) do {action}", insert_sql(table, &columns), key.join(", "));
    conn.prepare_cached(&sql)?.execute(params_from_iter(values_of(columns)))?;
    Ok(())
}
