//! The `filter` of a `postgres_changes` request: `col=op.value`, several joined by commas (AND).
//! Turned into SQL over one value of the changed row, so that PostgreSQL's own operators decide.

use super::sql::literal;

/// Most values an `in` list may have.
const MAX_LIST: usize = 100;

/// One condition on one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Column it looks at.
    pub column: String,
    negated: bool,
    condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// A binary SQL operator and its right side.
    Operator(&'static str, String),
    /// `in.(…)`.
    In(Vec<String>),
    /// `is.…`: the SQL after `is`.
    Is(&'static str),
}

/// Why a filter was refused; sent to the client as a `system` error.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not of the form `column=operator.value`.
    #[error("Error parsing `filter` params: {0}")]
    Shape(String),
    /// An operator Realtime does not have.
    #[error("Error parsing `filter` params: unknown operator in {0}")]
    Operator(String),
    /// More than 100 values in a list.
    #[error("too many values in `in` filter of column {0}, at most 100 are allowed")]
    List(String),
}

/// Reads the whole `filter` string.
pub fn parse(text: &str) -> Result<Vec<Filter>, FilterError> {
    split(text).iter().map(|part| parse_one(part)).collect()
}

/// Cuts at commas that are neither in quotes nor in parentheses.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

/// `"a \"b\""` → `a "b"`; anything not in quotes stays as it is.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        out.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    out
}

fn parse_one(text: &str) -> Result<Filter, FilterError> {
    let shape = || FilterError::Shape(text.to_owned());
    let (column, rest) = text.split_once('=').ok_or_else(shape)?;
    let (negated, rest) = match rest.strip_prefix("not.") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (operator, value) = rest.split_once('.').ok_or_else(shape)?;
    if column.is_empty() {
        return Err(shape());
    }
    let binary = |sql| Ok(Condition::Operator(sql, unquote(value)));
    let condition = match operator {
        "eq" => binary("="),
        "neq" => binary("<>"),
        "lt" => binary("<"),
        "lte" => binary("<="),
        "gt" => binary(">"),
        "gte" => binary(">="),
        "like" => binary("~~"),
        "ilike" => binary("~~*"),
        "match" => binary("~"),
        "imatch" => binary("~*"),
        "isdistinct" => binary("is distinct from"),
        "is" => match value.to_ascii_lowercase().as_str() {
            "null" => Ok(Condition::Is("null")),
            "not_null" => Ok(Condition::Is("not null")),
            "true" => Ok(Condition::Is("true")),
            "false" => Ok(Condition::Is("false")),
            "unknown" => Ok(Condition::Is("unknown")),
            _ => Err(shape()),
        },
        "in" => {
            let inner = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(shape)?;
            let values: Vec<String> =
                if inner.is_empty() { vec![] } else { split(inner).iter().map(|value| unquote(value)).collect() };
            if values.len() > MAX_LIST {
                return Err(FilterError::List(column.to_owned()));
            }
            Ok(Condition::In(values))
        }
        _ => Err(FilterError::Operator(text.to_owned())),
    }?;
    Ok(Filter { column: column.to_owned(), negated, condition })
}

impl Filter {
    /// The condition as SQL over `value` (an SQL expression) of the type `cast`; null counts as false.
    pub fn sql(&self, value: &str, cast: &str) -> String {
        let condition = match &self.condition {
            Condition::Operator(operator, operand) => format!("{value} {operator} {}::{cast}", literal(operand)),
            Condition::Is(what) => format!("{value} is {what}"),
            Condition::In(values) => {
                let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                format!("{value} = any(array[{}]::{cast}[])", values.join(","))
            }
        };
        let not = if self.negated { "not " } else { "" };
        format!("coalesce({not}({condition}), false)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn filters_become_sql() {
        let sql = |text| parse(text).unwrap().iter().map(|f| f.sql("v", "t")).collect::<Vec<_>>().join(" and ");
        assert_eq!(sql("user_ref=eq.a.b:c"), "coalesce((v = 'a.b:c'::t), false)");
        assert_eq!(sql("n=not.in.(1,\"a,b\")"), "coalesce(not (v = any(array['1','a,b']::t[])), false)");
        assert_eq!(sql("a=gt.1,b=is.null"), "coalesce((v > '1'::t), false) and coalesce((v is null), false)");
        assert_eq!(sql("a=eq.it's"), "coalesce((v = 'it''s'::t), false)");
        assert_eq!(sql("a=eq.\"x,\\\"y\\\"\""), "coalesce((v = 'x,\"y\"'::t), false)");
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(parse("a"), Err(FilterError::Shape("a".into())));
        assert_eq!(parse("a=eq"), Err(FilterError::Shape("a=eq".into())));
        assert_eq!(parse("a=fts.x"), Err(FilterError::Operator("a=fts.x".into())));
        assert_eq!(parse("a=in.1"), Err(FilterError::Shape("a=in.1".into())));
        let many = format!("a=in.({})", vec!["1"; 101].join(","));
        assert_eq!(parse(&many), Err(FilterError::List("a".into())));
    }
}
