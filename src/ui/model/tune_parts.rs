//! The parts of a tune's page that one can jump to.

use super::locale::number;
use crate::domain::tune::TuneDetail;
use crate::ui::text::{say, t};

/// The number of a part's heading in the document, and what leads there.
pub fn jumps(tune: &TuneDetail) -> Vec<(&'static str, String)> {
    let with_count = |name: &str, count: usize| match count {
        0 => name.to_owned(),
        count => say!("{name} ({count})", name, count = number(count as i64)),
    };
    let mut parts = vec![("notes", with_count(t("Notes"), tune.notes.len()))];
    if tune.in_repertoire {
        parts.push(("plan", t("Practice").to_owned()));
    }
    parts.push(("links", with_count(t("Links"), tune.references.len())));
    if tune.in_repertoire {
        parts.push(("history", with_count(t("History"), tune.history.len())));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{PracticeRecordId, TuneId};
    use crate::domain::practice::PracticeEntry;
    use crate::domain::tune::TuneFields;

    #[test]
    fn a_tune_outside_the_repertoire_has_no_practice_to_jump_to() {
        let mut tune = TuneDetail {
            id: TuneId(uuid::Uuid::nil()),
            fields: TuneFields::default(),
            catalog: None,
            private: false,
            in_repertoire: false,
            place: None,
            notes: Vec::new(),
            references: Vec::new(),
            tags: Vec::new(),
            history: Vec::new(),
        };
        let words = |tune: &TuneDetail| jumps(tune).into_iter().map(|(_, words)| words).collect::<Vec<_>>();
        assert_eq!(words(&tune), ["Notes", "Links"]);
        tune.in_repertoire = true;
        let id = PracticeRecordId(uuid::Uuid::nil());
        tune.history = vec![PracticeEntry { id, practiced: None, quality: Some(3), sm2: false, due: None }; 3];
        assert_eq!(words(&tune), ["Notes", "Practice", "Links", "History (3)"]);
    }
}
