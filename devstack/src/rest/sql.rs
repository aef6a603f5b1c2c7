//! Writing SQL: identifiers always quoted, values always parameters of type `unknown`, so that PostgreSQL itself
//! finds their type. Knows filters and fields, no statements.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

use super::query::field::{Field, Key};
use super::query::filter::{Filter, Logic, Quantifier, Test};
use super::query::order::OrderTerm;
use super::schema_cache::Relation;

/// A parameter sent as text, whatever its type turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub Option<String>);

impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A statement under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sql {
    /// The text, with `$1`….
    pub text: String,
    /// The parameters.
    pub params: Vec<Text>,
}

/// Where a field's column is found.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The SQL in front of the column name, e.g. `"public"."note"`.
    pub qualifier: &'a str,
    /// The relation, if its columns' types are known.
    pub relation: Option<&'a Relation>,
}

/// An identifier in quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text literal; only for places where PostgreSQL takes no parameter.
pub fn literal(text: &str) -> String {
    let escaped = text.replace('\'', "''");
    if escaped.contains('\\') { format!("E'{}'", escaped.replace('\\', "\\\\")) } else { format!("'{escaped}'") }
}

/// Names in quotes, joined by commas.
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

impl Sql {
    /// Appends text.
    pub fn push(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Appends a parameter.
    pub fn param(&mut self, value: impl Into<String>) -> &mut Sql {
        self.params.push(Text(Some(value.into())));
        let n = self.params.len();
        self.push(&format!("${n}"))
    }

    /// Appends ` WHERE …`, if there is any condition.
    pub fn filter(&mut self, filters: &[Logic], source: Source<'_>) -> &mut Sql {
        for (i, filter) in filters.iter().enumerate() {
            self.push(if i == 0 { " WHERE " } else { " AND " });
            self.logic(filter, source);
        }
        self
    }

    fn logic(&mut self, logic: &Logic, source: Source<'_>) {
        match logic {
            Logic::Filter(filter) => self.condition(filter, source),
            Logic::Group { negated, all, items } => {
                self.push(if *negated { "NOT (" } else { "(" });
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.push(if *all { " AND " } else { " OR " });
                    }
                    self.logic(item, source);
                }
                self.push(")");
            }
        }
    }

    fn condition(&mut self, filter: &Filter, source: Source<'_>) {
        if filter.negated {
            self.push("NOT (");
        }
        let column = field(&filter.field, source);
        match &filter.test {
            Test::Is(what) => {
                self.push(&format!("{column} IS {what}"));
            }
            Test::In(values) => {
                self.push(&format!("{column} = ANY (")).param(array(values)).push(")");
            }
            Test::Compare { operator, quantifier, value } => {
                self.push(&format!("{column} {operator} "));
                match quantifier {
                    None => self.param(value.as_str()),
                    Some(Quantifier::Any) => self.push("ANY (").param(value.as_str()).push(")"),
                    Some(Quantifier::All) => self.push("ALL (").param(value.as_str()).push(")"),
                };
            }
            Test::Search { function, language, value } => self.search(&filter.field, source, function, language, value),
        }
        if filter.negated {
            self.push(")");
        }
    }

    fn search(&mut self, at: &Field, source: Source<'_>, function: &str, language: &Option<String>, value: &str) {
        let column = field(at, source);
        let vector =
            at.path.is_empty() && source.relation.and_then(|r| r.column(&at.name)).is_some_and(|c| c.ty == "tsvector");
        let configuration = |sql: &mut Sql| {
            if let Some(language) = language {
                sql.param(language.as_str()).push("::regconfig, ");
            }
        };
        if vector {
            self.push(&column);
        } else {
            self.push("to_tsvector(");
            configuration(self);
            self.push(&column).push(")");
        }
        self.push(" @@ ").push(function).push("(");
        configuration(self);
        self.param(value).push(")");
    }

    /// Appends ` ORDER BY …`, if there is an order.
    pub fn order(&mut self, order: &[OrderTerm], source: Source<'_>) -> &mut Sql {
        for (i, term) in order.iter().enumerate() {
            self.push(if i == 0 { " ORDER BY " } else { ", " });
            self.push(&field(&term.field, source));
            for word in [term.direction, term.nulls].into_iter().flatten() {
                self.push(" ").push(word);
            }
        }
        self
    }

    /// Appends ` LIMIT … OFFSET …`.
    pub fn window(&mut self, limit: Option<i64>, offset: i64) -> &mut Sql {
        if let Some(limit) = limit {
            self.push(&format!(" LIMIT {limit}"));
        }
        if offset > 0 {
            self.push(&format!(" OFFSET {offset}"));
        }
        self
    }
}

/// The SQL of a field.
pub fn field(field: &Field, source: Source<'_>) -> String {
    let mut sql = format!("{}.{}", source.qualifier, quoted(&field.name));
    if field.path.is_empty() {
        return sql;
    }
    let json = source.relation.and_then(|r| r.column(&field.name)).is_none_or(|c| c.ty == "json" || c.ty == "jsonb");
    if !json {
        sql = format!("to_jsonb({sql})");
    }
    for step in &field.path {
        sql.push_str(if step.as_text { "->>" } else { "->" });
        match &step.key {
            Key::Index(index) => sql.push_str(&index.to_string()),
            Key::Name(name) => sql.push_str(&literal(name)),
        }
    }
    sql
}

/// An array in PostgreSQL's text form, every element quoted.
pub fn array(values: &[String]) -> String {
    let element = |value: &String| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", values.iter().map(element).collect::<Vec<_>>().join(","))
}
