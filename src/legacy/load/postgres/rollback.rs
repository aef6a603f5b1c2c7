//! Takes a run back: removes exactly the rows it brought and restores those it changed, where nobody has touched them since; says what it
//! kept, and why. The removed leave no tombstones: the floor is raised instead, so that devices which have them compare everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use tokio_postgres::{Client, Transaction};

use crate::legacy::catalogue::{LegacyTable, TABLES};
use crate::legacy::convert::draft::carried;
use crate::legacy::error::LegacyError;
use crate::legacy::report::LeftOut;
use crate::store::schema::Table;

use super::merge::name_of;
use super::{refused, runs};

/// What a rollback did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RollbackReport {
    /// The run.
    pub run: i32,
    /// Was it only tried?
    pub dry_run: bool,
    /// Rows removed, by table.
    pub removed: BTreeMap<String, usize>,
    /// Rows put back to what they were before the run, by table.
    pub restored: BTreeMap<String, usize>,
    /// Accounts removed.
    pub accounts: usize,
    /// Rows that stay, by table, with the reason.
    pub kept: BTreeMap<String, Vec<LeftOut>>,
}

impl RollbackReport {
    /// A few lines for a terminal.
    pub fn summary(&self) -> String {
        let mut out = format!("rollback of run {}\n", self.run);
        let mut tables: Vec<&String> =
            self.removed.keys().chain(self.restored.keys()).chain(self.kept.keys()).collect();
        tables.sort();
        tables.dedup();
        for table in tables {
            let removed = self.removed.get(table).copied().unwrap_or(0);
            let restored = self.restored.get(table).copied().unwrap_or(0);
            let _ = writeln!(out, "{table:<26}{removed:>8} removed{restored:>8} restored");
            for row in self.kept.get(table).into_iter().flatten() {
                let _ = writeln!(out, "    kept {}: {}", row.legacy_id, row.reason);
            }
        }
        let end = if self.dry_run { "dry run: nothing was written" } else { "done" };
        let _ = writeln!(out, "{} accounts removed; {end}", self.accounts);
        out
    }
}

/// Takes `run` back, in one transaction.
pub async fn rollback(client: &mut Client, run: i32, dry_run: bool) -> Result<RollbackReport, LegacyError> {
    let failed = |e: tokio_postgres::Error| refused("the rollback", &e);
    let tx = client.transaction().await.map_err(failed)?;
    runs::check_schema(&tx, false).await?;
    runs::prepare(&tx).await?;
    check(&tx, run).await?;
    let mut report = RollbackReport { run, dry_run, ..RollbackReport::default() };
    let referrers = Referrers::read(&tx).await.map_err(failed)?;
    for table in &TABLES {
        if table.target.is_synced() {
            restore(&tx, table, run, &mut report).await.map_err(failed)?;
        }
    }
    let mut newest = None;
    for table in TABLES.iter().rev() {
        newest = newest.max(remove(&tx, table, run, &referrers, &mut report).await.map_err(failed)?);
    }
    if let Some(version) = newest {
        raise_floor(&tx, version).await.map_err(failed)?;
    }
    let sql = "update legacy.run set state = 'rolled back', finished_at = clock_timestamp() where id = $1";
    tx.execute(sql, &[&run]).await.map_err(failed)?;
    if dry_run { tx.rollback().await } else { tx.commit().await }.map_err(failed)?;
    Ok(report)
}

async fn check(tx: &Transaction<'_>, run: i32) -> Result<(), LegacyError> {
    let wrong = |message: String| LegacyError::Run { run, message };
    let failed = |e: tokio_postgres::Error| refused("the rollback", &e);
    let row = tx.query_opt("select source, state from legacy.run where id = $1", &[&run]).await.map_err(failed)?;
    let row = row.ok_or_else(|| wrong("there is no such run".to_owned()))?;
    let (source, state): (String, String) = (row.get(0), row.get(1));
    if state != "done" {
        return Err(wrong(format!("it was {state} already")));
    }
    // A later run of the same file stands on this one.
    let sql = "select r.id from legacy.run r where r.source = $1 and r.id > $2 and r.state = 'done'
               and (exists (select from legacy.id_mapping m where m.run = r.id) or exists (select from legacy.updated u where u.run = r.id))
               order by r.id desc limit 1";
    match tx.query_opt(sql, &[&source, &run]).await.map_err(failed)? {
        Some(later) => {
            Err(wrong(format!("run {} of the same file came after it: roll that back first", later.get::<_, i32>(0))))
        }
        None => Ok(()),
    }
}

/// Rows that the run changed become what they were.
async fn restore(
    tx: &Transaction<'_>,
    table: &LegacyTable,
    run: i32,
    report: &mut RollbackReport,
) -> Result<(), tokio_postgres::Error> {
    let target = table.target;
    let columns: Vec<String> = carried(target).filter(|c| c.name != "id").map(|c| format!("\"{}\"", c.name)).collect();
    let set = columns.iter().map(|c| format!("{c} = b.{c}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "update public.\"{target}\" t set {set}
         from legacy.updated u cross join lateral jsonb_populate_record(null::public.\"{target}\", u.before) b
         where u.run = $1 and u.table_name = $2 and t.id = u.row_id and t.sync_version = u.version"
    );
    let restored = tx.execute(&sql, &[&run, &target.name()]).await?;
    let sql = format!(
        "select coalesce(u.mapping ->> 'legacy_id', u.row_id::text), t.id is null from legacy.updated u
         left join public.\"{target}\" t on t.id = u.row_id
         where u.run = $1 and u.table_name = $2 and (t.id is null or not (to_jsonb(t) - array['sync_xid', 'sync_version'])
           @> (u.before - array['sync_version', 'last_modified_at', 'device_id'])) order by 1"
    );
    for row in tx.query(&sql, &[&run, &target.name()]).await? {
        let reason =
            if row.get(1) { "changed by the run, and gone since" } else { "changed by the run, and edited here since" };
        let kept = report.kept.entry(target.name().to_owned()).or_default();
        kept.push(LeftOut { legacy_id: row.get(0), reason: reason.to_owned() });
    }
    if restored > 0 {
        report.restored.insert(target.name().to_owned(), usize::try_from(restored).unwrap_or(0));
    }
    // What the run had moved is mapped as before.
    let sql = format!(
        "insert into legacy.id_mapping as m (source, legacy_table, legacy_id, new_uuid, run, brought, version, fingerprint, new_name)
         select b.source, b.legacy_table, b.legacy_id, b.new_uuid, b.run, b.brought, t.sync_version, b.fingerprint, b.new_name
         from legacy.updated u cross join lateral jsonb_populate_record(null::legacy.id_mapping, u.mapping) b
         join public.\"{target}\" t on t.id = u.row_id
         where u.run = $1 and u.table_name = $2 and u.mapping is not null and b.new_uuid = u.row_id
         on conflict (source, legacy_table, legacy_id) do update set
           version = excluded.version, fingerprint = excluded.fingerprint
           where m.new_uuid = excluded.new_uuid"
    );
    tx.execute(&sql, &[&run, &target.name()]).await?;
    Ok(())
}

/// Devices that have read less far than this transaction are told, with their next pull, that rows may be gone without a tombstone; and a
/// row that is made anew gets a version later than the removed one had.
async fn raise_floor(tx: &Transaction<'_>, version: i32) -> Result<(), tokio_postgres::Error> {
    let sql = "update public.sync_floor as f set xid = (pg_current_xact_id()::text::numeric + 1)::text::xid8, version = greatest(f.version, $1)";
    tx.execute(sql, &[&version]).await.map(|_| ())
}

/// Rows that the run brought go, children before parents. The highest version that a removed row had, if devices may have it.
async fn remove(
    tx: &Transaction<'_>,
    table: &LegacyTable,
    run: i32,
    referrers: &Referrers,
    report: &mut RollbackReport,
) -> Result<Option<i32>, tokio_postgres::Error> {
    let target = table.target;
    let profile = target == Table::UserProfile;
    let (identity, untouched) = if target.is_synced() {
        ("t.id = m.new_uuid".to_owned(), "t.sync_version is not distinct from m.version")
    } else {
        (format!("{} = m.new_name", name_of(target)), "true")
    };
    let referred = referrers.of(target);
    let signed_in = if profile {
        "exists (select from auth.users a where a.id = t.id and a.last_sign_in_at is not null)"
    } else {
        "false"
    };
    let elsewhere = "exists (select from legacy.id_mapping o where o.new_uuid = m.new_uuid and o.source <> m.source)";
    let brought = "m.run = $1 and m.legacy_table = $2 and m.brought";
    let free = format!("{untouched} and not ({referred}) and not {signed_in} and not {elsewhere}");
    let sql = if profile {
        // Its profile goes with an account.
        format!(
            "with gone as (select t.id from public.user_profile t join legacy.id_mapping m on {identity} where {brought} and {free}),
                  profiles as (delete from public.user_profile p using gone g where p.id = g.id),
                  accounts as (delete from auth.users a using gone g where a.id = g.id returning a.id)
             select count(*), null::integer from accounts"
        )
    } else {
        let version = if target.is_synced() { "t.sync_version" } else { "null::integer" };
        format!(
            "with gone as (delete from public.\"{target}\" t using legacy.id_mapping m where {identity} and {brought} and {free}
                           returning {version} as version)
             select count(*), max(version) from gone"
        )
    };
    let gone = tx.query_one(&sql, &[&run, &table.name]).await?;
    let (removed, newest): (i64, Option<i32>) = (gone.get(0), gone.get(1));
    let removed = usize::try_from(removed).unwrap_or(0);
    if profile {
        report.accounts = removed;
    } else if removed > 0 {
        report.removed.insert(target.name().to_owned(), removed);
    }
    let sql = format!(
        "select m.legacy_id, case when {signed_in} then 'she has signed in since'
           when not ({untouched}) then 'edited here since'
           when {elsewhere} then 'another migration found it here, too'
           else 'other rows refer to it' end
         from public.\"{target}\" t join legacy.id_mapping m on {identity} where {brought} order by length(m.legacy_id), m.legacy_id"
    );
    let kept = tx.query(&sql, &[&run, &table.name]).await?;
    if !kept.is_empty() {
        let kept = kept.iter().map(|row| LeftOut { legacy_id: row.get(0), reason: row.get(1) });
        report.kept.entry(target.name().to_owned()).or_default().extend(kept);
    }
    // A kept row stays known, so that a later run finds it.
    let sql = format!(
        "delete from legacy.id_mapping m where m.run = $1 and m.legacy_table = $2
         and (not m.brought or not exists (select from public.\"{target}\" t where {identity}))"
    );
    tx.execute(&sql, &[&run, &table.name]).await?;
    Ok(newest)
}

/// Which columns point at which table.
struct Referrers(Vec<(String, String, String)>);

impl Referrers {
    async fn read(tx: &Transaction<'_>) -> Result<Self, tokio_postgres::Error> {
        let sql = "select c.conrelid::regclass::text, a.attname::text, f.relname::text
                   from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
                   join pg_class f on f.oid = c.confrelid
                   where c.contype = 'f' and c.connamespace = 'public'::regnamespace and f.relnamespace = 'public'::regnamespace";
        let rows = tx.query(sql, &[]).await?;
        let mut all: Vec<(String, String, String)> = rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect();
        all.push(("public.table_state".to_owned(), "current_tune".to_owned(), "tune".to_owned()));
        Ok(Referrers(all))
    }

    /// Does any row refer to row `t` of that table? In SQL.
    fn of(&self, table: Table) -> String {
        let exists = self
            .0
            .iter()
            .filter(|(_, _, parent)| parent == table.name())
            .map(|(child, column, _)| format!("exists (select from {child} c where c.\"{column}\" = t.id)"));
        let exists: Vec<String> = exists.collect();
        if exists.is_empty() { "false".to_owned() } else { exists.join(" or ") }
    }
}
