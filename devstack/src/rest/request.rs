//! A request taken apart: who asks, for what, in which form. Knows HTTP and tokens, neither tables nor SQL.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::ApiError;
use super::preferences::Preferences;
use super::query::Query;
use super::schema_cache::SCHEMA;
use crate::jwt::{Claims, JwtKeys};

/// Bodies beyond this are refused.
const LARGEST_BODY: usize = 64 << 20;

/// What the path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `/`
    Root,
    /// `/name`
    Relation(String),
    /// `/rpc/name`
    Function(String),
}

/// The form of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// A JSON array, or what a function returns.
    Json,
    /// `vnd.pgrst.array+json;nulls=stripped`
    JsonStripped,
    /// `vnd.pgrst.object+json`
    Object,
    /// `vnd.pgrst.object+json;nulls=stripped`
    ObjectStripped,
    /// `text/csv`
    Csv,
}

/// The rows wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Rows to pass over.
    pub offset: i64,
    /// Most rows wanted.
    pub limit: Option<i64>,
}

/// A request, read as far as that goes without the schema.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    /// The method.
    pub method: Method,
    /// The path below `/rest/v1`.
    pub path: String,
    /// What the path names.
    pub target: Target,
    /// The headers.
    pub headers: HeaderMap,
    /// The claims of the caller, `role` filled in.
    pub claims: Claims,
    /// The caller's role.
    pub role: String,
    /// The query string.
    pub query: Query,
    /// The rows wanted, from query and `Range`.
    pub window: Window,
    /// The `Prefer` headers.
    pub prefer: Preferences,
    /// The body.
    pub body: Body,
    /// The forms of reply the caller accepts, best first.
    pub accept: Vec<String>,
}

/// A request body, as far as its shape matters.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// JSON text, passed to PostgreSQL as it is.
    pub text: String,
    /// The keys of the object, or of every object of the array; `None` if `columns` makes them irrelevant.
    pub keys: Option<Vec<String>>,
    /// An array rather than an object.
    pub is_array: bool,
    /// An array without elements (or something that counts as one).
    pub is_empty: bool,
}

impl ApiRequest {
    /// Whether the caller is anonymous.
    pub fn is_anon(&self) -> bool {
        self.role == "anon"
    }

    /// Reads a request, in the order in which PostgREST checks.
    pub async fn read(request: Request, jwt: &JwtKeys, now: i64) -> Result<ApiRequest, ApiError> {
        let (parts, body) = request.into_parts();
        let (claims, role) = caller(&parts.headers, jwt, now)?;
        let path = match parts.uri.path() {
            "" => "/".to_string(),
            path => path.to_string(),
        };
        let target = target(&path)?;
        let method = parts.method;
        check_method(&method, &target)?;
        check_schema(&parts.headers, &method)?;
        let call_by_get = matches!(target, Target::Function(_)) && is_read(&method);
        let query = Query::parse(parts.uri.query().unwrap_or(""), call_by_get)?;
        let window = window(&query, &parts.headers, &method)?;
        let takes_body = method == Method::POST || method == Method::PATCH || method == Method::PUT;
        let body = if takes_body {
            let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|e| ApiError::body(e.to_string()))?;
            read_body(&parts.headers, &bytes, &query, &target)?
        } else {
            Body::default()
        };
        let prefer = Preferences::parse(&parts.headers);
        let accept = accepted(&parts.headers);
        Ok(ApiRequest {
            method,
            path,
            target,
            headers: parts.headers,
            claims,
            role,
            query,
            window,
            prefer,
            body,
            accept,
        })
    }

    /// The form of the reply: the first accepted one we know.
    pub fn media(&self) -> Result<Media, ApiError> {
        for wanted in &self.accept {
            let plain: String = wanted.chars().filter(|c| !c.is_whitespace()).collect();
            let media = match plain.as_str() {
                "*/*"
                | "application/*"
                | "application/json"
                | "application/vnd.pgrst.array+json"
                | "application/vnd.pgrst.array" => Media::Json,
                "application/vnd.pgrst.array+json;nulls=stripped" => Media::JsonStripped,
                "application/vnd.pgrst.object+json" | "application/vnd.pgrst.object" => Media::Object,
                "application/vnd.pgrst.object+json;nulls=stripped" => Media::ObjectStripped,
                "text/csv" => Media::Csv,
                _ => continue,
            };
            return Ok(media);
        }
        let message = format!("None of these media types are available: {}", self.accept.join(", "));
        Err(ApiError::new(406, "PGRST107", message))
    }
}

/// GET and HEAD.
pub fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn caller(headers: &HeaderMap, jwt: &JwtKeys, now: i64) -> Result<(Claims, String), ApiError> {
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or("");
    let scheme = given.get(..7).unwrap_or("");
    let mut claims = if scheme.eq_ignore_ascii_case("bearer ") {
        jwt.verify_at(given[7..].trim(), now).map_err(|e| ApiError::jwt(&e))?
    } else {
        Map::new()
    };
    let role = claims.get("role").and_then(Value::as_str).unwrap_or("anon").to_string();
    claims.insert("role".into(), role.as_str().into());
    Ok((claims, role))
}

fn target(path: &str) -> Result<Target, ApiError> {
    let invalid = || ApiError::new(404, "PGRST125", "Invalid path specified in request URL");
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|p| p.into_owned()).map_err(|_| invalid());
    let parts = path.split('/').filter(|p| !p.is_empty()).map(decode).collect::<Result<Vec<_>, _>>()?;
    if parts.iter().any(|part| part.contains('\0')) {
        return Err(invalid());
    }
    match &parts[..] {
        [] => Ok(Target::Root),
        [name] => Ok(Target::Relation(name.clone())),
        [rpc, name] if rpc == "rpc" => Ok(Target::Function(name.clone())),
        _ => Err(invalid()),
    }
}

fn check_method(method: &Method, target: &Target) -> Result<(), ApiError> {
    let known = match target {
        Target::Root => matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"),
        Target::Relation(_) => {
            matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")
        }
        Target::Function(_) if matches!(method.as_str(), "PUT" | "PATCH" | "DELETE") => {
            let message = format!("Cannot use the {method} method on RPC");
            return Err(ApiError::new(405, "PGRST101", message));
        }
        Target::Function(_) => matches!(method.as_str(), "GET" | "HEAD" | "POST" | "OPTIONS"),
    };
    if known { Ok(()) } else { Err(ApiError::new(405, "PGRST117", format!("Unsupported HTTP method: {method}"))) }
}

fn check_schema(headers: &HeaderMap, method: &Method) -> Result<(), ApiError> {
    let name = if is_read(method) { "accept-profile" } else { "content-profile" };
    match headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()) {
        Some(schema) if schema != SCHEMA => Err(ApiError::new(406, "PGRST106", format!("Invalid schema: {schema}"))
            .hint(Some(format!("Only the following schemas are exposed: {SCHEMA}")))),
        _ => Ok(()),
    }
}

fn window(query: &Query, headers: &HeaderMap, method: &Method) -> Result<Window, ApiError> {
    let mut window = Window { offset: query.offset.unwrap_or(0), limit: query.limit };
    // An explicit limit of nothing is granted, whatever the header says.
    if query.limit == Some(0) || !is_read(method) {
        return Ok(window);
    }
    let range = headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| v.split_once('-'));
    let Some((from, to)) = range else { return Ok(window) };
    let Ok(from) = from.trim().parse::<i64>() else { return Ok(window) };
    let last = match to.trim() {
        "" => None,
        to => match to.parse::<i64>() {
            Ok(to) => Some(to),
            Err(_) => return Ok(window),
        },
    };
    let asked_last = query.limit.map(|limit| window.offset.saturating_add(limit) - 1);
    let offset = window.offset.max(from);
    let last = match (last, asked_last) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if last.is_some_and(|last| last < offset) {
        return Err(ApiError::range(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        ));
    }
    window.offset = offset;
    window.limit = last.map(|last| (last - offset).saturating_add(1));
    Ok(window)
}

fn accepted(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
    let mut wanted: Vec<(f32, String)> = Vec::new();
    for item in values.flat_map(|v| v.split(',')).map(str::trim).filter(|item| !item.is_empty()) {
        let mut quality = 1.0;
        let parts = item.split(';').map(str::trim).filter(|part| match part.strip_prefix("q=") {
            Some(q) => {
                quality = q.parse().unwrap_or(1.0);
                false
            }
            None => !part.starts_with("charset="),
        });
        let media = parts.collect::<Vec<_>>().join(";");
        wanted.push((quality, media));
    }
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    if wanted.is_empty() { vec!["*/*".to_string()] } else { wanted.into_iter().map(|(_, media)| media).collect() }
}

fn read_body(headers: &HeaderMap, bytes: &Bytes, query: &Query, target: &Target) -> Result<Body, ApiError> {
    let given = headers
        .get(header::CONTENT_TYPE)
        .map_or("application/json".into(), |v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    match given.split(';').next().unwrap_or("").trim() {
        "application/json" | "application/vnd.pgrst.object+json" | "application/vnd.pgrst.array+json" | "" => {}
        "text/csv" | "application/x-www-form-urlencoded" => {
            return Err(ApiError::not_implemented(format!("Bodies of type {given}")));
        }
        _ => return Err(ApiError::body(format!("Content-Type not acceptable: {given}"))),
    }
    let invalid = || ApiError::body("Empty or invalid json");
    let call = matches!(target, Target::Function(_));
    let text = match std::str::from_utf8(bytes).map_err(|_| invalid())? {
        "" if call => "{}",
        text => text,
    };
    if query.columns.is_some() && !call {
        // The body is PostgreSQL's to judge; only its outer form decides which function reads it.
        let is_array = text.trim_start().starts_with('[');
        if text.trim().is_empty() {
            return Err(invalid());
        }
        return Ok(Body { text: text.to_string(), keys: None, is_array, is_empty: false });
    }
    let mut body = shape(text).ok_or_else(invalid)??;
    body.text = text.to_string();
    Ok(body)
}

type Fields<'a> = std::collections::BTreeMap<String, &'a RawValue>;

/// The keys of a body; `None` if it is no JSON.
fn shape(text: &str) -> Option<Result<Body, ApiError>> {
    let mut body = Body::default();
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let outer = raw.get().as_bytes().first().copied();
    if outer == Some(b'{') {
        let fields: Fields = serde_json::from_str(raw.get()).ok()?;
        body.keys = Some(fields.into_keys().collect());
        return Some(Ok(body));
    }
    body.is_array = true;
    if outer != Some(b'[') {
        // PostgREST takes a bare value for an empty array.
        body.is_empty = true;
        body.keys = Some(Vec::new());
        return Some(Ok(body));
    }
    let rows: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    body.is_empty = rows.is_empty();
    let mut keys: Option<Vec<String>> = None;
    for row in rows {
        let fields: Option<Fields> = serde_json::from_str(row.get()).ok();
        let row_keys = fields.map(|f| f.into_keys().collect::<Vec<_>>());
        let same = row_keys.is_some() && (keys.is_none() || keys == row_keys);
        if !same {
            return Some(Err(ApiError::body("All object keys must match")));
        }
        keys = row_keys;
    }
    body.keys = Some(keys.unwrap_or_default());
    Some(Ok(body))
}
