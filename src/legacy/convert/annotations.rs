//! Notes, links and tags.

use serde_json::json;

use crate::domain::ids::{TagId, TuneId, UserId};
use crate::store::schema::Table;

use super::{Converter, at, synced};

/// The kinds of link that the schema's check knows.
const REF_TYPES: [&str; 8] = ["website", "audio", "video", "sheet-music", "article", "social", "lesson", "other"];

impl Converter<'_> {
    pub(super) fn notes(&mut self) {
        self.each("note", &["id"], Table::Note, |me, cells| {
            let tune = me.tune(cells.reference("tune_ref"))?;
            let user = me.account_or_public(cells.reference("user_ref"))?;
            let playlist = match (cells.reference("playlist_ref").filter(|n| *n != 0), user) {
                (None, _) => None,
                (Some(number), owner) => {
                    let found = me.playlist(Some(number)).ok().filter(|(_, whose)| owner == Some(*whose));
                    if found.is_none() {
                        cells.changed("playlist_ref", "no such repertoire of this person → none");
                    }
                    found.map(|(id, _)| id)
                }
            };
            let created = cells.time("created_date");
            let row = json!({
                "id": me.id("note", cells.legacy_id(), None), "user_ref": user, "tune_ref": tune,
                "playlist_ref": playlist, "created_date": at(created), "note_text": cells.text("note_text"),
                "public": cells.flag("public").unwrap_or(false), "favorite": cells.flag("favorite"),
            });
            Ok(synced(row, created.unwrap_or(me.newest), cells.deleted()))
        });
    }

    pub(super) fn references(&mut self) {
        self.each("reference", &["id"], Table::Reference, |me, cells| {
            let tune = me.tune(cells.reference("tune_ref"))?;
            let user = me.account_or_public(cells.reference("user_ref"))?;
            let url = cells.text("url").ok_or("it has no address")?;
            let mut comment = cells.text("comment");
            let ref_type = cells.word("ref_type").map(|given| {
                if REF_TYPES.contains(&given.as_str()) {
                    return given;
                }
                cells.changed("ref_type", "not a known kind → other, the word kept in the comment");
                let before = comment.take().filter(|c| !c.is_empty()).map_or(String::new(), |c| format!("{c} "));
                comment = Some(format!("{before}({given})"));
                "other".to_owned()
            });
            let row = json!({
                "id": me.id("reference", cells.legacy_id(), None), "url": url, "ref_type": ref_type, "tune_ref": tune,
                "user_ref": user, "comment": comment, "title": cells.text("title"), "public": cells.flag("public"),
                "favorite": cells.flag("favorite"),
            });
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }

    pub(super) fn tags(&mut self) {
        self.each("tag", &["tag_id"], Table::Tag, |me, cells| {
            let tune = me.tune(cells.reference("tune_ref"))?;
            let user = me.account(cells.reference("user_ref"))?;
            let text = cells.text("tag_text").ok_or("it has no text")?;
            let natural = TagId::of(UserId(user), TuneId(tune), &text).0;
            let row = json!({
                "id": me.id("tag", cells.legacy_id(), Some(natural)), "user_ref": user, "tune_ref": tune,
                "tag_text": text,
            });
            Ok(synced(row, me.newest, false))
        });
    }
}
