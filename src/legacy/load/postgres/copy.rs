//! Rows into a temporary table with COPY.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::Transaction;

use crate::legacy::convert::draft::{Cell, Draft, carried};
use crate::store::schema::Table;

/// Columns of the temporary table beside those of the target.
const OWN: &str = "legacy_id text, seq integer, dated boolean, fingerprint uuid, row_id uuid, action text, old_id uuid,
    old_version integer, old_run integer, alike boolean";

/// The temporary table for rows of `table`.
pub(super) async fn create_stage(tx: &Transaction<'_>, table: Table) -> Result<(), tokio_postgres::Error> {
    let columns = names(table, "");
    let sql = format!(
        "drop table if exists pg_temp.stage;
         create temp table stage on commit drop as select {columns} from public.\"{table}\" with no data;
         alter table stage {};
         alter table stage add primary key (seq)",
        OWN.split(',').map(|c| format!("add column {}", c.trim())).collect::<Vec<_>>().join(", ")
    );
    tx.batch_execute(&sql).await
}

/// The columns that a migrated row sets, for SQL; `prefix` is `t.` or nothing.
pub(super) fn names(table: Table, prefix: &str) -> String {
    carried(table).map(|c| format!("{prefix}\"{}\"", c.name)).collect::<Vec<_>>().join(", ")
}

/// Replaces what is in the temporary table.
pub(super) async fn fill_stage(
    tx: &Transaction<'_>,
    table: Table,
    drafts: &[Draft],
) -> Result<(), tokio_postgres::Error> {
    tx.batch_execute("truncate stage").await?;
    let columns = names(table, "");
    let sql = format!("copy stage ({columns}, legacy_id, seq, dated, fingerprint, row_id) from stdin");
    let sink = tx.copy_in::<_, Bytes>(sql.as_str()).await?;
    let mut sink = std::pin::pin!(sink);
    let mut line = BytesMut::new();
    let mut text = String::new();
    for (seq, draft) in drafts.iter().enumerate() {
        for cell in &draft.cells {
            field(&mut line, &mut text, cell);
            line.put_u8(b'\t');
        }
        escape(&mut line, &draft.legacy_id);
        line.put_slice(format!("\t{seq}\t{}\t{}\t{}\n", draft.dated, draft.fingerprint(), draft.identity()).as_bytes());
        if line.len() > 60_000 {
            sink.send(line.split().freeze()).await?;
        }
    }
    sink.send(line.freeze()).await?;
    sink.as_mut().finish().await.map(|_| ())
}

fn field(line: &mut BytesMut, text: &mut String, cell: &Cell) {
    if *cell == Cell::Null {
        line.put_slice(b"\\N");
        return;
    }
    text.clear();
    cell.canonical(text);
    escape(line, text);
}

fn escape(line: &mut BytesMut, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'\\' => line.put_slice(b"\\\\"),
            b'\n' => line.put_slice(b"\\n"),
            b'\r' => line.put_slice(b"\\r"),
            b'\t' => line.put_slice(b"\\t"),
            byte => line.put_u8(byte),
        }
    }
}
