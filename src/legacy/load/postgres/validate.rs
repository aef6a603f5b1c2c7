//! What is in the database against what the file says: every row read back and compared, sums from both sides, every reference followed.

use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::legacy::catalogue::{LegacyTable, TABLES};
use crate::legacy::compare::{Comparison, Standing, legacy_cells};
use crate::legacy::convert::draft::{Cell, Draft, carried, is_content};
use crate::legacy::convert::{Converter, Setting, UserMap};
use crate::legacy::error::LegacyError;
use crate::legacy::report::{ReferenceCheck, TableReport, Validation};
use crate::legacy::source::Source;
use crate::store::schema::{ColumnType, Table};

use super::copy::names;
use super::{LoadOptions, Making, accounts, refused, runs, setting};
use crate::legacy::load::{BATCH_BYTES, OnStep, Step};

/// A row as it was sent; with the legacy row if it may be shown.
type Sent = (Draft, Option<Vec<(String, String)>>);

/// Rows compared at once.
const ROWS: usize = 1_000;

/// Repeats the validation of a run, at any later time. Writes nothing.
pub async fn validate(
    client: &mut Client,
    source: &Source,
    run: i32,
    seed: Option<u64>,
    on_step: OnStep<'_>,
) -> Result<Validation, LegacyError> {
    let tx = client.transaction().await.map_err(|e| refused("the data", &e))?;
    runs::check_schema(&tx, false).await?;
    runs::prepare(&tx).await?;
    let sql = "select source, state, options from legacy.run where id = $1";
    let row = tx.query_opt(sql, &[&run]).await.map_err(|e| refused("the run", &e))?;
    let wrong = |message: String| LegacyError::Run { run, message };
    let row = row.ok_or_else(|| wrong("there is no such run".to_owned()))?;
    let (name, state, options): (String, String, serde_json::Value) = (row.get(0), row.get(1), row.get(2));
    if state != "done" {
        return Err(wrong(format!("it was {state}")));
    }
    if name != source.name {
        return Err(wrong(format!("it read {name}, this is {} (see --source-name)", source.name)));
    }
    let map_users: UserMap = serde_json::from_value(options["map_users"].clone()).unwrap_or_default();
    let only_new = options["only_new"].as_bool().unwrap_or(false);
    let mut setting = setting(&tx, source, &map_users, Timestamp::from(Utc::now())).await?;
    let options = LoadOptions { map_users, making: Making::Never, ..LoadOptions::default() };
    accounts::resolve(&tx, &mut setting, &options).await?;
    let seed = seed.unwrap_or(u64::from(Utc::now().timestamp_subsec_nanos()));
    let found = compare(&tx, source, setting, run, only_new, seed, on_step).await?;
    tx.rollback().await.map_err(|e| refused("the data", &e))?;
    Ok(found)
}

/// Converts the file once more and compares it row by row with the database.
pub(super) async fn compare(
    tx: &Transaction<'_>,
    source: &Source,
    setting: Setting,
    run: i32,
    only_new: bool,
    seed: u64,
    on_step: OnStep<'_>,
) -> Result<Validation, LegacyError> {
    let mut converter = Converter::new(setting);
    let mut validation = Validation { seed, ..Validation::default() };
    let mut done = 0;
    for table in &TABLES {
        let mut comparison = Comparison::new(table, seed);
        let Some(mut reader) = source.reader(table)? else { continue };
        let unique = source.tables.get(table.name).is_some_and(|found| found.unique);
        let mut cursor = reader.rows()?;
        // What is left out and changed was said when it was loaded.
        let mut unheard = TableReport::default();
        let mut batch: Vec<Sent> = Vec::new();
        let mut bytes = 0;
        loop {
            let row = cursor.next()?;
            let ended = row.is_none();
            if let Some(row) = row {
                let read = unheard.read;
                if read.is_multiple_of(10_000) {
                    unheard = TableReport { read, ..TableReport::default() };
                }
                if let Some(draft) = converter.row(table, row, unique, &mut unheard) {
                    bytes += super::weight(&draft);
                    let raw = comparison.wants(&draft.legacy_id).then(|| legacy_cells(row));
                    batch.push((draft, raw));
                }
            }
            if ended || batch.len() >= ROWS || bytes > BATCH_BYTES {
                let standings = standings(tx, source, table, &batch, run, only_new).await?;
                for ((draft, raw), standing) in batch.drain(..).zip(standings) {
                    comparison.add(&draft, raw.as_deref(), standing);
                }
                bytes = 0;
                let step =
                    Step { doing: "comparing", table: table.name, done: done + unheard.read, all: source.rows() };
                if let ControlFlow::Break(()) = on_step(step) {
                    return Err(LegacyError::Stopped(table.name.to_owned()));
                }
            }
            if ended {
                break;
            }
        }
        done += unheard.read;
        validation.tables.push(comparison.finish());
    }
    validation.references = references(tx).await?;
    Ok(validation)
}

/// What stands in the database for each row.
async fn standings(
    tx: &Transaction<'_>,
    source: &Source,
    table: &LegacyTable,
    batch: &[Sent],
    run: i32,
    only_new: bool,
) -> Result<Vec<Standing>, LegacyError> {
    let target = table.target;
    let keys = target.primary_key();
    let legacy_ids: Vec<&str> = batch.iter().map(|(draft, _)| draft.legacy_id.as_str()).collect();
    let key = |at: usize| -> Vec<String> {
        let text = |draft: &Draft| {
            let mut text = String::new();
            draft.get(keys.get(at).copied().unwrap_or(keys[0])).canonical(&mut text);
            text
        };
        batch.iter().map(|(draft, _)| text(draft)).collect()
    };
    let (first, second) = (key(0), key(1));
    let ty = if target.is_synced() { "uuid" } else { "text" };
    let on = match keys {
        [one] => format!("t.{one} = s.k0::{ty}"),
        [one, two, ..] => format!("t.{one} = s.k0 and t.{two} = s.k1"),
        [] => "false".to_owned(),
    };
    let version = if target.is_synced() { "t.sync_version" } else { "null::integer" };
    let columns = names(target, "t.");
    let sql = format!(
        "select t.{} is not null, m.run, m.brought, m.version, m.fingerprint, m.new_uuid, {version}, {columns}
         from unnest($1::text[], $2::text[], $3::text[]) with ordinality as s (legacy_id, k0, k1, ord)
         left join public.\"{target}\" t on {on}
         left join legacy.id_mapping m on m.source = $4 and m.legacy_table = $5 and m.legacy_id = s.legacy_id
         order by s.ord",
        keys[0]
    );
    let rows = tx.query(&sql, &[&legacy_ids, &first, &second, &source.name, &table.name]).await;
    let rows = rows.map_err(|e| refused(format!("the comparison of {}", table.name), &e))?;
    Ok(batch.iter().zip(&rows).map(|((draft, _), row)| standing(draft, row, run, only_new)).collect())
}

/// The first seven columns are about the row, the rest are its values.
const VALUES_FROM: usize = 7;

fn standing(draft: &Draft, row: &Row, run: i32, only_new: bool) -> Standing {
    let there: bool = row.get(0);
    let (by, brought, version): (Option<i32>, Option<bool>, Option<i32>) = (row.get(1), row.get(2), row.get(3));
    let (fingerprint, mapped, now): (Option<Uuid>, Option<Uuid>, Option<i32>) = (row.get(4), row.get(5), row.get(6));
    let cells = there.then(|| cells(draft.table, row));
    let excused = |reason: &str| Standing::Excused(cells.clone(), reason.to_owned());
    let alike = cells.as_ref().is_some_and(|cells| {
        draft.values().zip(cells).all(|((column, sent), there)| !is_content(column.name) || sent == there)
    });
    if alike {
        return Standing::Same(cells.unwrap_or_default());
    }
    let Some(mapped) = mapped else { return cells.map_or(Standing::Missing, Standing::Same) };
    if only_new && by != Some(run) {
        return excused("an earlier run loaded it; what was loaded is left alone");
    }
    if !there {
        let ours = mapped != draft.identity() || by == Some(run);
        return if ours { Standing::Missing } else { excused("deleted here for good since an earlier run") };
    }
    if brought == Some(false) {
        return excused("it was here before this migration");
    }
    if version != now {
        return excused("edited here since it was migrated");
    }
    if draft.table == Table::PracticeRecord && fingerprint != Some(draft.fingerprint()) {
        return excused("changed in the file since, but a practice record is history");
    }
    if !draft.table.is_synced() && fingerprint != Some(draft.fingerprint()) {
        return excused("changed in the file since, but reference data stay as they are here");
    }
    Standing::Same(cells.unwrap_or_default())
}

fn cells(table: Table, row: &Row) -> Vec<Cell> {
    let cell = |at: usize, ty: ColumnType| -> Cell {
        match ty {
            ColumnType::Uuid => row.try_get::<_, Option<Uuid>>(at).ok().flatten().into(),
            ColumnType::Text => row.try_get::<_, Option<String>>(at).ok().flatten().into(),
            ColumnType::Bool => row.try_get::<_, Option<bool>>(at).ok().flatten().into(),
            ColumnType::Int => row.try_get::<_, Option<i32>>(at).ok().flatten().into(),
            ColumnType::Real => row.try_get::<_, Option<f64>>(at).ok().flatten().into(),
            ColumnType::Timestamp => {
                row.try_get::<_, Option<DateTime<Utc>>>(at).ok().flatten().map(Timestamp::from).into()
            }
            ColumnType::Date => {
                let date = row.try_get::<_, Option<NaiveDate>>(at).ok().flatten();
                date.map(crate::domain::time::CalendarDate::from).into()
            }
        }
    };
    carried(table).enumerate().map(|(at, column)| cell(VALUES_FROM + at, column.ty)).collect()
}

/// Every foreign key of the schema, and what belongs together without one.
async fn references(tx: &Transaction<'_>) -> Result<Vec<ReferenceCheck>, LegacyError> {
    let failed = |e: tokio_postgres::Error| refused("the check of references", &e);
    let sql = "select c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text, f.attname::text
               from pg_constraint c
               join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
               join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
               where c.contype = 'f' and c.connamespace = 'public'::regnamespace and cardinality(c.conkey) = 1 order by 1, 2";
    let mut checks = Vec::new();
    for row in tx.query(sql, &[]).await.map_err(failed)? {
        let [child, column, parent, key]: [String; 4] = [row.get(0), row.get(1), row.get(2), row.get(3)];
        let sql = format!(
            "select count(*) from {child} c where c.\"{column}\" is not null
             and not exists (select from {parent} p where p.\"{key}\" = c.\"{column}\")"
        );
        let broken = tx.query_one(&sql, &[]).await.map_err(failed)?.get(0);
        checks.push(ReferenceCheck { what: format!("{child}.{column} → {parent}"), broken });
    }
    let soft = "select count(*) from public.table_state c where c.current_tune is not null
                and not exists (select from public.tune p where p.id = c.current_tune)";
    let broken = tx.query_one(soft, &[]).await.map_err(failed)?.get(0);
    checks.push(ReferenceCheck { what: "table_state.current_tune → tune".to_owned(), broken });
    for (table, owner, playlist) in [
        ("playlist_tune", "user_ref", "playlist_ref"),
        ("practice_record", "user_ref", "playlist_ref"),
        ("daily_practice_queue", "user_ref", "playlist_ref"),
        ("note", "user_ref", "playlist_ref"),
        ("tab_group_main_state", "user_id", "playlist_id"),
        ("table_state", "user_id", "playlist_id"),
        ("table_transient_data", "user_id", "playlist_id"),
    ] {
        let sql = format!(
            "select count(*) from public.{table} c join public.playlist p on p.id = c.{playlist}
             where p.user_ref is distinct from c.{owner}"
        );
        let broken = tx.query_one(&sql, &[]).await.map_err(failed)?.get(0);
        checks.push(ReferenceCheck { what: format!("{table} and its repertoire belong to one person"), broken });
    }
    Ok(checks)
}
