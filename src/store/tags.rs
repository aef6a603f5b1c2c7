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

/// Puts a tag on a tune. `false` if it has it.
pub(crate) fn put(edit: &mut Edit<'_>, tune: TuneId, text: &str) -> Result<bool, StoreError> {
    let text = normal(text).ok_or_else(|| StoreError::Invalid("Write a word for the tag.".to_owned()))?;
    if text.chars().count() > LONGEST {
        return Err(StoreError::Invalid("This tag is too long. A word or two will do.".to_owned()));
    }
    let id = TagId::of(edit.user(), tune, &text);
    if row::read(edit.conn(), Table::Tag, &id.to_string())?.is_some_and(|row| row["deleted"] == 0) {
        return Ok(false);
    }
    let columns = row! { "user_ref": edit.user().to_string(), "tune_ref": tune.to_string(), "tag_text": text.as_str() };
    edit.put(Table::Tag, id, columns)?;
    Ok(true)
}

impl Store {
    /// Puts a tag on tunes; those that have it keep it. Which ones did not have it.
    pub fn tag_tunes(&mut self, now: Timestamp, tunes: &[TuneId], text: &str) -> Result<Vec<TuneId>, StoreError> {
        self.edit(now, |edit| {
            let mut tagged = Vec::new();
            for tune in tunes {
                tunes::require(edit.conn(), edit.user(), *tune)?;
                if put(edit, *tune, text)? {
                    tagged.push(*tune);
                }
            }
            Ok(tagged)
        })
    }

    /// Takes a tag off tunes, however it is typed.
    pub fn untag_tunes(&mut self, now: Timestamp, tunes: &[TuneId], text: &str) -> Result<(), StoreError> {
        let Some(text) = normal(text) else { return Ok(()) };
        self.edit(now, |edit| {
            for tune in tunes {
                let with_text = "user_ref = ?1 and tune_ref = ?2 and tag_text = ?3 and not deleted";
                let found = row::select(
                    edit.conn(),
                    Table::Tag,
                    with_text,
                    [edit.user().to_string(), tune.to_string(), text.clone()],
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
