//! Where changes come from: one temporary wal2json slot, polled over SQL, as the real Realtime does it.
//! Row changes of published tables become `postgres_changes`; rows inserted into `realtime.messages` become
//! broadcasts. Order is commit order. Nothing is kept for clients that are away.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use super::change::{self, Change};
use super::frame::{Broadcast, UserPayload};
use super::hub::Hub;
use super::sql::literal;
use crate::AppState;

/// Between two looks while somebody is joined.
const BUSY: Duration = Duration::from_millis(40);
/// Between two looks while nobody is; what comes is thrown away, but the slot must not hold the log back.
const IDLE: Duration = Duration::from_millis(1000);
/// Before a new try after a failure, such as a database that is restarting.
const RETRY: Duration = Duration::from_millis(250);

const SESSION: &str = "set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex';
     set statement_timeout = 0; set synchronous_commit = on";

const POSITION: &str = "select pg_current_wal_insert_lsn()::text as lsn,
     pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() as unflushed";

/// wal2json's `add-tables` wants a backslash before its own special characters.
const CHANGES: &str = r"
select data from pg_logical_slot_get_changes($1, null, 500,
    'format-version', '2', 'include-transaction', 'false', 'include-timestamp', 'true', 'include-type-oids', 'true',
    'include-pk', 'true', 'actions', 'insert,update,delete', 'add-tables', (
        select string_agg(regexp_replace(s, '([ ,.*\\])', '\\\1', 'g') || '.' || regexp_replace(t, '([ ,.*\\])', '\\\1', 'g'), ',')
        from (select schemaname::text as s, tablename::text as t from pg_publication_tables where pubname = 'supabase_realtime'
              union select 'realtime', 'messages') published))";

/// Polls until the stack stops. A lost database is waited for.
pub async fn run(state: AppState, hub: Hub) {
    let mut shutdown = state.shutdown.clone();
    let mut complained = false;
    loop {
        let ended = tokio::select! {
            () = async { let _ = shutdown.wait_for(|stopping| *stopping).await; } => return,
            ended = poll(&state, &hub) => ended,
        };
        hub.set_reading(false);
        if let Err(error) = ended {
            // Said once per outage: the database may be away for long.
            if !complained {
                tracing::warn!("Realtime cannot read changes and tries again: {error:#}");
            }
            complained = true;
        } else {
            complained = false;
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a Realtime connection ended");
        }
    });
    client.batch_execute(SESSION).await?;
    Ok(client)
}

async fn poll(state: &AppState, hub: &Hub) -> anyhow::Result<()> {
    // Two connections: an error in a policy must not end the session that owns the temporary slot.
    let reader = connect(&state.admin_url).await?;
    let asker = connect(&state.admin_url).await?;
    trust_wal2json(&reader).await?;
    let slot = format!("devstack_realtime_{}", uuid::Uuid::new_v4().simple());
    reader
        .execute("select pg_create_logical_replication_slot($1, 'wal2json', true)", &[&slot])
        .await
        .map_err(explain)?;
    let changes = reader.prepare(CHANGES).await?;
    let position = reader.prepare(POSITION).await?;
    hub.set_reading(true);
    let mut seen = String::new();
    loop {
        let row = reader.query_one(&position, &[]).await?;
        let (lsn, unflushed): (String, bool) = (row.get("lsn"), row.get("unflushed"));
        if unflushed {
            // Decoding sees flushed log only, and where synchronous_commit is off, commits wait for the log writer.
            // A commit of our own that is not (see SESSION) takes all before it along.
            reader.batch_execute("select pg_logical_emit_message(true, 'devstack', '')").await?;
        }
        if unflushed || lsn != seen {
            let rows = reader.query(&changes, &[&slot]).await.context("cannot read the slot")?;
            let more = !rows.is_empty();
            for row in rows {
                let heard = hub.is_busy() && !state.faults.realtime_suppressed();
                if heard && let Err(error) = deliver(&asker, hub, row.get(0)).await {
                    if asker.is_closed() {
                        return Err(error);
                    }
                    tracing::warn!("a change was not sent: {error:#}");
                    asker.batch_execute("rollback").await?;
                }
            }
            if more {
                // A large transaction comes in parts, and the next one may be waiting.
                continue;
            }
            seen = lsn;
        }
        let pause = if hub.is_busy() { BUSY } else { IDLE };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = hub.woken() => {}
        }
    }
}

async fn deliver(asker: &Client, hub: &Hub, line: &str) -> anyhow::Result<()> {
    let Some(change) = Change::read(line)? else { return Ok(()) };
    if change.schema == "realtime" && change.table.starts_with("messages") {
        if change.is_insert() {
            broadcast(hub, &change);
        }
        return Ok(());
    }
    change::deliver(asker, hub, &change).await.map(|_| ())
}

/// A row of `realtime.messages` goes to the channels of its topic.
fn broadcast(hub: &Hub, change: &Change) {
    let column = |name| change.column(name);
    let (Some(topic), Some(event)) = (column("topic"), column("event")) else { return };
    if column("extension").as_deref() != Some("broadcast") {
        return;
    }
    let private = column("private").is_some_and(|value| value == "true" || value == "t");
    let meta: Option<Value> = column("id").map(|id| json!({ "id": id }));
    let payload = UserPayload::Json(column("payload").unwrap_or_else(|| "null".into()));
    hub.broadcast(&format!("realtime:{topic}"), private, None, &Broadcast { event, payload, meta });
}

/// The minor releases of late 2026 decode only with libraries on a list, by default PostgreSQL's own. Adds wal2json.
async fn trust_wal2json(client: &Client) -> anyhow::Result<()> {
    const LISTED: &str =
        "select setting, setting ~ 'wal2json' as trusted from pg_settings where name = 'output_plugin_libraries'";
    let Some(row) = client.query_opt(LISTED, &[]).await? else { return Ok(()) };
    if row.get::<_, bool>("trusted") {
        return Ok(());
    }
    let libraries = row.get::<_, String>("setting");
    let mut list: Vec<String> = libraries.split(',').map(|name| literal(name.trim().trim_matches('"'))).collect();
    list.retain(|name| name != "''");
    list.push(literal("wal2json"));
    client.batch_execute(&format!("alter system set output_plugin_libraries = {}", list.join(", "))).await?;
    client.batch_execute("select pg_reload_conf()").await?;
    // The server rereads its files in its own time.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if client.query_one(LISTED, &[]).await?.get("trusted") {
            return Ok(());
        }
    }
    anyhow::bail!("PostgreSQL did not take wal2json into output_plugin_libraries; add it to postgresql.conf")
}

fn explain(error: tokio_postgres::Error) -> anyhow::Error {
    let message = error.as_db_error().map(|db| db.message().to_owned()).unwrap_or_default();
    if message.contains("could not access file") {
        anyhow::anyhow!(
            "PostgreSQL has no wal2json ({message}); install the package postgresql-<version>-wal2json for Realtime"
        )
    } else if message.contains("wal_level") {
        anyhow::anyhow!("{message}: set wal_level = logical and restart PostgreSQL for Realtime")
    } else {
        anyhow::Error::from(error).context("cannot create the replication slot")
    }
}
