//! The `order` parameter.

use super::cursor::Cursor;
use super::field::Field;
use crate::rest::error::ApiError;

/// One key of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// What is compared.
    pub field: Field,
    /// `ASC`, `DESC` or nothing.
    pub direction: Option<&'static str>,
    /// `NULLS FIRST`, `NULLS LAST` or nothing.
    pub nulls: Option<&'static str>,
}

/// Reads the parameter.
pub fn parse(text: &str) -> Result<Vec<OrderTerm>, ApiError> {
    let mut cursor = Cursor::new("order", text, text);
    let mut terms = Vec::new();
    if text.is_empty() {
        return Ok(terms);
    }
    loop {
        cursor.skip_blanks();
        terms.push(term(&mut cursor)?);
        if cursor.at_end() {
            return Ok(terms);
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected("\",\" or end of input"));
        }
    }
}

fn term(cursor: &mut Cursor) -> Result<OrderTerm, ApiError> {
    let field = Field::parse(cursor)?;
    if cursor.looking_at("(") {
        return Err(ApiError::not_implemented("Ordering by an embedded resource"));
    }
    let mut term = OrderTerm { field, direction: None, nulls: None };
    while cursor.take(".") {
        if term.direction.is_none() && term.nulls.is_none() && cursor.take("asc") {
            term.direction = Some("ASC");
        } else if term.direction.is_none() && term.nulls.is_none() && cursor.take("desc") {
            term.direction = Some("DESC");
        } else if term.nulls.is_none() && cursor.take("nullsfirst") {
            term.nulls = Some("NULLS FIRST");
        } else if term.nulls.is_none() && cursor.take("nullslast") {
            term.nulls = Some("NULLS LAST");
        } else if term.direction.is_none() && term.nulls.is_none() {
            return Err(cursor.unexpected("\"asc\", \"desc\", \"nullsfirst\" or \"nullslast\""));
        } else {
            return Err(cursor.unexpected("\"nullsfirst\" or \"nullslast\""));
        }
    }
    Ok(term)
}
