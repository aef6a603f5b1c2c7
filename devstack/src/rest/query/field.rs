//! A column, with a path into its JSON: `j->a->>0`.

use super::cursor::Cursor;
use crate::rest::error::ApiError;

/// A column and the way into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Column name.
    pub name: String,
    /// Steps into a JSON value; empty for the column itself.
    pub path: Vec<Step>,
}

/// One step of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `->>` rather than `->`: the result is text.
    pub as_text: bool,
    /// Where to.
    pub key: Key,
}

/// What a step names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// An object's key.
    Name(String),
    /// An array's index; negative counts from the end.
    Index(i32),
}

impl Field {
    /// Reads a name and its path.
    pub fn parse(cursor: &mut Cursor) -> Result<Field, ApiError> {
        let name = cursor.name()?;
        Ok(Field { name, path: parse_path(cursor)? })
    }

    /// The name a JSON path gives the result: its last key.
    pub fn path_name(&self) -> Option<&str> {
        let named = self.path.iter().rev().find_map(|step| match &step.key {
            Key::Name(name) => Some(name.as_str()),
            Key::Index(_) => None,
        });
        if self.path.is_empty() { None } else { Some(named.unwrap_or(&self.name)) }
    }
}

/// Reads the steps after a name.
pub fn parse_path(cursor: &mut Cursor) -> Result<Vec<Step>, ApiError> {
    let mut path = Vec::new();
    loop {
        let as_text = if cursor.take("->>") {
            true
        } else if cursor.take("->") {
            false
        } else {
            return Ok(path);
        };
        let mark = cursor.mark();
        let minus = if cursor.take("-") { "-" } else { "" };
        let digits = cursor.take_while(|c| c.is_ascii_digit());
        let ends = matches!(cursor.peek(), None | Some('-' | ':' | '.' | ',' | ')'));
        let key = match format!("{minus}{digits}").parse() {
            Ok(index) if ends => Key::Index(index),
            _ => {
                cursor.reset(mark);
                Key::Name(cursor.name()?)
            }
        };
        path.push(Step { as_text, key });
    }
}
