//! Replays requests whose answers were recorded from the real PostgREST 14.12 (`appendix_a/*.txt`) against this
//! stack, in order, on a real PostgreSQL with the same tables (`appendix_a/*.sql`).
//!
//! A case is a request line and an answer line: `METHOD /path | P <Prefer> | Header: value | caller | body`, then
//! `=> status | CR <Content-Range> | PA <Preference-Applied> | WWW-Auth … | body`. Errors are shortened to
//! `{code: message // details: … // hint: …}`. `A`, `B`, `I0`… stand for uuids, `UUID` for any, `NOW` for any time.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use devstack::jwt::{Claims, JwtKeys, now};
use devstack::{Config, Devstack};
use reqwest::{Client, Method, Response};
use serde_json::{Map, Value, json};

const PARTS: [(&str, &str); 3] = [
    (include_str!("appendix_a/1_tables.sql"), include_str!("appendix_a/1_tables.txt")),
    (include_str!("appendix_a/2_ranges_and_types.sql"), include_str!("appendix_a/2_ranges_and_types.txt")),
    (include_str!("appendix_a/3_sync_patterns.sql"), include_str!("appendix_a/3_sync_patterns.txt")),
];

/// Requests this server refuses with PGRST127, and why.
const NOT_IMPLEMENTED: [(&str, &str); 2] = [
    ("GET /child?select=id,parent(name)", "embedding: the app joins on the device"),
    ("GET /", "the OpenAPI description: no client reads it"),
];

const NAMES: [(&str, &str); 9] = [
    ("A", "aaaaaaaa-0000-4000-8000-000000000000"),
    ("B", "bbbbbbbb-0000-4000-8000-000000000000"),
    ("I0", "00000000-0000-4000-8000-000000000000"),
    ("I1", "00000000-0000-4000-8000-000000000001"),
    ("I8", "00000000-0000-4000-8000-000000000008"),
    ("I9", "00000000-0000-4000-8000-000000000009"),
    ("IA", "00000000-0000-4000-8000-00000000000a"),
    ("IB", "00000000-0000-4000-8000-00000000000b"),
    ("BROW", "00000000-0000-4000-8000-0000000000bb"),
];

#[tokio::test]
async fn answers_as_the_recorded_postgrest_does() {
    let stack = Devstack::start(Config::default()).await.unwrap();
    let (admin, connection) = tokio_postgres::connect(&stack.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let client = Client::new();
    let (mut passed, mut total, mut refused, mut failures) = (0, 0, Vec::new(), Vec::new());
    for (schema, cases) in PARTS {
        admin.batch_execute(schema).await.unwrap();
        admin.batch_execute("notify pgrst, 'reload schema'").await.unwrap();
        let mut lines = cases.lines();
        while let (Some(request), Some(answer)) = (lines.next(), lines.next()) {
            let expected = answer.strip_prefix("  => ").unwrap_or_else(|| panic!("no answer to {request}"));
            total += 1;
            let response = send(&client, &stack, request).await;
            if let Some((_, reason)) = NOT_IMPLEMENTED.iter().find(|(line, _)| *line == request) {
                let body: Value = response.json().await.unwrap();
                assert_eq!(body["code"], "PGRST127", "{request}: now implemented? take it off the list");
                refused.push(format!("{request}  ({reason})"));
                continue;
            }
            match compare(response, expected).await {
                Ok(()) => passed += 1,
                Err(difference) => failures.push(format!("{request}\n  => {expected}\n  {difference}")),
            }
        }
    }
    println!("{passed} of {total} recorded answers are the same; PGRST127 for {}:", refused.len());
    refused.iter().for_each(|line| println!("  {line}"));
    stack.stop().await;
    assert!(failures.is_empty(), "{} differ:\n\n{}", failures.len(), failures.join("\n\n"));
}

async fn send(client: &Client, stack: &Devstack, line: &str) -> Response {
    let mut fields = line.split(" | ");
    let (method, path) = fields.next().unwrap().split_once(' ').unwrap();
    let url = format!("{}/rest/v1{}", stack.url, encoded(&named(path)));
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    request = request.header("apikey", &stack.publishable_key);
    let mut token = Some(signed(&stack.jwt, json!({"role": "authenticated", "sub": NAMES[0].1, "exp": now() + 600})));
    let (mut body, mut content_type) = (None, None);
    for field in fields {
        if let Some(prefer) = field.strip_prefix("P ") {
            request = request.header("prefer", prefer);
        } else if let Some(claims) = field.strip_prefix("token ") {
            token = Some(odd_token(&stack.jwt, claims));
        } else if let Some((name, value)) = header_of(field) {
            if name == "Content-Type" {
                content_type = Some(value.to_string());
            } else {
                request = request.header(name, value);
            }
        } else {
            match field {
                "anon" => token = None,
                "user B" => {
                    let claims = json!({"role": "authenticated", "sub": NAMES[1].1, "exp": now() + 600});
                    token = Some(signed(&stack.jwt, claims));
                }
                "expired" => token = Some(signed(&stack.jwt, json!({"role": "authenticated", "exp": now() - 600}))),
                "garbage token" => token = Some("gar.ba.ge".to_string()),
                _ => body = Some(named(field)),
            }
        }
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", content_type.as_deref().unwrap_or("application/json")).body(body);
    }
    request.send().await.unwrap()
}

fn header_of(field: &str) -> Option<(&str, &str)> {
    let (name, value) = field.split_once(": ")?;
    let plain = name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    (plain && name.starts_with(|c: char| c.is_ascii_uppercase())).then_some((name, value))
}

fn signed(keys: &JwtKeys, claims: Value) -> String {
    keys.sign(claims.as_object().unwrap())
}

/// `{"role": "x", "exp": "now+60"} wrong secret` or `… kid=zz`.
fn odd_token(keys: &JwtKeys, text: &str) -> String {
    let (claims, oddity) = text.split_at(text.find('}').unwrap() + 1);
    let claims: Map<String, Value> = serde_json::from_str(claims).unwrap();
    let claims: Claims = claims
        .into_iter()
        .map(|(name, value)| {
            let moment =
                value.as_str().and_then(|v| v.strip_prefix("now")).map(|offset| offset.parse::<i64>().unwrap());
            (name, moment.map_or(value, |offset| (now() + offset).into()))
        })
        .collect();
    match oddity.trim() {
        "" => keys.sign(&claims),
        "wrong secret" => JwtKeys::new("another secret of at least 32 bytes").sign(&claims),
        "kid=zz" => keys.sign_with_header(&URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"zz"}"#), &claims),
        other => panic!("unknown oddity {other}"),
    }
}

/// Replaces the names of the notation by the uuids they stand for.
fn named(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        // Single letters only as whole JSON strings; they occur in texts too.
        let whole = word.len() > 1 || (out.ends_with('"') && c == '"');
        match NAMES.iter().find(|(name, _)| whole && *name == word) {
            Some((_, uuid)) => out.push_str(uuid),
            None => out.push_str(&word),
        }
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

fn encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/?&=%+-._~:,()*!'".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

async fn compare(response: Response, expected: &str) -> Result<(), String> {
    let mut fields = expected.split(" | ");
    let status = response.status().as_u16().to_string();
    let headers = response.headers().clone();
    let body = response.text().await.unwrap();
    let differs = |what: &str, got: &str| Err(format!("{what}: {got}\n  {status} {headers:?}\n  {body}"));
    if fields.next() != Some(status.as_str()) {
        return differs("status", &status);
    }
    let (mut range, mut applied, mut challenge, mut wanted_body) = (None, None, None, None);
    for field in fields {
        let short = [("CR ", &mut range), ("PA ", &mut applied), ("WWW-Auth ", &mut challenge)];
        let mut known = false;
        for (prefix, slot) in short {
            if let Some(value) = field.strip_prefix(prefix) {
                *slot = Some(value.to_string());
                known = true;
            }
        }
        let other = ["Location", "Allow"].iter().find_map(|n| Some((*n, field.strip_prefix(n)?.strip_prefix(' ')?)));
        if let Some((name, value)) = other.or_else(|| header_of(field)) {
            let got = headers.get(name).map_or("", |v| v.to_str().unwrap());
            if !matches(got, &named(value)) {
                return differs(name, got);
            }
        } else if !known {
            wanted_body = Some(field);
        }
    }
    for (name, wanted) in [("content-range", range), ("preference-applied", applied), ("www-authenticate", challenge)] {
        let got = headers.get(name).map(|v| v.to_str().unwrap().to_string());
        if got != wanted {
            return differs(name, &got.unwrap_or_default());
        }
    }
    match wanted_body {
        None => Ok(()),
        Some("(no body)") if body.is_empty() => Ok(()),
        Some("(no body)") => differs("body", &body),
        Some(error) if is_error(error) => {
            let value: Value = serde_json::from_str(&body).map_err(|e| format!("{e}: {body}"))?;
            let got = shortened(&value);
            let all = ["code", "message", "details", "hint"].iter().all(|key| value.get(key).is_some());
            let header = headers.get("proxy-status").map_or("", |v| v.to_str().unwrap());
            if header != format!("PostgREST; error={}", value["code"].as_str().unwrap_or("")) {
                return differs("proxy-status", header);
            }
            if all && got == error { Ok(()) } else { differs("error", &got) }
        }
        Some(csv) if csv.contains("\\n") => {
            if body == csv.replace("\\n", "\n") {
                Ok(())
            } else {
                differs("body", &body)
            }
        }
        Some(wanted) => {
            let got = compact(&body).replace(r#""tz":"UTC""#, r#""tz":"Etc/UTC""#);
            if matches(&got, &compact(&named(wanted))) { Ok(()) } else { differs("body", &got) }
        }
    }
}

fn is_error(text: &str) -> bool {
    let code = text.strip_prefix('{').and_then(|t| t.split_once(": "));
    code.is_some_and(|(code, _)| !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric()))
}

fn shortened(error: &Value) -> String {
    let text = |key: &str| error[key].as_str().map(str::to_owned);
    let mut out = format!("{}: {}", text("code").unwrap_or_default(), text("message").unwrap_or_default());
    for key in ["details", "hint"] {
        if let Some(text) = text(key) {
            out += &format!(" // {key}: {text}");
        }
    }
    format!("{{{out}}}")
}

/// JSON text without blanks outside of strings: numbers stay exactly as they were written.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let blank = !inside && c.is_whitespace();
        if *c == '"' && !escaped {
            inside = !inside;
        }
        escaped = *c == '\\' && !escaped;
        !blank
    };
    json.chars().filter(keep).collect()
}

/// Whether a text is the wanted one, where `UUID` and `NOW` stand for any and a final `…` for any rest.
fn matches(got: &str, wanted: &str) -> bool {
    let (mut got, mut wanted) = (got, wanted);
    loop {
        if wanted.starts_with('…') || wanted.starts_with("\"…") {
            return true;
        }
        if let Some(rest) = wanted.strip_prefix("UUID") {
            let Some((uuid, after)) = got.split_at_checked(36) else { return false };
            if !uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
                return false;
            }
            (got, wanted) = (after, rest);
        } else if let Some(rest) = wanted.strip_prefix("NOW") {
            let end = got.find('"').unwrap_or(got.len());
            if !got[..end].starts_with("20") || !got[..end].ends_with("+00:00") {
                return false;
            }
            (got, wanted) = (&got[end..], rest);
        } else {
            match (got.chars().next(), wanted.chars().next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a == b => (got, wanted) = (&got[a.len_utf8()..], &wanted[b.len_utf8()..]),
                _ => return false,
            }
        }
    }
}
