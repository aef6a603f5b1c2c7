//! The query string: which parameter means what. Knows the grammar of PostgREST, neither tables nor SQL.

mod cursor;
pub mod field;
pub mod filter;
pub mod order;
pub mod select;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::rest::error::ApiError;
use cursor::Cursor;
use field::Field;
use filter::Logic;
use order::OrderTerm;
use select::SelectItem;

/// What stays as it is in a canonical query.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A parsed query string.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Columns of the reply.
    pub select: Vec<SelectItem>,
    /// Conditions, all of which must hold.
    pub filters: Vec<Logic>,
    /// Sort order of the reply.
    pub order: Vec<OrderTerm>,
    /// Most rows wanted.
    pub limit: Option<i64>,
    /// Rows to pass over.
    pub offset: Option<i64>,
    /// Columns a write takes from the body.
    pub columns: Option<Vec<String>>,
    /// Columns an upsert looks for duplicates in.
    pub on_conflict: Option<Vec<String>>,
    /// Arguments of a function called by GET.
    pub arguments: Vec<(String, String)>,
    /// The parameters sorted by name, for `Content-Location`.
    pub canonical: String,
}

impl Query {
    /// Reads a raw query string. With `arguments`, a parameter without an operator is a function's argument.
    pub fn parse(raw: &str, arguments: bool) -> Result<Query, ApiError> {
        let pairs = decode(raw);
        if pairs.iter().any(|(key, value)| key.contains('\0') || value.contains('\0')) {
            return Err(ApiError::new(400, "PGRST100", "The query string must not contain the character NUL"));
        }
        let mut query = Query { canonical: canonical(&pairs), select: vec![SelectItem::All], ..Query::default() };
        for (key, value) in pairs {
            query.parameter(key, value, arguments)?;
        }
        Ok(query)
    }

    fn parameter(&mut self, key: String, value: String, arguments: bool) -> Result<(), ApiError> {
        match key.as_str() {
            "select" => self.select = select::parse(&value)?,
            "order" => self.order = order::parse(&value)?,
            "limit" => match value.parse::<i64>() {
                Ok(limit) if limit < 0 => {
                    return Err(ApiError::range("Limit should be greater than or equal to zero."));
                }
                limit => self.limit = limit.ok(),
            },
            "offset" => self.offset = value.parse().ok().filter(|offset| *offset >= 0),
            "columns" => self.columns = Some(names("columns parameter", &value)?),
            "on_conflict" => self.on_conflict = Some(names("on_conflict parameter", &value)?),
            "and" | "or" | "not.and" | "not.or" => self.filters.push(filter::parse_logic(&key, &value)?),
            "" => {}
            _ => return self.column_parameter(key, value, arguments),
        }
        Ok(())
    }

    fn column_parameter(&mut self, key: String, value: String, arguments: bool) -> Result<(), ApiError> {
        let mut cursor = Cursor::new("tree path", &key, &key);
        let field = Field::parse(&mut cursor);
        if let (Ok(field), true) = (&field, cursor.looking_at(".")) {
            let message = format!("'{}' is not an embedded resource in this request", field.name);
            let hint = format!("Verify that '{}' is included in the 'select' query parameter.", field.name);
            return Err(ApiError::new(400, "PGRST108", message).hint(Some(hint)));
        }
        let filter = match field {
            Ok(field) if cursor.at_end() => filter::parse(field, &value),
            Ok(_) => Err(cursor.unexpected("letter, digit, \"-\", \"->>\", \"->\" or end of input")),
            Err(error) => Err(error),
        };
        match filter {
            Ok(filter) => self.filters.push(Logic::Filter(filter)),
            Err(_) if arguments => self.arguments.push((key, value)),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn names(what: &'static str, text: &str) -> Result<Vec<String>, ApiError> {
    let mut cursor = Cursor::new(what, text, text);
    let mut names: Vec<String> = Vec::new();
    loop {
        cursor.skip_blanks();
        let name = cursor.name()?;
        if !names.contains(&name) {
            names.push(name);
        }
        cursor.skip_blanks();
        if cursor.at_end() {
            return Ok(names);
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected("\",\" or end of input"));
        }
    }
}

fn decode(raw: &str) -> Vec<(String, String)> {
    let text = |part: &str| {
        let part = part.replace('+', " ");
        percent_decode(part.as_bytes()).decode_utf8_lossy().into_owned()
    };
    let pairs = raw.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (text(k), text(v))).collect()
}

fn canonical(pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let encode = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    sorted.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::filter::{Filter, Test};
    use super::*;

    #[test]
    fn no_query_string_brings_the_parser_down() {
        let words = [
            "select",
            "order",
            "or",
            "and",
            "not.or",
            "not.",
            "columns",
            "on_conflict",
            "limit",
            "a",
            "eq.",
            "in.(",
            "like(any).{",
            "is.null",
            "fts(english).",
            "->",
            "->>",
            "::",
            "...",
            "count()",
            "(",
            ")",
            ",",
            ".",
            "=",
            "&",
            "\"",
            "\\",
            "%22",
            "%00",
            "%ff",
            "+",
            "*",
            "-1",
            "99999999999999999999",
            "é",
            "!inner",
            ":",
            "{",
            "}",
            ";--",
            "'",
            "$1",
        ];
        let mut random = StdRng::seed_from_u64(7);
        for _ in 0..100_000 {
            let length = random.random_range(0..14);
            let text: String = (0..length).map(|_| words[random.random_range(0..words.len())]).collect();
            match Query::parse(&text, random.random()) {
                Ok(query) => assert!(!query.select.is_empty()),
                Err(error) => assert!(error.status.is_client_error(), "{text}: {error:?}"),
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let deep = format!("or=({}a.eq.1{})", "and(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(Query::parse(&deep, false).unwrap_err().code, "PGRST100");
    }

    #[test]
    fn quotes_matter_in_lists_and_not_at_the_top() {
        let test = |text: &str| match Query::parse(text, false).unwrap().filters.remove(0) {
            Logic::Filter(Filter { test, .. }) => test,
            other => panic!("{other:?}"),
        };
        let list = |values: &[&str]| Test::In(values.iter().map(|v| (*v).to_string()).collect());
        assert_eq!(test(r#"a=in.("x,y",z,"q\"r")"#), list(&["x,y", "z", "q\"r"]));
        assert_eq!(test("a=in.()"), list(&[]));
        assert_eq!(test(r#"a=in.(1,)"#), list(&["1", ""]));
        let value = r#""x",(y)"#.to_string();
        assert_eq!(test(r#"a=eq."x",(y)"#), Test::Compare { operator: "=", quantifier: None, value });
    }
}
