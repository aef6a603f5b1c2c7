//! From the outcome of a request to its reply: status, ranges, headers, body.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::error::ApiError;
use super::plan::Plan;
use super::preferences::{Count, Resolution, Return};
use super::request::{ApiRequest, Media, Target};
use super::schema_cache::{Function, Relation};
use super::transaction::Outcome;

/// The kinds of replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// GET of a table.
    Read,
    /// A function's result.
    Call,
    /// POST to a table.
    Insert,
    /// PUT.
    Put,
    /// PATCH.
    Update,
    /// DELETE.
    Delete,
}

/// What an outcome must satisfy before it is committed.
pub fn check(kind: Kind, request: &ApiRequest, plan: &Plan, outcome: &Outcome) -> Result<(), ApiError> {
    if kind == Kind::Put && outcome.rows != 1 {
        let message = "Payload values do not match URL in primary key column(s)";
        return Err(ApiError::new(400, "PGRST115", message));
    }
    own_status(outcome)?;
    own_headers(outcome)?;
    if let (Kind::Read | Kind::Call, Some(total)) = (kind, outcome.total)
        && request.window.offset > total
    {
        let details = format!("An offset of {} was requested, but there are only {total} rows.", request.window.offset);
        let mut error = ApiError::range(details).header(header::CONTENT_RANGE, &format!("*/{total}"));
        if let Some(applied) = plan.applied.applied() {
            error = error.header(HeaderName::from_static("preference-applied"), &applied);
        }
        return Err(error);
    }
    Ok(())
}

/// The reply to a request that went well.
pub fn respond(
    kind: Kind,
    request: &ApiRequest,
    relation: Option<&Relation>,
    plan: &Plan,
    outcome: Outcome,
) -> Result<Response, ApiError> {
    let full = request.prefer.returning == Some(Return::Representation);
    let (range, status) = match kind {
        Kind::Read | Kind::Call => {
            let partial = outcome.total.is_some_and(|total| outcome.rows < total);
            let range = content_range(request.window.offset, outcome.rows, outcome.total);
            (Some(range), if partial { 206 } else { 200 })
        }
        Kind::Insert | Kind::Delete => {
            let range = format!("*/{}", counted(request, &outcome));
            let merged = plan.applied.resolution == Some(Resolution::Merge) && outcome.inserted <= 0;
            let status = match kind {
                Kind::Insert if merged => 200,
                Kind::Insert => 201,
                _ if full => 200,
                _ => 204,
            };
            (Some(range), status)
        }
        Kind::Update => {
            let last = outcome.rows - 1;
            let rows = if outcome.rows > 0 { format!("0-{last}") } else { "*".to_string() };
            (Some(format!("{rows}/{}", counted(request, &outcome))), if full { 200 } else { 204 })
        }
        Kind::Put => (
            None,
            if !full {
                204
            } else if outcome.inserted > 0 {
                201
            } else {
                200
            },
        ),
    };
    let status = if plan.void && status == 200 { 204 } else { status };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = own_status(&outcome)?.unwrap_or(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    if let Some(range) = range {
        put(header::CONTENT_RANGE, &range);
    }
    if let Some(applied) = plan.applied.applied() {
        put(HeaderName::from_static("preference-applied"), &applied);
    }
    if let (Some(values), Some(relation)) = (&outcome.location, relation)
        && outcome.rows == 1
    {
        put(header::LOCATION, &location(relation, values));
    }
    if let (Kind::Read, Target::Relation(name)) = (kind, &request.target) {
        let query = &request.query.canonical;
        let mark = if query.is_empty() { "" } else { "?" };
        put(header::CONTENT_LOCATION, &format!("/{}{mark}{query}", utf8_percent_encode(name, PATH)));
    }
    let has_body = matches!(kind, Kind::Read | Kind::Call) && !plan.void || full;
    if has_body {
        put(header::CONTENT_TYPE, media_type(plan.media));
    }
    for (name, value) in own_headers(&outcome)? {
        response.headers_mut().append(name, value);
    }
    if has_body && request.method != Method::HEAD {
        *response.body_mut() = Body::from(outcome.body);
    }
    Ok(response)
}

const PATH: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The reply to OPTIONS.
pub fn options(request: &ApiRequest, relation: Option<&Relation>, functions: &[Function]) -> Response {
    let mut allowed = vec!["OPTIONS"];
    match (&request.target, relation) {
        (Target::Relation(_), Some(relation)) => {
            allowed.extend(["GET", "HEAD"]);
            let insertable = relation.insertable.then_some("POST");
            let put = (relation.insertable && relation.updatable && !relation.key.is_empty()).then_some("PUT");
            let patch = relation.updatable.then_some("PATCH");
            let delete = relation.deletable.then_some("DELETE");
            allowed.extend([insertable, put, patch, delete].into_iter().flatten());
        }
        (Target::Function(_), _) if functions.iter().all(|f| f.volatile) => allowed.push("POST"),
        (Target::Function(_), _) => allowed.extend(["GET", "HEAD", "POST"]),
        _ => allowed.extend(["GET", "HEAD"]),
    }
    let mut response = Response::new(Body::empty());
    if let Ok(value) = HeaderValue::from_str(&allowed.join(",")) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// The kind of reply a method on a target asks for.
pub fn kind(request: &ApiRequest) -> Kind {
    match (&request.target, request.method.as_str()) {
        (Target::Function(_), _) => Kind::Call,
        (_, "POST") => Kind::Insert,
        (_, "PUT") => Kind::Put,
        (_, "PATCH") => Kind::Update,
        (_, "DELETE") => Kind::Delete,
        _ => Kind::Read,
    }
}

fn content_range(offset: i64, rows: i64, total: Option<i64>) -> String {
    let range = if rows > 0 { format!("{offset}-{}", offset.saturating_add(rows - 1)) } else { "*".to_string() };
    let range = if total == Some(0) { "*".to_string() } else { range };
    format!("{range}/{}", total.map_or("*".to_string(), |n| n.to_string()))
}

fn counted(request: &ApiRequest, outcome: &Outcome) -> String {
    if request.prefer.count == Some(Count::Exact) { outcome.rows.to_string() } else { "*".to_string() }
}

fn location(relation: &Relation, values: &str) -> String {
    let values: Vec<Option<String>> = serde_json::from_str(values).unwrap_or_default();
    let pairs = relation.key.iter().zip(values).map(|(name, value)| {
        let name = utf8_percent_encode(name, PATH);
        match value {
            Some(value) => format!("{name}=eq.{}", utf8_percent_encode(&value, PATH)),
            None => format!("{name}=is.null"),
        }
    });
    format!("/{}?{}", utf8_percent_encode(&relation.name, PATH), pairs.collect::<Vec<_>>().join("&"))
}

fn media_type(media: Media) -> &'static str {
    match media {
        Media::Json => "application/json; charset=utf-8",
        Media::JsonStripped => "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        Media::Object => "application/vnd.pgrst.object+json; charset=utf-8",
        Media::ObjectStripped => "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
        Media::Csv => "text/csv; charset=utf-8",
    }
}

fn own_status(outcome: &Outcome) -> Result<Option<StatusCode>, ApiError> {
    let Some(text) = &outcome.status else { return Ok(None) };
    let status = text.parse::<u16>().ok().and_then(|n| StatusCode::from_u16(n).ok());
    status.map(Some).ok_or_else(|| ApiError::new(500, "PGRST112", "response.status guc must be a valid status code"))
}

fn own_headers(outcome: &Outcome) -> Result<Vec<(HeaderName, HeaderValue)>, ApiError> {
    let message = "response.headers guc must be a JSON array composed of objects with a single key and a string value";
    let invalid = || ApiError::new(500, "PGRST111", message);
    let Some(text) = &outcome.headers else { return Ok(Vec::new()) };
    let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| invalid())?;
    let mut headers = Vec::new();
    for object in list {
        let (Some((name, Value::String(value))), 1) = (object.iter().next(), object.len()) else {
            return Err(invalid());
        };
        let name = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
        headers.push((name, HeaderValue::from_str(value).map_err(|_| invalid())?));
    }
    Ok(headers)
}
