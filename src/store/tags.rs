//! Her words on tunes.

use rusqlite::{Connection, params};

use super::Store;
use super::edit::Edit;
use super::error::StoreError;
use super::row;
use super::schema::Table;
use super::tunes;
use crate::domain::ids::{TagId, TuneId, UserId};
use crate::domain::time::Timestamp;
use crate::row;

/// The longest tag, in letters.
const LONGEST: usize = 60;

/// As tags are stored: lower case, single spaces. `None` if nothing is left.
fn normal(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Her tags.
pub(crate) fn tags(conn: &Connection, user: UserId, tune: TuneId) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select tag_text from tag where user_ref = ?1 and tune_ref = ?2 and not deleted order by lower(tag_text)",
    )?;
    let rows = statement.query_map(params![user.to_string(), tune.to_string()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts a tag on a tune.
pub(crate) fn put(edit: &mut Edit<'_>, tune: TuneId, text: &str) -> Result<(), StoreError> {
    let text = normal(text).ok_or_else(|| StoreError::Invalid("Write a word for the tag.".to_owned()))?;
    if text.chars().count() > LONGEST {
        return Err(StoreError::Invalid("This tag is too long. A word or two will do.".to_owned()));
    }
    let columns = row! { "user_ref": edit.user().to_string(), "tune_ref": tune.to_string(), "tag_text": text.as_str() };
    edit.put(Table::Tag, TagId::of(edit.user(), tune, &text), columns)
}

impl Store {
    /// Puts a tag on tunes; those that have it keep it.
    pub fn tag_tunes(&mut self, now: Timestamp, tunes: &[TuneId], text: &str) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            for tune in tunes {
                tunes::require(edit.conn(), edit.user(), *tune)?;
                put(edit, *tune, text)?;
            }
            Ok(())
        })
    }

    /// Takes a tag off tunes.
    pub fn untag_tunes(&mut self, now: Timestamp, tunes: &[TuneId], text: &str) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            for tune in tunes {
                let with_text = "user_ref = ?1 and tune_ref = ?2 and tag_text = ?3 and not deleted";
                let found = row::select(
                    edit.conn(),
                    Table::Tag,
                    with_text,
                    [edit.user().to_string(), tune.to_string(), text.to_owned()],
                )?;
                for tag in found {
                    edit.delete(Table::Tag, tag["id"].as_str().unwrap_or_default())?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_trimmed_and_lower_case() {
        assert_eq!(normal("  Slow\n Session  ").as_deref(), Some("slow session"));
        assert_eq!(normal(" \t "), None);
    }
}
