//! Writes converted rows into PostgreSQL: one transaction, batches, no trigger switched off. Rows that are there stay as they are.

use serde_json::Value;
use tokio_postgres::{Client, NoTls, Transaction};
use uuid::Uuid;

use crate::store::schema::Table;

use super::accounts::{self, UserMap};
use super::convert::{self, Draft, default_scheduling_options};
use super::error::{LegacyError, postgres_message};
use super::ids::{KnownIds, Mapping};
use super::report::{Report, TableReport};
use super::source::Source;

/// Rows a statement. Small enough for notes that carry pictures.
const BATCH: usize = 250;

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// E-mail addresses by legacy user; everybody else keeps her own.
    pub map_users: UserMap,
    /// Password of mapped accounts that are made now; `None` = they set one themselves.
    pub password: Option<String>,
    /// Do everything, then roll it back.
    pub dry_run: bool,
    /// Give mapped people scheduling options if they have none.
    pub default_options: bool,
}

/// Connects to PostgreSQL and drives the connection in the background.
pub async fn connect(url: &str) -> Result<Client, LegacyError> {
    let unreachable = |e: tokio_postgres::Error| LegacyError::Unreachable(postgres_message(&e));
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(unreachable)?;
    tokio::spawn(connection);
    Ok(client)
}

/// Loads `source`. On any error the database is as before.
pub async fn load(client: &mut Client, source: &Source, options: &LoadOptions) -> Result<Report, LegacyError> {
    let refused = |e: tokio_postgres::Error| LegacyError::refused("the data", &e);
    let tx = client.transaction().await.map_err(refused)?;
    check_schema(&tx, options.password.is_some()).await?;
    prepare(&tx).await?;
    let known = known_ids(&tx, &source.name).await?;

    let mut users = TableReport::default();
    let people = accounts::people(source, &options.map_users, &mut users)?;
    let password = options.password.as_deref();
    let (who, listed) = accounts::resolve(&tx, source, &people, password, &known, &mut users).await?;
    let mut report = Report {
        source: source.name.clone(),
        shape: source.found(),
        dry_run: options.dry_run,
        accounts: listed,
        tables: vec![users],
        not_migrated: Vec::new(),
        dropped_columns: convert::dropped_columns(),
    };

    let converted = convert::convert(source, &who, &known);
    for mut table in converted.tables {
        let inserted = insert(&tx, table.table, &table.drafts).await?;
        table.report.loaded = inserted;
        table.report.already_there = table.drafts.len() - inserted;
        if table.table == Table::PrefsSchedulingOptions && options.default_options {
            for user in options.map_users.keys().filter_map(|legacy_id| who.get(legacy_id)) {
                table.report.added += add_default_options(&tx, *user, source).await?;
            }
        }
        report.tables.push(table.report);
    }
    report.not_migrated = converted.not_migrated;

    let mut mappings = converted.mappings;
    mappings.extend(who.iter().map(|(id, uuid)| Mapping { table: "user", legacy_id: id.to_string(), uuid: *uuid }));
    keep_mappings(&tx, &source.name, &mappings).await?;
    if options.dry_run { tx.rollback().await } else { tx.commit().await }.map_err(refused)?;
    Ok(report)
}

async fn check_schema(tx: &Transaction<'_>, needs_crypt: bool) -> Result<(), LegacyError> {
    let sql = "select to_regclass('auth.users') is not null, to_regclass('auth.identities') is not null,
               exists (select from information_schema.columns where table_schema = 'public' and table_name = 'practice_record'
                       and column_name = 'sync_xid'),
               to_regprocedure('extensions.crypt(text,text)') is not null";
    let row = tx.query_one(sql, &[]).await.map_err(|e| LegacyError::Unreachable(postgres_message(&e)))?;
    if !row.get::<_, bool>(0) || !row.get::<_, bool>(1) {
        return Err(LegacyError::NoSchema("Supabase auth schema"));
    }
    if !row.get::<_, bool>(2) {
        return Err(LegacyError::NoSchema("TuneTrees schema"));
    }
    if needs_crypt && !row.get::<_, bool>(3) {
        return Err(LegacyError::NoSchema("pgcrypto in schema extensions, needed for passwords"));
    }
    Ok(())
}

/// Our own table, in a schema that PostgREST does not expose; and one migration at a time.
async fn prepare(tx: &Transaction<'_>) -> Result<(), LegacyError> {
    let sql = "select pg_advisory_xact_lock(hashtext('tunetrees migrate-legacy'));
        set local client_min_messages = warning;
        create schema if not exists legacy;
        revoke all on schema legacy from public;
        create table if not exists legacy.id_mapping (
          source text not null,
          legacy_table text not null,
          legacy_id text not null,
          new_uuid uuid not null,
          primary key (source, legacy_table, legacy_id)
        );
        comment on table legacy.id_mapping is 'Which row of which legacy file became which row here. Written by migrate-legacy.';";
    tx.batch_execute(sql).await.map_err(|e| LegacyError::refused("the table of ids", &e))
}

async fn known_ids(tx: &Transaction<'_>, source: &str) -> Result<KnownIds, LegacyError> {
    let sql = "select legacy_table, legacy_id, new_uuid from legacy.id_mapping where source = $1";
    let rows = tx.query(sql, &[&source]).await.map_err(|e| LegacyError::refused("the table of ids", &e))?;
    let mut known = KnownIds::default();
    for row in rows {
        known.insert(row.get(0), row.get(1), row.get(2));
    }
    Ok(known)
}

async fn keep_mappings(tx: &Transaction<'_>, source: &str, mappings: &[Mapping]) -> Result<(), LegacyError> {
    let tables: Vec<&str> = mappings.iter().map(|m| m.table).collect();
    let ids: Vec<&str> = mappings.iter().map(|m| m.legacy_id.as_str()).collect();
    let uuids: Vec<Uuid> = mappings.iter().map(|m| m.uuid).collect();
    let sql = "insert into legacy.id_mapping (source, legacy_table, legacy_id, new_uuid)
               select $1, * from unnest($2::text[], $3::text[], $4::uuid[]) on conflict do nothing";
    let done = tx.execute(sql, &[&source, &tables, &ids, &uuids]).await;
    done.map(|_| ()).map_err(|e| LegacyError::refused("the table of ids", &e))
}

/// Inserts what is not there; says how many rows were new.
async fn insert(tx: &Transaction<'_>, table: Table, drafts: &[Draft]) -> Result<usize, LegacyError> {
    let Some(first) = drafts.first() else { return Ok(0) };
    let columns = first.values.keys().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
    let key = table.primary_key().join(", ");
    let sql = format!(
        "insert into public.\"{table}\" ({columns})
         select {columns} from jsonb_populate_recordset(null::public.\"{table}\", $1::jsonb)
         on conflict ({key}) do nothing"
    );
    let mut inserted = 0;
    for batch in drafts.chunks(BATCH) {
        let rows = Value::Array(batch.iter().map(|d| Value::Object(d.values.clone())).collect());
        let done = tx.execute(&sql, &[&rows]).await.map_err(|e| {
            let ends = [batch.first(), batch.last()].map(|d| d.map_or("", |d| d.legacy_id.as_str()));
            LegacyError::refused(format!("{table} (legacy rows {} to {})", ends[0], ends[1]), &e)
        })?;
        inserted += usize::try_from(done).unwrap_or(usize::MAX);
    }
    Ok(inserted)
}

async fn add_default_options(tx: &Transaction<'_>, user: Uuid, source: &Source) -> Result<usize, LegacyError> {
    let has = "select exists (select from public.prefs_scheduling_options where user_id = $1)";
    let refused = |e: tokio_postgres::Error| LegacyError::refused("scheduling options", &e);
    if tx.query_one(has, &[&user]).await.map_err(refused)?.get(0) {
        return Ok(0);
    }
    let values = default_scheduling_options(user, source.newest());
    insert(tx, Table::PrefsSchedulingOptions, &[Draft { legacy_id: "default".to_owned(), values }]).await
}
