//! Filters (`eq.1`, `not.in.(a,b)`) and the logic around them (`or=(a.eq.1,and(…))`).

use super::cursor::Cursor;
use super::field::Field;
use crate::rest::error::ApiError;

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What is tested.
    pub field: Field,
    /// `not.` stands in front.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// How a column is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// An SQL operator with one value.
    Compare {
        /// The operator as SQL writes it.
        operator: &'static str,
        /// Against one value or a list of them.
        quantifier: Option<Quantifier>,
        /// As sent.
        value: String,
    },
    /// `is.null` and the like; the SQL after `IS`.
    Is(&'static str),
    /// `in.(…)`
    In(Vec<String>),
    /// Full text search.
    Search {
        /// The function that makes a query of the value.
        function: &'static str,
        /// Text search configuration.
        language: Option<String>,
        /// As sent.
        value: String,
    },
}

/// `like(any).{…}`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// One of the list.
    Any,
    /// Each of the list.
    All,
}

/// Conditions joined by `and` and `or`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logic {
    /// One condition.
    Filter(Filter),
    /// Several.
    Group {
        /// `not.` stands in front.
        negated: bool,
        /// Joined by AND rather than OR.
        all: bool,
        /// What is joined.
        items: Vec<Logic>,
    },
}

/// Groups nested deeper than this are refused; no honest client writes them.
const DEEPEST: usize = 50;

const OPERATORS: [(&str, &str); 22] = [
    ("isdistinct", "IS DISTINCT FROM"),
    ("imatch", "~*"),
    ("ilike", "ILIKE"),
    ("match", "~"),
    ("like", "LIKE"),
    ("neq", "<>"),
    ("gte", ">="),
    ("lte", "<="),
    ("nxr", "&<"),
    ("nxl", "&>"),
    ("adj", "-|-"),
    ("eq", "="),
    ("gt", ">"),
    ("lt", "<"),
    ("cs", "@>"),
    ("cd", "<@"),
    ("ov", "&&"),
    ("sl", "<<"),
    ("sr", ">>"),
    ("in", ""),
    ("is", ""),
    ("not", ""),
];
const QUANTIFIED: [&str; 9] = ["eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch"];
const SEARCHES: [(&str, &str); 4] = [
    ("plfts", "plainto_tsquery"),
    ("phfts", "phraseto_tsquery"),
    ("wfts", "websearch_to_tsquery"),
    ("fts", "to_tsquery"),
];

/// Where a value ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// At the end of the parameter.
    Parameter,
    /// At the next `,` or `)`, unless quoted.
    Logic,
}

/// Reads `column=value` where the value holds operator and operand.
pub fn parse(field: Field, value: &str) -> Result<Filter, ApiError> {
    let mut cursor = Cursor::new("filter", value, value);
    let filter = operation(&mut cursor, field, Within::Parameter)?;
    if cursor.at_end() { Ok(filter) } else { Err(cursor.unexpected("end of input")) }
}

/// Reads `or=(…)`, `and=(…)`, `not.or=(…)`, `not.and=(…)`; `operator` is the parameter's name.
pub fn parse_logic(operator: &str, value: &str) -> Result<Logic, ApiError> {
    let mut cursor = Cursor::new("logic tree", value, &format!("{operator}{value}"));
    let tree = logic(&mut cursor, 0)?;
    if cursor.at_end() { Ok(tree) } else { Err(cursor.unexpected("end of input")) }
}

fn logic(cursor: &mut Cursor, depth: usize) -> Result<Logic, ApiError> {
    if depth > DEEPEST {
        return Err(cursor.unexpected(&format!("at most {DEEPEST} nested conditions")));
    }
    cursor.skip_blanks();
    let mark = cursor.mark();
    let negated = cursor.take("not.");
    for (word, all) in [("and", true), ("or", false)] {
        let before = cursor.mark();
        if cursor.take(word) {
            cursor.skip_blanks();
            if cursor.take("(") {
                return group(cursor, negated, all, depth);
            }
            cursor.reset(before);
        }
    }
    cursor.reset(mark);
    let field = Field::parse(cursor)?;
    if !cursor.take(".") {
        return Err(cursor.unexpected("letter, digit, \"-\", \"->>\", \"->\" or delimiter (.)"));
    }
    Ok(Logic::Filter(operation(cursor, field, Within::Logic)?))
}

fn group(cursor: &mut Cursor, negated: bool, all: bool, depth: usize) -> Result<Logic, ApiError> {
    let mut items = Vec::new();
    loop {
        items.push(logic(cursor, depth + 1)?);
        cursor.skip_blanks();
        if cursor.take(")") {
            return Ok(Logic::Group { negated, all, items });
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected("\",\" or \")\""));
        }
    }
}

fn operation(cursor: &mut Cursor, field: Field, within: Within) -> Result<Filter, ApiError> {
    let negated = cursor.take("not.");
    let start = cursor.mark();
    let names = OPERATORS.iter().map(|(name, _)| *name).chain(SEARCHES.iter().map(|(name, _)| *name));
    let name = names.filter(|name| cursor.looking_at(name)).max_by_key(|name| name.len());
    let Some(name) = name.filter(|name| *name != "not") else {
        let expecting = if negated { "operator (eq, gt, ...)" } else { "\"not\" or operator (eq, gt, ...)" };
        return Err(cursor.unexpected(expecting));
    };
    cursor.take(name);
    let mut argument = None;
    if cursor.take("(") {
        argument = Some(cursor.take_while(|c| c.is_alphanumeric() || c == '_'));
        if !cursor.take(")") {
            return Err(cursor.unexpected("\")\""));
        }
    }
    if !cursor.take(".") {
        return Err(cursor.unexpected("operator (eq, gt, ...)"));
    }
    let test = if name == "is" {
        is_value(cursor)?
    } else if name == "in" {
        if !cursor.looking_at("(") {
            return Err(cursor.unexpected("\"(\""));
        }
        Test::In(list(cursor)?)
    } else if let Some((_, function)) = SEARCHES.iter().find(|(search, _)| *search == name) {
        Test::Search { function, language: argument.take(), value: value(cursor, within)? }
    } else {
        let quantifier = match argument.take().as_deref() {
            None => None,
            Some("any") if QUANTIFIED.contains(&name) => Some(Quantifier::Any),
            Some("all") if QUANTIFIED.contains(&name) => Some(Quantifier::All),
            Some(_) => {
                cursor.reset(start);
                return Err(cursor.unexpected("operator (eq, gt, ...)"));
            }
        };
        let mut value = value(cursor, within)?;
        if name == "like" || name == "ilike" {
            value = value.replace('*', "%");
        }
        let operator = OPERATORS.iter().find(|(known, _)| *known == name).map_or("=", |(_, sql)| sql);
        Test::Compare { operator, quantifier, value }
    };
    if argument.is_some() {
        cursor.reset(start);
        return Err(cursor.unexpected("operator (eq, gt, ...)"));
    }
    Ok(Filter { field, negated, test })
}

fn is_value(cursor: &mut Cursor) -> Result<Test, ApiError> {
    let start = cursor.mark();
    let word = cursor.take_while(|c| c.is_ascii_alphabetic() || c == '_').to_ascii_lowercase();
    Ok(Test::Is(match word.as_str() {
        "null" => "NULL",
        "not_null" => "NOT NULL",
        "true" => "TRUE",
        "false" => "FALSE",
        "unknown" => "UNKNOWN",
        _ => {
            cursor.reset(start);
            return Err(cursor.unexpected("isVal: (null, not_null, true, false, unknown)"));
        }
    }))
}

fn value(cursor: &mut Cursor, within: Within) -> Result<String, ApiError> {
    if within == Within::Parameter {
        return Ok(cursor.rest());
    }
    if let Some(text) = quoted_to_delimiter(cursor) {
        return Ok(text);
    }
    let mark = cursor.mark();
    if cursor.take("{") {
        let inner = cursor.take_while(|c| c != '{' && c != '}');
        if cursor.take("}") {
            return Ok(format!("{{{inner}}}"));
        }
        cursor.reset(mark);
    }
    Ok(cursor.take_while(|c| c != ',' && c != ')'))
}

/// A quoted value that ends where a value must end; otherwise the quotes are part of a bare one.
fn quoted_to_delimiter(cursor: &mut Cursor) -> Option<String> {
    let mark = cursor.mark();
    if cursor.peek() == Some('"')
        && let Ok(text) = cursor.quoted()
        && matches!(cursor.peek(), None | Some(',' | ')'))
    {
        return Some(text);
    }
    cursor.reset(mark);
    None
}

fn list(cursor: &mut Cursor) -> Result<Vec<String>, ApiError> {
    cursor.take("(");
    let mut values = Vec::new();
    loop {
        let element = match quoted_to_delimiter(cursor) {
            Some(text) => text,
            None => {
                let text = cursor.take_while(|c| c != ',' && c != ')');
                if text.is_empty() && values.is_empty() && cursor.take(")") {
                    return Ok(values);
                }
                text
            }
        };
        values.push(element);
        if cursor.take(")") {
            return Ok(values);
        }
        if !cursor.take(",") {
            return Err(cursor.unexpected("\",\" or \")\""));
        }
    }
}
