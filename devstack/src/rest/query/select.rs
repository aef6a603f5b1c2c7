//! The `select` parameter. Embeddings are recognised, not understood: the planner refuses them.

use super::cursor::Cursor;
use super::field::{Field, parse_path};
use crate::rest::error::ApiError;

/// One column of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectItem {
    /// `*`
    All,
    /// `alias:name->path::cast`
    Column {
        /// What is read.
        field: Field,
        /// What it is called in the reply.
        alias: Option<String>,
        /// The type it is cast to.
        cast: Option<String>,
    },
    /// `name(…)` or `...name(…)`: another table's rows.
    Embedding {
        /// The table or foreign key named.
        target: String,
    },
}

const AGGREGATES: [&str; 5] = ["sum", "avg", "count", "min", "max"];

/// Reads a select list; an empty one means `*`.
pub fn parse(text: &str) -> Result<Vec<SelectItem>, ApiError> {
    let mut cursor = Cursor::new("select parameter", text, text);
    if text.trim().is_empty() {
        return Ok(vec![SelectItem::All]);
    }
    let mut items = Vec::new();
    loop {
        cursor.skip_blanks();
        items.push(item(&mut cursor)?);
        cursor.skip_blanks();
        if cursor.at_end() {
            return Ok(items);
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected("\",\" or end of input"));
        }
    }
}

fn item(cursor: &mut Cursor) -> Result<SelectItem, ApiError> {
    let spread = cursor.take("...");
    if !spread && cursor.take("*") {
        return Ok(SelectItem::All);
    }
    let mut name = cursor.name()?;
    let mut alias = None;
    if cursor.peek() == Some(':') && cursor.peek_second() != Some(':') {
        cursor.take(":");
        alias = Some(std::mem::replace(&mut name, cursor.name()?));
    }
    while cursor.take("!") {
        cursor.name()?;
    }
    if cursor.looking_at("(") {
        if name == "count" && cursor.take("()") {
            return Err(ApiError::new(400, "PGRST123", "Use of aggregate functions is not allowed"));
        }
        skip_parentheses(cursor)?;
        return Ok(SelectItem::Embedding { target: name });
    }
    if spread {
        return Err(cursor.unexpected("\"(\""));
    }
    let path = parse_path(cursor)?;
    let mut cast = cast(cursor)?;
    if cursor.take(".") {
        let function = cursor.take_while(|c| c.is_ascii_alphabetic());
        if AGGREGATES.contains(&function.as_str()) && cursor.take("()") {
            return Err(ApiError::new(400, "PGRST123", "Use of aggregate functions is not allowed"));
        }
        return Err(cursor.unexpected("aggregate function"));
    }
    if cast.is_some() && cast.as_deref().is_some_and(str::is_empty) {
        cast = None;
    }
    Ok(SelectItem::Column { field: Field { name, path }, alias, cast })
}

fn cast(cursor: &mut Cursor) -> Result<Option<String>, ApiError> {
    if !cursor.take("::") {
        return Ok(None);
    }
    // Only these characters: the name goes into the SQL text as it is (`double precision` is two words).
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ')).trim().to_string();
    if name.is_empty() { Err(cursor.unexpected("letter, digit, \"_\" or \" \"")) } else { Ok(Some(name)) }
}

fn skip_parentheses(cursor: &mut Cursor) -> Result<(), ApiError> {
    let mut depth = 0usize;
    loop {
        match cursor.peek() {
            Some('"') => {
                cursor.quoted()?;
                continue;
            }
            Some('(') => depth += 1,
            Some(')') => depth -= 1,
            Some(_) => {}
            None => return Err(cursor.unexpected("\")\"")),
        }
        cursor.next_char();
        if depth == 0 {
            return Ok(());
        }
    }
}
