//! Links kept with tunes. Hers may be changed, other people's public ones only read.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::parse;
use super::schema::Table;
use super::{Store, tunes};
use crate::domain::ids::{ReferenceId, TuneId, UserId};
use crate::domain::links::safe_link;
use crate::domain::reference::{Reference, ReferenceDraft, ReferenceKind};
use crate::domain::time::Timestamp;
use crate::row;

/// The longest address, in bytes.
const LONGEST_URL: usize = 2000;

/// Her links and other people's public ones, her favourite first.
pub(crate) fn references(conn: &Connection, user: UserId, tune: TuneId) -> Result<Vec<Reference>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, url, ref_type, title, comment, user_ref is ?1 and coalesce(favorite, 0), user_ref is ?1 from reference
         where tune_ref = ?2 and not deleted and (user_ref is ?1 or public) order by 6 desc, 7 desc, id",
    )?;
    let rows = statement.query_map(params![user.to_string(), tune.to_string()], |row| {
        let kind: Option<String> = row.get(2)?;
        Ok(Reference {
            id: parse(row, 0)?,
            url: row.get(1)?,
            kind: kind.and_then(|kind| ReferenceKind::from_stored(&kind)),
            title: row.get(3)?,
            comment: row.get(4)?,
            favorite: row.get(5)?,
            own: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn own(edit: &Edit<'_>, tune: TuneId, reference: ReferenceId) -> Result<Row, StoreError> {
    row::read(edit.conn(), Table::Reference, &reference.to_string())?
        .filter(|row| row["tune_ref"] == tune.to_string() && row["user_ref"] == edit.user().to_string())
        .ok_or_else(|| StoreError::NotFound("This link does not exist any more.".to_owned()))
}

/// Writes a link down: a new one, or new words of an own one.
pub(crate) fn write(
    edit: &mut Edit<'_>,
    tune: TuneId,
    reference: Option<ReferenceId>,
    draft: &ReferenceDraft,
) -> Result<ReferenceId, StoreError> {
    tunes::require(edit.conn(), edit.user(), tune)?;
    let url = safe_link(&draft.url).filter(|url| url.len() <= LONGEST_URL).ok_or_else(|| {
        StoreError::Invalid("This is not the address of a page on the web. It begins with https://".to_owned())
    })?;
    let text = |text: &str| match text.trim() {
        "" => Value::Null,
        text => Value::from(text.chars().take(500).collect::<String>()),
    };
    let mut columns = row! {
        "url": url, "ref_type": draft.kind.stored(), "title": text(&draft.title), "comment": text(&draft.comment),
        "favorite": i64::from(draft.favorite),
    };
    if draft.favorite {
        let others = "user_ref = ?1 and tune_ref = ?2 and favorite and not deleted and id is not ?3";
        let kept = reference.map(|id| id.to_string());
        let found = row::select(
            edit.conn(),
            Table::Reference,
            others,
            params![edit.user().to_string(), tune.to_string(), kept],
        )?;
        for other in found {
            edit.update(Table::Reference, other["id"].as_str().unwrap_or_default(), row! { "favorite": 0 })?;
        }
    }
    if let Some(id) = reference {
        own(edit, tune, id)?;
        edit.update(Table::Reference, id, columns)?;
        return Ok(id);
    }
    let id = ReferenceId(edit.new_id());
    columns.insert("id".to_owned(), id.to_string().into());
    columns.insert("tune_ref".to_owned(), tune.to_string().into());
    columns.insert("user_ref".to_owned(), edit.user().to_string().into());
    columns.insert("public".to_owned(), 0.into());
    edit.insert(Table::Reference, columns)?;
    Ok(id)
}

impl Store {
    /// Writes a link down: a new private one, or new words of an own one. One link a tune is the favourite.
    pub fn save_reference(
        &mut self,
        now: Timestamp,
        tune: TuneId,
        reference: Option<ReferenceId>,
        draft: &ReferenceDraft,
    ) -> Result<ReferenceId, StoreError> {
        self.edit(now, |edit| write(edit, tune, reference, draft))
    }

    /// Deletes an own link, or takes that back.
    pub fn delete_reference(
        &mut self,
        now: Timestamp,
        tune: TuneId,
        reference: ReferenceId,
        deleted: bool,
    ) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            own(edit, tune, reference)?;
            edit.update(Table::Reference, reference, row! { "deleted": i64::from(deleted) }).map(|_| ())
        })
    }
}
