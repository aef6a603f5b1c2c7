//! From a request on a table to one SQL statement. Knows the schema; runs nothing.

use super::error::ApiError;
use super::preferences::{Count, Preferences, Resolution, Return};
use super::query::field::Field;
use super::query::filter::{Logic, Test};
use super::query::select::SelectItem;
use super::request::{ApiRequest, Body, Media};
use super::schema_cache::{Column, Relation, SCHEMA, Schema};
use super::sql::{Source, Sql, field, literal, quoted, quoted_list};
use super::suggest::nearest;

/// A statement and how to read its result. The main statement's columns are: total, rows, body, headers, status, then
/// `location` and `inserted`.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The one main statement.
    pub main: Sql,
    /// A query whose plan tells the total (`count=planned`).
    pub estimate: Option<Sql>,
    /// The form of the reply.
    pub media: Media,
    /// The preferences that apply to this kind of request.
    pub applied: Preferences,
    /// Settings to make for the transaction (of a function).
    pub settings: Vec<(String, String)>,
    /// Nothing may be written.
    pub read_only: bool,
    /// A function without result is called.
    pub void: bool,
}

/// What the result is read from and how its body is made.
pub struct Reply<'a> {
    /// The form of the reply.
    pub media: Media,
    /// SQL of the total, or `NULL`.
    pub total: &'a str,
    /// SQL of the columns to read from `pgrst_source`, ordering included (`SELECT … FROM pgrst_source …`).
    pub rows: &'a str,
    /// SQL of the `Location` values.
    pub location: &'a str,
    /// A function returns one value: (a set of them, one row with columns).
    pub scalar: Option<bool>,
    /// One row, not an array, is the natural form (function returning one composite value).
    pub single: bool,
}

/// Appends the outer query that counts the rows and makes the body.
pub fn finish(sql: &mut Sql, reply: &Reply<'_>) {
    let row = if reply.scalar.is_some() { "_postgrest_t.pgrst_scalar" } else { "_postgrest_t" };
    let one = reply.single || reply.scalar == Some(false);
    let body = match reply.media {
        Media::Csv => "(SELECT coalesce(string_agg(a.k, ','), '') FROM (SELECT json_object_keys(r)::text AS k FROM \
             (SELECT row_to_json(hh) AS r FROM pgrst_source AS hh LIMIT 1) s) a) || E'\\n' || \
             coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')"
            .to_string(),
        Media::ObjectStripped => format!("coalesce((json_strip_nulls(json_agg({row}))->0)::text, 'null')"),
        Media::JsonStripped if !one => format!("coalesce(json_strip_nulls(json_agg({row})), '[]')::text"),
        Media::JsonStripped => format!("coalesce((json_strip_nulls(json_agg({row}))->0)::text, 'null')"),
        Media::Object => format!("coalesce((json_agg({row})->0)::text, 'null')"),
        Media::Json if one => format!("coalesce((json_agg({row})->0)::text, 'null')"),
        Media::Json => format!("coalesce(json_agg({row}), '[]')::text"),
    };
    sql.push(&format!(
        " SELECT ({})::text, pg_catalog.count(_postgrest_t), {body}, \
         nullif(current_setting('response.headers', true), ''), nullif(current_setting('response.status', true), ''), \
         ({})::text, nullif(current_setting('pgrst.inserted', true), '') FROM ({}) _postgrest_t",
        reply.total, reply.location, reply.rows
    ));
}

/// The table or view of a name.
pub fn relation<'a>(schema: &'a Schema, name: &str) -> Result<&'a Relation, ApiError> {
    schema.relations.get(name).ok_or_else(|| {
        let hint = nearest(name, schema.relations.keys().map(String::as_str));
        ApiError::new(404, "PGRST205", format!("Could not find the table '{SCHEMA}.{name}' in the schema cache"))
            .hint(hint.map(|near| format!("Perhaps you meant the table '{SCHEMA}.{near}'")))
    })
}

/// The select list as SQL.
pub fn columns(items: &[SelectItem], source: Source<'_>) -> Result<String, ApiError> {
    let mut parts = Vec::new();
    for item in items {
        parts.push(match item {
            SelectItem::All => format!("{}.*", source.qualifier),
            SelectItem::Column { field: at, alias, cast } => {
                let mut sql = field(at, source);
                if let Some(cast) = cast {
                    sql = format!("CAST( {sql} AS {cast} )");
                }
                let name = alias.as_deref().or(at.path_name()).or(cast.as_ref().map(|_| at.name.as_str()));
                match name {
                    Some(name) => format!("{sql} AS {}", quoted(name)),
                    None => sql,
                }
            }
            SelectItem::Embedding { target } => return Err(no_embedding(target, source.relation)),
        });
    }
    Ok(parts.join(", "))
}

fn no_embedding(target: &str, relation: Option<&Relation>) -> ApiError {
    match relation {
        Some(r) if !r.related.iter().any(|name| name == target) && r.column(target).is_none() => {
            let message =
                format!("Could not find a relationship between '{}' and '{target}' in the schema cache", r.name);
            ApiError::new(400, "PGRST200", message).details(format!(
                "Searched for a foreign key relationship between '{}' and '{target}' in the schema '{SCHEMA}', but no matches were found.",
                r.name
            ))
        }
        _ => ApiError::not_implemented(format!("Embedding '{target}' in the 'select' query parameter")),
    }
}

/// Preferences that count for every request.
pub fn common(prefer: &Preferences) -> Preferences {
    Preferences {
        count: prefer.count,
        strict: prefer.strict,
        timezone: prefer.timezone.clone(),
        ..Preferences::default()
    }
}

/// The smaller of the wanted and the allowed number of rows.
pub fn limit(request: &ApiRequest, max_rows: u32) -> i64 {
    request.window.limit.unwrap_or(i64::MAX).min(i64::from(max_rows))
}

/// GET and HEAD.
pub fn read(request: &ApiRequest, relation: &Relation, max_rows: u32) -> Result<Plan, ApiError> {
    let media = request.media()?;
    let table = qualified(&relation.name);
    let source = Source { qualifier: &table, relation: Some(relation) };
    let query = &request.query;
    let mut sql = Sql::default();
    sql.push("WITH pgrst_source AS (SELECT ").push(&columns(&query.select, source)?).push(" FROM ").push(&table);
    sql.filter(&query.filters, source).order(&query.order, source);
    sql.window(Some(limit(request, max_rows)), request.window.offset).push(")");
    let (total, estimate) = count(&mut sql, request, max_rows, |sql| {
        sql.push("SELECT 1 FROM ").push(&table);
        sql.filter(&query.filters, source);
    });
    let rows = "SELECT * FROM pgrst_source";
    finish(&mut sql, &Reply { media, total, rows, location: "NULL", scalar: None, single: false });
    let applied = common(&request.prefer);
    Ok(Plan { main: sql, estimate, media, applied, settings: Vec::new(), read_only: true, void: false })
}

/// Appends the CTE that counts, if a count is wanted; gives the SQL of the total and the query to estimate with.
pub fn count(
    sql: &mut Sql,
    request: &ApiRequest,
    max_rows: u32,
    counted: impl Fn(&mut Sql),
) -> (&'static str, Option<Sql>) {
    let mut estimate = None;
    if matches!(request.prefer.count, Some(Count::Planned | Count::Estimated)) {
        let mut explain = Sql::default();
        explain.push("EXPLAIN (FORMAT JSON) ");
        counted(&mut explain);
        estimate = Some(explain);
    }
    match request.prefer.count {
        Some(Count::Exact | Count::Estimated) => {
            sql.push(", pgrst_source_count AS (");
            counted(sql);
            if request.prefer.count == Some(Count::Estimated) {
                sql.push(&format!(" LIMIT {}", u64::from(max_rows) + 1));
            }
            sql.push(")");
            ("SELECT pg_catalog.count(*) FROM pgrst_source_count", estimate)
        }
        Some(Count::Planned) | None => ("NULL", estimate),
    }
}

/// POST: plain insert and upsert.
pub fn insert(request: &ApiRequest, relation: &Relation) -> Result<Plan, ApiError> {
    let prefer = &request.prefer;
    let conflict = request.query.on_conflict.clone().unwrap_or_else(|| relation.key.clone());
    let resolution = prefer.resolution.filter(|_| !conflict.is_empty());
    let mut sql = Sql::default();
    insert_into(&mut sql, request, relation, &[])?;
    on_conflict(&mut sql, resolution, &conflict, &written(request, relation)?);
    let applied = Preferences {
        resolution,
        missing_default: prefer.missing_default,
        returning: prefer.returning,
        ..common(prefer)
    };
    write(sql, request, relation, applied)
}

/// PUT: insert or replace one row named by its key.
pub fn put(request: &ApiRequest, relation: &Relation) -> Result<Plan, ApiError> {
    if request.query.limit.is_some() || request.query.offset.is_some() {
        let message = "limit/offset querystring parameters are not allowed for PUT";
        return Err(ApiError::new(400, "PGRST114", message));
    }
    let mut named: Vec<&str> = Vec::new();
    for filter in &request.query.filters {
        match filter {
            Logic::Filter(f) if !f.negated && f.field.path.is_empty() => match &f.test {
                Test::Compare { operator: "=", quantifier: None, .. } => named.push(&f.field.name),
                _ => return Err(bad_put()),
            },
            _ => return Err(bad_put()),
        }
    }
    named.sort_unstable();
    let mut key: Vec<&str> = relation.key.iter().map(String::as_str).collect();
    key.sort_unstable();
    if key.is_empty() || named != key {
        return Err(bad_put());
    }
    let mut sql = Sql::default();
    insert_into(&mut sql, request, relation, &request.query.filters)?;
    on_conflict(&mut sql, Some(Resolution::Merge), &relation.key, &written(request, relation)?);
    let applied = Preferences { returning: request.prefer.returning, ..common(&request.prefer) };
    write(sql, request, relation, applied)
}

fn bad_put() -> ApiError {
    ApiError::new(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators")
}

/// PATCH.
pub fn update(request: &ApiRequest, relation: &Relation) -> Result<Plan, ApiError> {
    let table = qualified(&relation.name);
    let source = Source { qualifier: &table, relation: Some(relation) };
    let written = written(request, relation)?;
    let mut sql = Sql::default();
    sql.push("WITH pgrst_source AS (");
    if written.is_empty() {
        // An empty change changes nothing, but its columns must exist.
        let returned = returned(request, relation)?;
        sql.push(&format!("SELECT {returned} FROM {table} WHERE false)"));
    } else {
        sql.push(&format!("UPDATE {table} SET "));
        let sets = written.iter().map(|c| format!("{0} = pgrst_body.{0}", quoted(&c.name))).collect::<Vec<_>>();
        sql.push(&sets.join(", ")).push(" FROM ");
        payload(&mut sql, &request.body, &written, request.prefer.missing_default == Some(true), true);
        sql.filter(&request.query.filters, source);
        sql.push(" RETURNING ").push(&returned(request, relation)?).push(")");
    }
    let applied = change_preferences(request);
    finish_write(sql, request, relation, applied)
}

/// DELETE.
pub fn delete(request: &ApiRequest, relation: &Relation) -> Result<Plan, ApiError> {
    let table = qualified(&relation.name);
    let source = Source { qualifier: &table, relation: Some(relation) };
    let mut sql = Sql::default();
    sql.push(&format!("WITH pgrst_source AS (DELETE FROM {table}"));
    sql.filter(&request.query.filters, source);
    sql.push(" RETURNING ").push(&returned(request, relation)?).push(")");
    let mut applied = change_preferences(request);
    applied.missing_default = None;
    finish_write(sql, request, relation, applied)
}

fn change_preferences(request: &ApiRequest) -> Preferences {
    Preferences {
        missing_default: request.prefer.missing_default,
        returning: request.prefer.returning,
        max_affected: request.prefer.max_affected,
        ..common(&request.prefer)
    }
}

fn insert_into(sql: &mut Sql, request: &ApiRequest, relation: &Relation, only: &[Logic]) -> Result<(), ApiError> {
    let written = written(request, relation)?;
    let names = quoted_list(written.iter().map(|c| c.name.as_str()));
    let table = qualified(&relation.name);
    sql.push(&format!("WITH pgrst_source AS (INSERT INTO {table}"));
    if !written.is_empty() {
        sql.push(&format!("({names})"));
    }
    let read = written.iter().map(|c| format!("pgrst_body.{}", quoted(&c.name))).collect::<Vec<_>>().join(", ");
    sql.push(&format!(" SELECT {read} FROM "));
    payload(sql, &request.body, &written, request.prefer.missing_default == Some(true), false);
    sql.filter(only, Source { qualifier: "pgrst_body", relation: Some(relation) });
    let merges = request.prefer.resolution == Some(Resolution::Merge) || !only.is_empty();
    if merges {
        // Counts the rows proposed; the conflict clause takes the updated ones off again.
        sql.push(if only.is_empty() { " WHERE " } else { " AND " });
        sql.push("set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0'");
    }
    Ok(())
}

fn on_conflict(sql: &mut Sql, resolution: Option<Resolution>, conflict: &[String], written: &[&Column]) {
    let Some(resolution) = resolution else { return };
    let target = quoted_list(conflict.iter().map(String::as_str));
    if resolution == Resolution::Ignore || written.is_empty() {
        sql.push(&format!(" ON CONFLICT({target}) DO NOTHING"));
        return;
    }
    let sets = written.iter().map(|c| format!("{0} = EXCLUDED.{0}", quoted(&c.name))).collect::<Vec<_>>().join(", ");
    sql.push(&format!(
        " ON CONFLICT({target}) DO UPDATE SET {sets} WHERE set_config('pgrst.inserted', \
         (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) - 1)::text, true) <> '-1'"
    ));
}

/// Appends the body as a row source `pgrst_body` with the given columns.
fn payload(sql: &mut Sql, body: &Body, columns: &[&Column], defaults: bool, one: bool) {
    sql.push("(SELECT ");
    let text = if body.is_array && body.is_empty { "[]" } else { &body.text };
    sql.param(text).push("::json AS json_data) pgrst_payload, LATERAL (SELECT ");
    let defaults = columns.iter().filter(|c| defaults && c.default.is_some()).copied().collect::<Vec<_>>();
    let mut json = "pgrst_payload.json_data".to_string();
    let mut functions = ("json_to_recordset", "json_to_record", "json_array_elements");
    if !defaults.is_empty() {
        let parts =
            defaults.iter().map(|c| format!("{}, {}", literal(&c.name), c.default.as_deref().unwrap_or("NULL")));
        let object = format!("jsonb_build_object({})", parts.collect::<Vec<_>>().join(", "));
        functions = ("jsonb_to_recordset", "jsonb_to_record", "jsonb_array_elements");
        json = if body.is_array {
            format!(
                "(SELECT coalesce(jsonb_agg({object} || elem), '[]') FROM jsonb_array_elements({json}::jsonb) elem)"
            )
        } else {
            format!("({object} || {json}::jsonb)")
        };
    }
    if columns.is_empty() {
        // No columns at all: one row of defaults for every element.
        if body.is_array {
            sql.push(&format!("1 FROM {}({json})", functions.2));
        } else {
            sql.push("1");
        }
    } else {
        let function = if body.is_array { functions.0 } else { functions.1 };
        let names = quoted_list(columns.iter().map(|c| c.name.as_str()));
        let typed = columns.iter().map(|c| format!("{} {}", quoted(&c.name), c.ty)).collect::<Vec<_>>().join(", ");
        sql.push(&format!("{names} FROM {function}({json}) AS _({typed})"));
        if one && body.is_array {
            sql.push(" LIMIT 1");
        }
    }
    sql.push(") pgrst_body");
}

/// The columns a write sets.
fn written<'a>(request: &ApiRequest, relation: &'a Relation) -> Result<Vec<&'a Column>, ApiError> {
    let named = request.query.columns.as_ref().or(request.body.keys.as_ref());
    let column = |name: &String| {
        relation.column(name).ok_or_else(|| {
            let message = format!("Could not find the '{name}' column of '{}' in the schema cache", relation.name);
            ApiError::new(400, "PGRST204", message)
        })
    };
    named.into_iter().flatten().map(column).collect()
}

/// What a write returns from the table: no column that is not needed, since each needs the right to read it.
fn returned(request: &ApiRequest, relation: &Relation) -> Result<String, ApiError> {
    let table = qualified(&relation.name);
    let mut names: Vec<&str> = Vec::new();
    match request.prefer.returning {
        Some(Return::Representation) => {
            let fields = request.query.select.iter().map(|item| match item {
                SelectItem::All => Ok(None),
                SelectItem::Column { field, .. } => Ok(Some(field.name.as_str())),
                SelectItem::Embedding { target } => Err(no_embedding(target, Some(relation))),
            });
            for name in fields {
                match name? {
                    Some(name) => names.push(name),
                    None => return Ok(format!("{table}.*")),
                }
            }
            names.extend(request.query.order.iter().map(|term| term.field.name.as_str()));
        }
        Some(Return::HeadersOnly) => names.extend(relation.key.iter().map(String::as_str)),
        Some(Return::Minimal) | None => {}
    }
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    if unique.is_empty() {
        return Ok("1".to_string());
    }
    Ok(unique.iter().map(|name| format!("{table}.{}", quoted(name))).collect::<Vec<_>>().join(", "))
}

fn write(mut sql: Sql, request: &ApiRequest, relation: &Relation, applied: Preferences) -> Result<Plan, ApiError> {
    sql.push(" RETURNING ").push(&returned(request, relation)?).push(")");
    finish_write(sql, request, relation, applied)
}

fn finish_write(
    mut sql: Sql,
    request: &ApiRequest,
    relation: &Relation,
    applied: Preferences,
) -> Result<Plan, ApiError> {
    let media = request.media()?;
    let source = Source { qualifier: "pgrst_source", relation: Some(relation) };
    let mut rows = Sql::default();
    let full = request.prefer.returning == Some(Return::Representation);
    let key = |name: &String| Field { name: name.clone(), path: Vec::new() };
    let location = match request.prefer.returning {
        Some(Return::HeadersOnly) if !relation.key.is_empty() => {
            let parts = relation.key.iter().map(|name| format!("{}::text", field(&key(name), source)));
            format!("SELECT json_build_array({}) FROM pgrst_source LIMIT 1", parts.collect::<Vec<_>>().join(", "))
        }
        _ => "NULL".to_string(),
    };
    let list = if full { columns(&request.query.select, source)? } else { "1".to_string() };
    rows.push(&format!("SELECT {list} FROM pgrst_source"));
    if full {
        rows.order(&request.query.order, source);
    }
    finish(
        &mut sql,
        &Reply { media, total: "NULL", rows: &rows.text, location: &location, scalar: None, single: false },
    );
    Ok(Plan { main: sql, estimate: None, media, applied, settings: Vec::new(), read_only: false, void: false })
}

fn qualified(name: &str) -> String {
    format!("{}.{}", quoted(SCHEMA), quoted(name))
}
