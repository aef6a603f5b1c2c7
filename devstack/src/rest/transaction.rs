//! The one transaction of a request: role and settings first, then the main statement, then the checks that may
//! still undo it.

use std::collections::BTreeMap;

use axum::http::header;
use deadpool_postgres::{Pool, Transaction};
use serde_json::{Map, Value};
use tokio_postgres::types::{ToSql, Type};

use super::error::ApiError;
use super::plan::Plan;
use super::preferences::Count;
use super::request::{ApiRequest, Media};
use super::schema_cache::{SCHEMA, Schema};
use super::sql::{Sql, Text};

/// What the main statement gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Rows without limit, if asked.
    pub total: Option<i64>,
    /// Rows in the reply, or changed.
    pub rows: i64,
    /// The body of the reply.
    pub body: String,
    /// `response.headers`
    pub headers: Option<String>,
    /// `response.status`
    pub status: Option<String>,
    /// Key values of the new row, a JSON array of texts.
    pub location: Option<String>,
    /// Rows that were new, of an upsert.
    pub inserted: i64,
}

/// Whether the database knows a timezone of this name.
pub async fn knows_timezone(pool: &Pool, zone: &str) -> Result<bool, ApiError> {
    let client = pool.get().await.map_err(ApiError::unreachable)?;
    let found = client.query("select 1 from pg_timezone_names where name = $1", &[&zone]).await;
    Ok(!found.map_err(|e| ApiError::database(&e, false))?.is_empty())
}

/// Runs a plan. `check` sees the outcome before it is committed; its error undoes everything.
pub async fn run(
    pool: &Pool,
    request: &ApiRequest,
    schema: &Schema,
    plan: &Plan,
    max_rows: u32,
    check: impl FnOnce(&Outcome) -> Result<(), ApiError>,
) -> Result<Outcome, ApiError> {
    let anon = request.is_anon();
    let failed = |error: tokio_postgres::Error| ApiError::database(&error, anon);
    let mut client = pool.get().await.map_err(ApiError::unreachable)?;
    // Dropped without commit (error, or the caller went away) it is rolled back.
    let transaction = client.build_transaction().read_only(plan.read_only).start().await.map_err(failed)?;
    query(&transaction, &settings(request, schema, plan)).await.map_err(failed)?;
    let estimate = match &plan.estimate {
        Some(explain) => {
            let rows = query(&transaction, explain).await.map_err(failed)?;
            rows.first().and_then(|row| planned_rows(&row.get::<_, Value>(0)))
        }
        None => None,
    };
    let rows = query(&transaction, &plan.main).await.map_err(failed)?;
    let row = rows.first().ok_or_else(|| ApiError::unreachable("the main statement gave no row"))?;
    let number = |i: usize| row.get::<_, Option<&str>>(i).and_then(|n| n.parse::<i64>().ok());
    let mut outcome = Outcome {
        total: number(0),
        rows: row.get(1),
        body: row.get::<_, Option<String>>(2).unwrap_or_default(),
        headers: row.get(3),
        status: row.get(4),
        location: row.get(5),
        inserted: number(6).unwrap_or(0),
    };
    outcome.total = match request.prefer.count {
        Some(Count::Planned) => estimate,
        Some(Count::Estimated) if outcome.total.is_some_and(|n| n > i64::from(max_rows)) => estimate.max(outcome.total),
        _ => outcome.total,
    };
    check_affected(&outcome, plan)?;
    check(&outcome)?;
    transaction.commit().await.map_err(failed)?;
    Ok(outcome)
}

fn check_affected(outcome: &Outcome, plan: &Plan) -> Result<(), ApiError> {
    if let Some(most) = plan.applied.enforced_max_affected()
        && outcome.rows > most
    {
        let message = "Query result exceeds max-affected preference constraint";
        return Err(ApiError::new(400, "PGRST124", message).details(format!("The query affects {} rows", outcome.rows)));
    }
    if matches!(plan.media, Media::Object | Media::ObjectStripped) && !plan.void && outcome.rows != 1 {
        return Err(ApiError::new(406, "PGRST116", "Cannot coerce the result to a single JSON object")
            .details(format!("The result contains {} rows", outcome.rows)));
    }
    Ok(())
}

async fn query(transaction: &Transaction<'_>, sql: &Sql) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let params: Vec<(&(dyn ToSql + Sync), Type)> =
        sql.params.iter().map(|text| (text as &(dyn ToSql + Sync), Type::UNKNOWN)).collect();
    transaction.query_typed(&sql.text, &params).await
}

fn planned_rows(explained: &Value) -> Option<i64> {
    explained.get(0)?.get("Plan")?.get("Plan Rows")?.as_f64().map(|rows| rows as i64)
}

/// One statement that makes every setting of the transaction.
fn settings(request: &ApiRequest, schema: &Schema, plan: &Plan) -> Sql {
    let mut sql = Sql::default();
    let mut set = |name: &str, value: &str| {
        sql.push(if sql.text.is_empty() { "SELECT set_config(" } else { ", set_config(" });
        sql.params.push(Text(Some(name.to_string())));
        let n = sql.params.len();
        sql.push(&format!("${n}, ")).param(value).push(", true)");
    };
    set("search_path", &format!("\"{SCHEMA}\", \"{SCHEMA}\", \"extensions\""));
    for (name, value) in schema.role_settings.get(&request.role).into_iter().flatten() {
        set(name, value);
    }
    set("role", &request.role);
    set("request.jwt.claims", &Value::Object(request.claims.clone()).to_string());
    set("request.method", request.method.as_str());
    set("request.path", &request.path);
    set("request.headers", &headers(request));
    set("request.cookies", &cookies(request));
    if let Some(zone) = &request.prefer.timezone {
        set("timezone", zone);
    }
    for (name, value) in &plan.settings {
        set(name, value);
    }
    sql
}

fn headers(request: &ApiRequest) -> String {
    let mut map: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| *name != header::COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str()).and_modify(|all| *all = format!("{all}, {value}")).or_insert(value.into_owned());
    }
    Value::Object(map.into_iter().map(|(k, v)| (k.to_string(), Value::String(v))).collect()).to_string()
}

fn cookies(request: &ApiRequest) -> String {
    let mut map = Map::new();
    for header in request.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()) {
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            map.insert(name.to_string(), value.into());
        }
    }
    Value::Object(map).to_string()
}
