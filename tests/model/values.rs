//! JSON values as PostgreSQL's column types read and write them: what `jsonb_populate_record` and `to_jsonb` do in `sync_push`.
//!
//! Each value is kept in the form that `to_jsonb` would print, so that two equal values are equal JSON.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::schema::{Column, ColumnType};

use super::Refusal;

/// The value as `column` would hold it, or the SQLSTATE with which PostgreSQL rejects it.
pub fn read(column: &Column, value: &Value) -> Result<Value, Refusal> {
    let invalid = |code: &'static str, text: &str| {
        let message = format!("invalid input syntax for column {}: \"{text}\"", column.name);
        Err(Refusal::new(code, message))
    };
    let text = match value {
        Value::Null => return Ok(Value::Null),
        Value::Bool(flag) if column.ty == ColumnType::Bool => return Ok(Value::Bool(*flag)),
        Value::Number(n) if column.ty == ColumnType::Real => return Ok(real(n.as_f64().unwrap_or(f64::NAN))),
        Value::String(text) => text.clone(),
        other => printed(other),
    };
    match column.ty {
        ColumnType::Text => Ok(Value::String(text)),
        ColumnType::Uuid => match uuid(&text) {
            Some(id) => Ok(Value::String(id)),
            None => invalid("22P02", &text),
        },
        ColumnType::Bool => match boolean(&text) {
            Some(flag) => Ok(Value::Bool(flag)),
            None => invalid("22P02", &text),
        },
        ColumnType::Int => match integer(&text) {
            Ok(n) => Ok(n.into()),
            Err(code) => invalid(code, &text),
        },
        ColumnType::Real => match double(&text) {
            Ok(n) => Ok(real(n)),
            Err(code) => invalid(code, &text),
        },
        ColumnType::Timestamp => match instant(&text) {
            Ok(at) => Ok(Value::String(at)),
            Err(code) => invalid(code, &text),
        },
        ColumnType::Date => match date(&text) {
            Ok(day) => Ok(Value::String(day)),
            Err(code) => invalid(code, &text),
        },
    }
}

/// An instant as `to_jsonb` prints it in UTC: no trailing zeros in the fraction.
pub fn time(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{}+00:00", text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.'))
}

/// A JSON value as text, as `jsonb` prints it: keys by length, a blank after each comma and colon.
fn printed(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(quoted).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by_key(|key| (key.len(), key.as_str()));
            let pairs = keys.iter().map(|key| format!("{}: {}", Value::from(key.as_str()), quoted(&map[*key])));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn quoted(value: &Value) -> String {
    if value.is_string() { value.to_string() } else { printed(value) }
}

/// A double as JSON: whole ones without a fraction, what is no number as text.
fn real(n: f64) -> Value {
    if n.is_nan() {
        "NaN".into()
    } else if n.is_infinite() {
        if n > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else if n.fract() == 0.0 && n.abs() < 9e15 {
        (n as i64).into()
    } else {
        n.into()
    }
}

/// Hyphens are optional after each fourth digit, braces around the whole.
fn uuid(text: &str) -> Option<String> {
    let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let bytes = inner.as_bytes();
    if bytes.len() == 36 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-') {
        return uuid::Uuid::try_parse(inner).ok().map(|id| id.as_hyphenated().to_string());
    }
    let mut digits = String::with_capacity(32);
    for letter in inner.chars() {
        match letter {
            '-' if digits.len().is_multiple_of(4) && !digits.is_empty() => {}
            letter if letter.is_ascii_hexdigit() => digits.push(letter),
            _ => return None,
        }
    }
    (!inner.ends_with('-')).then(|| uuid::Uuid::try_parse(&digits).ok().map(|id| id.as_hyphenated().to_string()))?
}

fn boolean(text: &str) -> Option<bool> {
    let word = text.trim().to_ascii_lowercase();
    let starts = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    if starts("true", 1) || starts("yes", 1) || word == "on" || word == "1" {
        Some(true)
    } else if starts("false", 1) || starts("no", 1) || starts("off", 2) || word == "0" {
        Some(false)
    } else {
        None
    }
}

fn integer(text: &str) -> Result<i64, &'static str> {
    let digits = text.trim();
    let bare = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    // serde writes large doubles with an exponent, which jsonb spells out.
    let spelt_out = bare.split_once('e').is_some_and(|(_, power)| power.parse::<u32>().is_ok_and(|power| power > 9));
    if spelt_out {
        return Err("22003");
    }
    if bare.is_empty() || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return Err("22P02");
    }
    digits.trim_start_matches('+').parse::<i32>().map(i64::from).map_err(|_| "22003")
}

fn double(text: &str) -> Result<f64, &'static str> {
    let text = text.trim();
    let n: f64 = text.parse().map_err(|_| "22P02")?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let lost = n == 0.0 && mantissa.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let burst = n.is_infinite() && text.bytes().any(|b| b.is_ascii_digit());
    if lost || burst { Err("22003") } else { Ok(n) }
}

fn instant(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match text {
        "infinity" | "-infinity" => return Ok(text.to_owned()),
        _ => {}
    }
    // What devices send has six digits, and is most of what comes.
    if let (27, Some(b'Z'), Ok(at)) = (text.len(), text.bytes().last(), text.parse()) {
        return Ok(time(at));
    }
    let zoned = || DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc));
    let plain = || {
        let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(|at| at.and_utc())
    };
    let day = || {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc())
    };
    let at = zoned().or_else(plain).or_else(day).ok_or_else(|| no_time(text))?;
    // PostgreSQL rounds to the microsecond.
    let up = i64::from(at.timestamp_subsec_nanos() % 1000 >= 500);
    Ok(time(Timestamp::from_micros(at.timestamp_micros() + up)))
}

fn date(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let day = text.get(..10).unwrap_or(text);
    match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
        Ok(day) if text.len() == 10 || instant(text).is_ok() => Ok(day.format("%Y-%m-%d").to_string()),
        _ => Err(no_time(text)),
    }
}

/// It looks like a time, but a field is out of its range; or it does not look like one.
fn no_time(text: &str) -> &'static str {
    let b = text.as_bytes();
    let shaped = b.len() >= 10
        && b[..10].iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shaped { "22008" } else { "22007" }
}
