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
use crate::AppState;

/// Between two looks while somebody is joined.
const BUSY: Duration = Duration::from_millis(40);
/// Between two looks while nobody is; what comes is thrown away, but the slot must not hold the log back.
const IDLE: Duration = Duration::from_millis(1000);
/// Before a new try after a failure, such as a database that is restarting.
const RETRY: Duration = Duration::from_millis(250);

const SESSION: &str =
    "set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'; set statement_timeout = 0";

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
    let slot = format!("devstack_realtime_{}", uuid::Uuid::new_v4().simple());
    reader
        .execute("select pg_create_logical_replication_slot($1, 'wal2json', true)", &[&slot])
        .await
        .map_err(explain)?;
    let changes = reader.prepare(CHANGES).await?;
    let position = reader.prepare("select pg_current_wal_flush_lsn()::text").await?;
    let mut seen = String::new();
    loop {
        let lsn: String = reader.query_one(&position, &[]).await?.get(0);
        if lsn != seen {
            let rows = reader.query(&changes, &[&slot]).await.context("cannot read the slot")?;
            let more = !rows.is_empty();
            for row in rows {
                if hub.is_busy() && !state.faults.realtime_suppressed() {
                    if let Err(error) = deliver(&asker, hub, row.get(0)).await {
                        if asker.is_closed() {
                            return Err(error);
                        }
                        tracing::warn!("a change was not sent: {error:#}");
                        asker.batch_execute("rollback").await?;
                    }
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

fn explain(error: tokio_postgres::Error) -> anyhow::Error {
    let message = error.as_db_error().map(|db| db.message().to_owned()).unwrap_or_default();
    if message.contains("wal2json") {
        anyhow::anyhow!(
            "PostgreSQL has no wal2json ({message}); install the package postgresql-<version>-wal2json for Realtime"
        )
    } else if message.contains("wal_level") {
        anyhow::anyhow!("{message}: set wal_level = logical and restart PostgreSQL for Realtime")
    } else {
        anyhow::Error::from(error).context("cannot create the replication slot")
    }
}
