//! Tunes as a person sees them: her override over the catalog's values; making and editing them.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::parse_opt;
use super::schema::Table;
use super::{Store, notes, practice, queue, references, repertoires, search, tags};
use crate::domain::ids::{OverrideId, PlaylistId, TuneId, UserId};
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune::{TuneDetail, TuneFields};
use crate::row;

/// Adds the person's override `o` to `tune t`; parameter 1 is the person.
pub(crate) const OVERRIDE: &str =
    "left join tune_override o on o.tune_ref = t.id and o.user_ref = ?1 and not o.deleted";

/// The six fields as she sees them. An empty text in an override means that she blanked the catalog's value.
pub(crate) const FIELDS: &str = "nullif(coalesce(o.title, t.title), ''), nullif(coalesce(o.type, t.type), ''),
    nullif(coalesce(o.mode, t.mode), ''), nullif(coalesce(o.structure, t.structure), ''),
    nullif(coalesce(o.incipit, t.incipit), ''), nullif(coalesce(o.genre, t.genre), '')";

/// The columns behind [`TuneFields`], in its order.
const COLUMNS: [&str; 6] = ["title", "type", "mode", "structure", "incipit", "genre"];

/// [`FIELDS`] read from `first` on.
pub(crate) fn fields(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<TuneFields> {
    Ok(TuneFields {
        title: row.get(first)?,
        kind: row.get(first + 1)?,
        mode: row.get(first + 2)?,
        structure: row.get(first + 3)?,
        incipit: row.get(first + 4)?,
        genre: row.get(first + 5)?,
    })
}

/// The fields without surrounding spaces, empty ones gone, in the order of [`COLUMNS`].
pub(crate) fn cleaned(fields: &TuneFields) -> [Option<&str>; 6] {
    let TuneFields { title, kind, mode, structure, incipit, genre } = fields;
    [title, kind, mode, structure, incipit, genre]
        .map(|field| field.as_deref().map(str::trim).filter(|f| !f.is_empty()))
}

fn is_private(row: &Row) -> bool {
    !row["private_for"].is_null()
}

/// The tune's row, if she may see it.
pub(crate) fn require(conn: &Connection, user: UserId, tune: TuneId) -> Result<Row, StoreError> {
    row::read(conn, Table::Tune, &tune.to_string())?
        .filter(|row| row["deleted"] == 0 && (!is_private(row) || row["private_for"] == user.to_string()))
        .ok_or_else(|| StoreError::NotFound("This tune does not exist any more.".to_owned()))
}

pub(crate) fn check(conn: &Connection, fields: &[Option<&str>; 6]) -> Result<(), StoreError> {
    if fields[0].is_none() {
        return Err(StoreError::Invalid("Give the tune a title.".to_owned()));
    }
    check_genre(conn, fields[5])
}

/// Is there such a genre?
pub(crate) fn check_genre(conn: &Connection, genre: Option<&str>) -> Result<(), StoreError> {
    if let Some(genre) = genre
        && !conn.prepare_cached("select 1 from genre where id = ?1")?.exists([genre])?
    {
        return Err(StoreError::Invalid(format!("There is no genre “{genre}”. Choose one of the list, or none.")));
    }
    Ok(())
}

/// An override holds only what differs; what equals the catalog's value is null there, and one without any value is a tombstone.
fn write_override(
    edit: &mut Edit<'_>,
    tune: TuneId,
    catalog: &Row,
    fields: &[Option<&str>; 6],
) -> Result<(), StoreError> {
    let id = OverrideId::of(edit.user(), tune);
    let mut columns = row! { "tune_ref": tune.to_string(), "user_ref": edit.user().to_string() };
    let mut differs = false;
    for (column, field) in COLUMNS.into_iter().zip(fields) {
        let theirs = catalog[column].as_str().filter(|text| !text.is_empty());
        let own = if *field == theirs { Value::Null } else { Value::from(field.unwrap_or_default()) };
        differs |= !own.is_null();
        columns.insert(column.to_owned(), own);
    }
    if differs {
        edit.put(Table::TuneOverride, id, columns)
    } else if row::read(edit.conn(), Table::TuneOverride, &id.to_string())?.is_some() {
        columns.insert("deleted".to_owned(), 1.into());
        edit.update(Table::TuneOverride, id, columns).map(|_| ())
    } else {
        Ok(())
    }
}

/// Inserts a tune of her own. Without a genre it gets that of the repertoire.
pub(crate) fn insert(
    edit: &mut Edit<'_>,
    fields: &[Option<&str>; 6],
    playlist: Option<PlaylistId>,
) -> Result<TuneId, StoreError> {
    let id = TuneId(edit.new_id());
    let mut columns: Row =
        COLUMNS.into_iter().zip(fields).map(|(column, field)| (column.to_owned(), (*field).into())).collect();
    columns.insert("id".to_owned(), id.to_string().into());
    columns.insert("private_for".to_owned(), edit.user().to_string().into());
    if let Some(playlist) = playlist.filter(|_| fields[5].is_none()) {
        let repertoire = row::read(edit.conn(), Table::Playlist, &playlist.to_string())?;
        columns.insert("genre".to_owned(), repertoire.map_or(Value::Null, |row| row["genre_default"].clone()));
    }
    edit.insert(Table::Tune, columns)?;
    Ok(id)
}

impl Store {
    /// Everything the page of a tune shows.
    pub fn tune(&self, tune: TuneId) -> Result<TuneDetail, StoreError> {
        let (conn, user) = (&self.conn, self.user());
        let catalog = require(conn, user, tune)?;
        let sql = format!("select {FIELDS}, o.id from tune t {OVERRIDE} where t.id = ?2");
        let seen = conn.prepare_cached(&sql)?.query_row(params![user.to_string(), tune.to_string()], |row| {
            Ok((fields(row, 0)?, parse_opt::<OverrideId>(row, 6)?))
        });
        let (seen, overridden) = seen.optional()?.unwrap_or_default();
        let text = |column: &str| catalog[column].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let current = self.current_repertoire()?;
        let place = match current {
            Some(playlist) => search::place(conn, playlist, tune)?,
            None => None,
        };
        Ok(TuneDetail {
            id: tune,
            fields: seen,
            catalog: overridden.is_some().then(|| TuneFields {
                title: text("title"),
                kind: text("type"),
                mode: text("mode"),
                structure: text("structure"),
                incipit: text("incipit"),
                genre: text("genre"),
            }),
            private: is_private(&catalog),
            in_repertoire: place.is_some(),
            place,
            notes: notes::notes(conn, user, tune)?,
            references: references::references(conn, user, tune)?,
            tags: tags::tags(conn, user, tune)?,
            history: match current {
                Some(playlist) => practice::history(conn, playlist, tune)?,
                None => Vec::new(),
            },
        })
    }

    /// Changes a tune's fields: in place if it is her own, else as her override.
    pub fn edit_tune(&mut self, now: Timestamp, tune: TuneId, fields: &TuneFields) -> Result<(), StoreError> {
        let fields = cleaned(fields);
        self.edit(now, |edit| {
            let catalog = require(edit.conn(), edit.user(), tune)?;
            check(edit.conn(), &fields)?;
            if !is_private(&catalog) {
                return write_override(edit, tune, &catalog, &fields);
            }
            let columns = COLUMNS.into_iter().zip(fields).map(|(column, field)| (column.to_owned(), field.into()));
            edit.update(Table::Tune, tune, columns.collect()).map(|_| ())
        })
    }

    /// Makes a tune of her own and puts it into the current repertoire, if there is one.
    pub fn create_tune(&mut self, now: Timestamp, zone: &impl Zone, fields: &TuneFields) -> Result<TuneId, StoreError> {
        let fields = cleaned(fields);
        self.edit(now, |edit| {
            check(edit.conn(), &fields)?;
            let current = repertoires::current(edit.conn(), edit.user())?;
            let id = insert(edit, &fields, current)?;
            if let Some(playlist) = current {
                repertoires::join(edit, playlist, id)?;
                queue::admit(edit, playlist, &[id], now, zone)?;
            }
            Ok(id)
        })
    }
}
