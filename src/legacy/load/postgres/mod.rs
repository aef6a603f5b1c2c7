//! Into PostgreSQL, as the owner of the tables: one transaction for the whole run, so that nobody's data ever are there by halves. It is
//! validated before it is committed; whatever ends it earlier (an error, a kill, a cut line) leaves nothing, and it is simply run again.

mod accounts;
mod auth_api;
mod connect;
mod copy;
mod merge;
pub mod rollback;
mod runs;
mod validate;

use std::ops::ControlFlow;
use std::time::Instant;

use tokio_postgres::{Client, Transaction};

use crate::domain::time::Timestamp;
use crate::legacy::catalogue::{LegacyTable, TABLES};
use crate::legacy::convert::{Cell, Converter, Draft, Here, Scope, Setting, UserMap, default_scheduling_options};
use crate::legacy::error::LegacyError;
use crate::legacy::report::{Report, TableReport};
use crate::legacy::source::Source;
use crate::store::schema::Table;

use super::{BATCH_BYTES, BATCH_ROWS, OnStep, Step, people};
use merge::Merger;

pub use auth_api::AuthApi;
pub use connect::connect;
pub use rollback::rollback;
pub use validate::validate;

/// What to do about people without an account.
#[derive(Clone, Debug, Default)]
pub enum Making {
    /// List them for the owner to invite; their rows wait.
    #[default]
    Never,
    /// Ask Supabase Auth.
    Api(AuthApi),
    /// Write them into its tables: for local and demo databases. The password is for those named in the mapping.
    InDatabase(Option<String>),
}

/// How to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// E-mail addresses by legacy user; everybody else keeps her own.
    pub map_users: UserMap,
    /// What to do about people without an account.
    pub making: Making,
    /// Do everything, then roll it back.
    pub dry_run: bool,
    /// Leave every row alone that an earlier run brought, changed in the file or not: for demo data, which are another every day.
    pub only_new: bool,
    /// Give mapped people scheduling options if they have none.
    pub default_options: bool,
    /// Chooses the rows shown side by side; none = another every time.
    pub seed: Option<u64>,
}

/// PostgreSQL's own words, where there are any: the plain display of the crate says only "db error".
pub fn postgres_message(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        let detail = db.detail().map_or(String::new(), |d| format!(" ({})", crate::legacy::value::cut(d, 300)));
        return format!("{}{detail}", db.message());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}

fn refused(what: impl Into<String>, error: &tokio_postgres::Error) -> LegacyError {
    LegacyError::Refused { what: what.into(), message: postgres_message(error) }
}

/// Loads `source`. On any error the database is as before (but for accounts that Supabase Auth made: the next run finds them).
pub async fn load(
    client: &mut Client,
    source: &Source,
    options: &LoadOptions,
    on_step: OnStep<'_>,
) -> Result<Report, LegacyError> {
    let started = Instant::now();
    let now = Timestamp::from(chrono::Utc::now());
    let failed = |e: tokio_postgres::Error| refused("the data", &e);
    let tx = client.transaction().await.map_err(failed)?;
    let needs_crypt = matches!(&options.making, Making::InDatabase(Some(_)));
    runs::check_schema(&tx, needs_crypt).await?;
    runs::prepare(&tx).await?;
    let run = runs::begin(&tx, source, options).await?;

    let mut report = Report { dry_run: options.dry_run, ..Report::of(source) };
    let mut setting = setting(&tx, source, &options.map_users, now).await?;
    setting.here = runs::here(&tx, &source.name).await?;
    let (made, listed) = accounts::resolve(&tx, &mut setting, options).await?;
    report.accounts = listed;

    let mut converter = Converter::new(setting);
    let merger = Merger { tx: &tx, source: &source.name, run, only_new: options.only_new, made };
    let mut done = 0;
    for table in &TABLES {
        let mut table_report = TableReport::of(table, source);
        load_table(source, table, &mut converter, &merger, &mut table_report, &mut done, on_step).await?;
        if table.target == Table::PrefsSchedulingOptions && options.default_options {
            table_report.added = add_default_options(&merger, table, &converter, &options.map_users).await?;
        }
        if source.tables.contains_key(table.name) {
            merger.end(table, &mut table_report).await?;
        }
        report.tables.push(table_report);
    }
    report.seconds = started.elapsed().as_secs_f64();
    analyze(&tx, "legacy.id_mapping").await?;
    for table in &TABLES {
        analyze(&tx, &format!("public.\"{}\"", table.target)).await?;
    }

    let setting = converter.setting();
    let again = Setting {
        scope: Scope::Everybody,
        source: setting.source.clone(),
        people: setting.people.clone(),
        accounts: setting.accounts.clone(),
        known: runs::known_ids(&tx, &source.name).await?,
        here: Here::default(),
        ..*setting
    };
    let seed = options.seed.unwrap_or(u64::from(chrono::Utc::now().timestamp_subsec_nanos()));
    let found = validate::compare(&tx, source, again, run, options.only_new, seed, on_step).await?;
    let complaints = found.complaints();
    report.validation = Some(found);
    if !complaints.is_empty() && !options.dry_run {
        return Err(LegacyError::Differs(complaints.join("; ")));
    }
    report.run = (!options.dry_run).then_some(run);
    runs::finish(&tx, run, &report.to_json()).await?;
    if options.dry_run { tx.rollback().await } else { tx.commit().await }.map_err(failed)?;
    Ok(report)
}

/// What a conversion goes by, but for the accounts.
async fn setting(tx: &Transaction<'_>, source: &Source, map: &UserMap, now: Timestamp) -> Result<Setting, LegacyError> {
    Ok(Setting {
        scope: Scope::Everybody,
        source: source.name.clone(),
        people: people(source, map)?,
        accounts: Default::default(),
        known: runs::known_ids(tx, &source.name).await?,
        here: Here::default(),
        written: source.newest(now)?,
        now,
    })
}

/// One table, in batches: nothing of it is held longer than a batch.
async fn load_table(
    source: &Source,
    table: &'static LegacyTable,
    converter: &mut Converter,
    merger: &Merger<'_>,
    report: &mut TableReport,
    done: &mut usize,
    on_step: OnStep<'_>,
) -> Result<(), LegacyError> {
    merger.begin(table).await?;
    let Some(mut reader) = source.reader(table)? else { return Ok(()) };
    let unique = source.tables.get(table.name).is_some_and(|found| found.unique);
    let mut cursor = reader.rows()?;
    let mut batch: Vec<Draft> = Vec::new();
    let (mut bytes, mut batches) = (0, 0_usize);
    loop {
        let row = cursor.next()?;
        let ended = row.is_none();
        if let Some(draft) = row.and_then(|row| converter.row(table, row, unique, report)) {
            bytes += weight(&draft);
            batch.push(draft);
        }
        if ended || batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
            if !batch.is_empty() {
                merger.batch(table, &batch, report).await?;
                batches += 1;
                // Without figures the planner takes the table of ids for small and reads much of it for every row.
                if batches.is_power_of_two() {
                    analyze(merger.tx, "legacy.id_mapping").await?;
                }
            }
            batch.clear();
            bytes = 0;
            let step = Step { doing: "loading", table: table.name, done: *done + report.read, all: source.rows() };
            if let ControlFlow::Break(()) = on_step(step) {
                return Err(LegacyError::Stopped(table.name.to_owned()));
            }
        }
        if ended {
            *done += report.read;
            return Ok(());
        }
    }
}

/// Counts a table's rows for the planner, who has not seen this transaction's.
async fn analyze(tx: &Transaction<'_>, table: &str) -> Result<(), LegacyError> {
    tx.batch_execute(&format!("analyze {table}")).await.map_err(|e| refused(table, &e))
}

/// About how many bytes a row takes.
fn weight(draft: &Draft) -> usize {
    draft.cells.iter().map(|cell| if let Cell::Text(text) = cell { text.len() } else { 16 }).sum()
}

/// Scheduling options for mapped people who have none.
async fn add_default_options(
    merger: &Merger<'_>,
    table: &LegacyTable,
    converter: &Converter,
    map: &UserMap,
) -> Result<usize, LegacyError> {
    let mut drafts = Vec::new();
    for (number, user) in map.keys().filter_map(|n| Some((n, converter.setting().accounts.get(n)?))) {
        let sql = "select exists (select from public.prefs_scheduling_options where user_id = $1)";
        let has = merger.tx.query_one(sql, &[user]).await.map_err(|e| refused("scheduling options", &e))?;
        if !has.get::<_, bool>(0) {
            let mut draft = default_scheduling_options(*user, converter.setting().written);
            draft.legacy_id = format!("default:{number}");
            drafts.push(draft);
        }
    }
    let mut report = TableReport::default();
    if !drafts.is_empty() {
        merger.batch(table, &drafts, &mut report).await?;
    }
    Ok(report.loaded)
}
