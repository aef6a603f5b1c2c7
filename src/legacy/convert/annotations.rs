//! Notes, links and tags.

use crate::domain::ids::{TagId, TuneId, UserId};
use crate::store::schema::Table;

use super::cells::Cells;
use super::natural::{link_key, note_key};
use super::{Converter, Draft, Made};

/// The kinds of link that the schema's check knows.
const REF_TYPES: [&str; 8] = ["website", "audio", "video", "sheet-music", "article", "social", "lesson", "other"];

impl Converter {
    pub(super) fn note(&mut self, cells: &mut Cells<'_>) -> Made {
        let tune = self.tune(cells.reference("tune_ref"))?;
        let user = self.account_or_own(cells, "user_ref")?;
        let playlist = cells.reference_or_none("playlist_ref").and_then(|number| {
            let found = self.playlist(Some(number)).ok().filter(|(_, whose)| user == Some(*whose));
            if found.is_none() {
                cells.changed("playlist_ref", "no such repertoire of this person → none");
            }
            found.map(|(id, _)| id)
        });
        let created = cells.time("created_date");
        let text = cells.text("note_text");
        let key = note_key(tune, created.map(|at| at.to_string()).as_deref(), text.as_deref());
        let mut draft = Draft::new(Table::Note);
        draft.set("id", self.met_or_fresh("note", cells, key));
        draft.set("user_ref", user);
        draft.set("tune_ref", tune);
        draft.set("playlist_ref", playlist);
        draft.set("created_date", created);
        draft.set("note_text", text);
        draft.set("public", cells.flag("public").unwrap_or(false));
        draft.set("favorite", cells.flag("favorite"));
        let deleted = cells.deleted();
        self.sign(&mut draft, created, deleted);
        Ok(draft)
    }

    pub(super) fn reference(&mut self, cells: &mut Cells<'_>) -> Made {
        let tune = self.tune(cells.reference("tune_ref"))?;
        let user = self.account_or_own(cells, "user_ref")?;
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
        let mut draft = Draft::new(Table::Reference);
        draft.set("id", self.met_or_fresh("reference", cells, link_key(tune, &url)));
        draft.set("url", url);
        draft.set("ref_type", ref_type);
        draft.set("tune_ref", tune);
        draft.set("user_ref", user);
        draft.set("comment", comment);
        draft.set("title", cells.text("title"));
        draft.set("public", cells.flag("public"));
        draft.set("favorite", cells.flag("favorite"));
        let deleted = cells.deleted();
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }

    pub(super) fn tag(&mut self, cells: &mut Cells<'_>) -> Made {
        let tune = self.tune(cells.reference("tune_ref"))?;
        let user = self.account(cells.reference("user_ref"))?;
        let text = cells.name("tag_text")?.ok_or("it has no text")?;
        let mut draft = Draft::new(Table::Tag);
        draft.set("id", TagId::of(UserId(user), TuneId(tune), &text).0);
        draft.set("user_ref", user);
        draft.set("tune_ref", tune);
        draft.set("tag_text", text);
        self.sign(&mut draft, None, false);
        Ok(draft)
    }
}
