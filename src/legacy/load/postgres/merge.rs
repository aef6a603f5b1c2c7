//! A batch of rows from the temporary table into its own: what is new is inserted, what has changed in the file is updated, what was
//! edited here stays. Every trigger of the target runs, so that rows get their version and their place in the order of pulling.
//!
//! Who wins when a row changed in the file and here since the last run: the row here, for it is the one in use; unless the legacy row
//! itself carries a time of writing that is later. Practice records are history and never change.

use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::legacy::catalogue::LegacyTable;
use crate::legacy::convert::draft::{Draft, carried, is_content};
use crate::legacy::error::LegacyError;
use crate::legacy::report::TableReport;
use crate::store::schema::Table;

use super::copy::{create_stage, fill_stage, names};
use super::{postgres_message, refused};

/// Where a run stands in the database.
pub(super) struct Merger<'a> {
    pub tx: &'a Transaction<'a>,
    pub source: &'a str,
    pub run: i32,
    /// Leave every row alone that an earlier run mapped.
    pub only_new: bool,
    /// Accounts that this run made: their profiles are taken from the file.
    pub made: Vec<Uuid>,
}

impl Merger<'_> {
    /// Before the first row of a table.
    pub async fn begin(&self, table: &LegacyTable) -> Result<(), LegacyError> {
        create_stage(self.tx, table.target).await.map_err(|e| refused(table.name, &e))?;
        // Rows are looked up one by one in large tables: without figures about a new temporary table the planner would read them whole.
        let sql = "drop table if exists pg_temp.seen; create temp table seen (legacy_id text) on commit drop;
                   set local enable_hashjoin = off; set local enable_mergejoin = off";
        self.tx.batch_execute(sql).await.map_err(|e| refused(table.name, &e))
    }

    /// A batch. If the database refuses it, the error names the row.
    pub async fn batch(
        &self,
        table: &LegacyTable,
        drafts: &[Draft],
        report: &mut TableReport,
    ) -> Result<(), LegacyError> {
        let failed = |e: tokio_postgres::Error| refused(table.name, &e);
        self.tx.batch_execute("savepoint batch").await.map_err(failed)?;
        match self.write(table, drafts).await {
            Ok(()) => {}
            Err(Trouble::Database(error)) if error.as_db_error().is_some() => {
                let row = self.locate(table, drafts).await.unwrap_or_else(|| "?".to_owned());
                let what = format!("{} (legacy row {row})", table.name);
                return Err(LegacyError::Refused { what, message: postgres_message(&error) });
            }
            Err(Trouble::Database(error)) => return Err(failed(error)),
            Err(Trouble::Told(error)) => return Err(error),
        }
        self.tx.batch_execute("release savepoint batch").await.map_err(failed)?;
        self.account(table, drafts.len(), report).await
    }

    /// After the last row of a table: what earlier runs brought and the file has no more.
    pub async fn end(&self, table: &LegacyTable, report: &mut TableReport) -> Result<(), LegacyError> {
        let failed = |e: tokio_postgres::Error| refused(table.name, &e);
        self.tx
            .batch_execute("set local enable_hashjoin = on; set local enable_mergejoin = on")
            .await
            .map_err(failed)?;
        let sql = "select m.legacy_id from legacy.id_mapping m where m.source = $1 and m.legacy_table = $2
                   and m.run is distinct from $3 and not exists (select from seen s where s.legacy_id = m.legacy_id)
                   order by length(m.legacy_id), m.legacy_id";
        let gone = self.tx.query(sql, &[&self.source, &table.name, &self.run]).await.map_err(failed)?;
        report.gone = gone.iter().map(|row| row.get(0)).collect();
        Ok(())
    }

    async fn write(&self, table: &LegacyTable, drafts: &[Draft]) -> Result<(), Trouble> {
        fill_stage(self.tx, table.target, drafts).await?;
        self.judge(table).await?;
        let columns = names(table.target, "");
        let target = table.target;
        let wanted =
            self.tx.query_one("select count(*) from stage where action = 'insert'", &[]).await?.get::<_, i64>(0);
        if wanted > 0 {
            let key = target.primary_key().join(", ");
            let sql = format!(
                "insert into public.\"{target}\" ({columns}) select {columns} from stage where action = 'insert' order by seq
                 on conflict ({key}) do nothing"
            );
            let done = self.tx.execute(&sql, &[]).await?;
            if done != wanted.unsigned_abs() {
                let message = "rows came from elsewhere at the same moment; run it again".to_owned();
                return Err(Trouble::Told(LegacyError::Refused { what: table.name.to_owned(), message }));
            }
        }
        if target.is_synced() {
            self.update(table).await?;
            self.bury_moved(table).await?;
        }
        self.remember(table).await
    }

    /// Decides what happens to each row of the batch.
    async fn judge(&self, table: &LegacyTable) -> Result<(), Trouble> {
        let target = table.target;
        let same_key = same_key(target, "t", "s");
        let version = if target.is_synced() { "t.sync_version" } else { "0" };
        let content = |prefix: &str| {
            let columns = carried(target).filter(|c| is_content(c.name) && c.name != "id");
            columns.map(|c| format!("{prefix}\"{}\"", c.name)).collect::<Vec<_>>().join(", ")
        };
        let (here, there) = (content("t."), content("s."));
        let there_row = format!("t.{} is not null", target.primary_key()[0]);
        let history = target == Table::PracticeRecord || !target.is_synced();
        let newer = if target.is_synced() { "s.dated and s.last_modified_at > t.last_modified_at" } else { "false" };
        let profile = target == Table::UserProfile;
        let sql = format!(
            "update stage set action = j.action, old_id = j.old_id, old_version = j.old_version, old_run = j.old_run, alike = j.alike
             from (
               select s.seq, m.new_uuid as old_id, m.version as old_version, m.run as old_run,
                 ({here}) is not distinct from ({there}) as alike,
                 case
                   when $3 and m.new_uuid is not null then 'same'
                   when not ({there_row}) and m.new_uuid = s.row_id then 'purged'
                   when not ({there_row}) then 'insert'
                   when {profile} and s.row_id = any ($4) then 'take'
                   when m.new_uuid is distinct from s.row_id then case when {profile} then 'fill' else 'met' end
                   when m.fingerprint = s.fingerprint or m.fingerprint is null
                     then case when {version} is not distinct from m.version or m.fingerprint is null then 'same' else 'edited' end
                   when not m.brought then 'foreign'
                   when {history} then 'history'
                   when {version} = m.version or {newer} then 'update'
                   else 'both'
                 end as action
               from stage s
               left join legacy.id_mapping m on m.source = $1 and m.legacy_table = $2 and m.legacy_id = s.legacy_id
               left join public.\"{target}\" t on {same_key}
             ) j where j.seq = stage.seq"
        );
        self.tx.execute(&sql, &[&self.source, &table.name, &self.only_new, &self.made]).await?;
        self.tx.batch_execute("insert into seen select legacy_id from stage").await?;
        Ok(())
    }

    /// Rows that changed in the file, and profiles. What they were is kept for a rollback.
    async fn update(&self, table: &LegacyTable) -> Result<(), Trouble> {
        let target = table.target;
        let profile = target == Table::UserProfile;
        let some = "select exists (select from stage where action in ('update', 'take', 'fill'))";
        if !self.tx.query_one(some, &[]).await?.get::<_, bool>(0) {
            return Ok(());
        }
        self.keep_before(table, "s.row_id", "s.action in ('update', 'fill')").await?;
        // The address of a profile follows its account, not the file.
        let set = |value: &dyn Fn(&str) -> String| {
            let columns = carried(target).filter(|c| c.name != "id" && !(profile && c.name == "email"));
            columns.map(|c| format!("\"{}\" = {}", c.name, value(c.name))).collect::<Vec<_>>().join(", ")
        };
        let all = set(&|column| format!("s.\"{column}\""));
        let sql = format!(
            "update public.\"{target}\" t set {all} from stage s where t.id = s.id and s.action in ('update', 'take')"
        );
        self.tx.execute(&sql, &[]).await?;
        if profile {
            // A found account only gets what it has not.
            let missing = ["name", "sr_alg_type", "phone", "phone_verified"];
            let values = missing.map(|c| format!("\"{c}\" = coalesce(t.\"{c}\", s.\"{c}\")")).join(", ");
            let sql = format!(
                "update public.user_profile t set {values} from stage s where t.id = s.id and s.action = 'fill'"
            );
            self.tx.execute(&sql, &[]).await?;
        }
        self.keep_version(table).await
    }

    /// Rows whose natural key changed in the file: the row under the old id becomes a tombstone, unless somebody edited it.
    async fn bury_moved(&self, table: &LegacyTable) -> Result<(), Trouble> {
        let target = table.target;
        let some = "select exists (select from stage where old_id <> row_id and action in ('insert', 'met'))";
        if !self.tx.query_one(some, &[]).await?.get::<_, bool>(0) {
            return Ok(());
        }
        let moved = "s.old_id <> s.row_id and s.action in ('insert', 'met') and not t.deleted and t.sync_version = s.old_version
                     and exists (select from legacy.id_mapping m where m.source = $2 and m.legacy_table = $4
                                 and m.legacy_id = s.legacy_id and m.brought)
                     and not exists (select from stage o where o.row_id = t.id)";
        self.keep_before(table, "s.old_id", moved).await?;
        let sql = format!(
            "update public.\"{target}\" t set deleted = true from legacy.updated u
             where u.run = $1 and u.table_name = $2 and u.row_id = t.id and u.version is null"
        );
        self.tx.execute(&sql, &[&self.run, &target.name()]).await?;
        self.keep_version(table).await
    }

    async fn keep_before(&self, table: &LegacyTable, id: &str, which: &str) -> Result<(), Trouble> {
        let target = table.target;
        let sql = format!(
            "insert into legacy.updated (run, table_name, row_id, before, mapping)
             select $1, $3, t.id, to_jsonb(t) - 'sync_xid',
               (select to_jsonb(m) from legacy.id_mapping m where m.source = $2 and m.legacy_table = $4 and m.legacy_id = s.legacy_id)
             from stage s join public.\"{target}\" t on t.id = {id} where {which} on conflict do nothing"
        );
        self.tx.execute(&sql, &[&self.run, &self.source, &target.name(), &table.name]).await?;
        Ok(())
    }

    async fn keep_version(&self, table: &LegacyTable) -> Result<(), Trouble> {
        let target = table.target;
        let sql = format!(
            "update legacy.updated u set version = t.sync_version from public.\"{target}\" t
             where u.run = $1 and u.table_name = $2 and u.version is null and t.id = u.row_id"
        );
        self.tx.execute(&sql, &[&self.run, &target.name()]).await?;
        Ok(())
    }

    /// Which legacy row is which row now.
    async fn remember(&self, table: &LegacyTable) -> Result<(), Trouble> {
        let target = table.target;
        let same_key = same_key(target, "t", "s");
        let version = if target.is_synced() { "t.sync_version" } else { "null" };
        let name = if target.is_synced() { "null".to_owned() } else { name_of(target) };
        let sql = format!(
            "insert into legacy.id_mapping as m (source, legacy_table, legacy_id, new_uuid, run, brought, version, fingerprint, new_name)
             select $1, $2, s.legacy_id, s.row_id, $3, s.action in ('insert', 'take'), {version}, s.fingerprint, {name}
             from stage s join public.\"{target}\" t on {same_key} where s.action in ('insert', 'met', 'take', 'fill', 'update')
             on conflict (source, legacy_table, legacy_id) do update set
               run = case when m.new_uuid = excluded.new_uuid then m.run else excluded.run end,
               brought = case when m.new_uuid = excluded.new_uuid then m.brought else excluded.brought end,
               new_uuid = excluded.new_uuid, new_name = excluded.new_name, version = excluded.version, fingerprint = excluded.fingerprint"
        );
        self.tx.execute(&sql, &[&self.source, &table.name, &self.run]).await?;
        Ok(())
    }

    /// Puts the batch into the account.
    async fn account(&self, table: &LegacyTable, rows: usize, report: &mut TableReport) -> Result<(), LegacyError> {
        let failed = |e: tokio_postgres::Error| refused(table.name, &e);
        let sql = "select action, count(*) from stage group by action";
        let mut seen = 0;
        for row in self.tx.query(sql, &[]).await.map_err(failed)? {
            let count = usize::try_from(row.get::<_, i64>(1)).unwrap_or(0);
            seen += count;
            match row.get::<_, &str>(0) {
                "insert" | "take" => report.loaded += count,
                "update" => report.updated += count,
                "purged" => {}
                _ => report.already_there += count,
            }
        }
        if seen != rows {
            let message = format!("{rows} rows were sent, {seen} arrived");
            return Err(LegacyError::Refused { what: table.name.to_owned(), message });
        }
        let sql = "select legacy_id, action, old_id <> row_id, old_run from stage
                   where (action in ('edited', 'both', 'foreign', 'history', 'met', 'fill') and not alike) or action = 'purged'
                     or (old_id <> row_id and action = 'insert') order by seq";
        for row in self.tx.query(sql, &[]).await.map_err(failed)? {
            let (legacy_id, action): (String, &str) = (row.get(0), row.get(1));
            match action {
                "purged" => report.leave_out(legacy_id, "it was deleted here for good since an earlier run"),
                "edited" => report.keep(legacy_id, "edited here since it was migrated"),
                "both" => report.keep(legacy_id, "changed in the file and edited here since it was migrated; here is newer"),
                "history" if table.target == Table::PracticeRecord => {
                    report.keep(legacy_id, "changed in the file since, but a practice record is history");
                }
                "history" => report.keep(legacy_id, "changed in the file since, but reference data stay as they are here"),
                "insert" => report.keep(legacy_id, "moved: what names it changed in the file, so it has a new row here; the old one is deleted unless it was edited"),
                _ => report.keep(legacy_id, "it was here before this migration"),
            }
        }
        Ok(())
    }

    /// The first row that the database refuses, found by halving.
    async fn locate(&self, table: &LegacyTable, drafts: &[Draft]) -> Option<String> {
        self.tx.batch_execute("rollback to savepoint batch").await.ok()?;
        let mut rest = drafts;
        while rest.len() > 1 {
            let (first, second) = rest.split_at(rest.len() / 2);
            self.tx.batch_execute("savepoint half").await.ok()?;
            rest = match self.write(table, first).await {
                Ok(()) => second,
                Err(_) => {
                    self.tx.batch_execute("rollback to savepoint half").await.ok()?;
                    first
                }
            };
        }
        rest.first().map(|draft| draft.legacy_id.clone())
    }
}

/// What can go wrong within a batch.
enum Trouble {
    Database(tokio_postgres::Error),
    Told(LegacyError),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Trouble::Database(error)
    }
}

/// The name of row `t` of a table whose rows have no UUID.
pub(super) fn name_of(table: Table) -> String {
    table.primary_key().iter().map(|k| format!("t.{k}")).collect::<Vec<_>>().join(" || chr(31) || ")
}

/// `t.id = s.id`
pub(super) fn same_key(table: Table, left: &str, right: &str) -> String {
    table.primary_key().iter().map(|k| format!("{left}.{k} = {right}.{k}")).collect::<Vec<_>>().join(" and ")
}
