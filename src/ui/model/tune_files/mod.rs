//! Her tunes as files for other programs: ABC notation, a table (CSV). Both come back whole through our own import, but for the ratings, which are in
//! “Save everything”. Pure.

mod abc_file;
mod csv_file;

pub use self::abc_file::abc_file;
pub use self::csv_file::csv_file;
use super::abc;
use crate::domain::tune_list::ListedTune;
use crate::domain::{note_text, other_titles};

/// What her notes on a tune say, by what it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// Its other titles.
    aliases: Vec<String>,
    /// Whole tunes in ABC.
    abc: Vec<String>,
    /// All else, as plain text.
    words: Vec<String>,
}

fn said(tune: &ListedTune) -> Said {
    let mut said = Said::default();
    for html in &tune.notes {
        let text = note_text::plain(html);
        if abc::whole_tune(&text).is_some() {
            said.abc.push(text.trim().to_owned());
            continue;
        }
        for title in other_titles::of_note(html) {
            if !said.aliases.contains(&title) {
                said.aliases.push(title);
            }
        }
        if !other_titles::is_list(html) && !text.trim().is_empty() {
            said.words.push(text.trim().to_owned());
        }
    }
    // A whole tune written into the field for the first bars.
    if let Some(incipit) = tune.fields.incipit.as_deref().filter(|incipit| abc::whole_tune(incipit).is_some())
        && said.abc.is_empty()
    {
        said.abc.push(incipit.trim().to_owned());
    }
    said
}
