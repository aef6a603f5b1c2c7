//! An import in words.

use super::{fields, locale};
use crate::domain::import::{Decision, Imported, Known, Offer};
use crate::domain::listing::Whose;
use crate::ui::text::{say, t};

/// What is here already.
pub fn known(known: &Known) -> String {
    let facts = fields::facts(&known.fields).join(" · ");
    let name = fields::title(&known.fields);
    let named = if facts.is_empty() { name } else { format!("{name} ({facts})") };
    match (known.in_repertoire, known.whose) {
        (true, _) => say!("In your repertoire: {named}", named),
        (false, Whose::Private) => say!("Among your own tunes: {named}", named),
        (false, _) => say!("In the catalog: {named}", named),
    }
}

/// The button that begins it.
pub fn button(decisions: &[Decision]) -> String {
    let count = decisions.iter().filter(|decision| **decision != Decision::Skip).count();
    match count {
        0 => t("Nothing chosen").to_owned(),
        count => say!("Bring in {tunes}", tunes = locale::counted(count as i64, "tune")),
    }
}

/// How far it is: “400 of 3,000 tunes”.
pub fn progress(written: usize, of: usize) -> String {
    say!("{written} of {tunes}", written = locale::number(written as i64), tunes = locale::counted(of as i64, "tune"))
}

/// What was done.
pub fn done(imported: &Imported) -> String {
    let (made, joined) = (imported.made.len(), imported.joined.len());
    match (made, joined) {
        (0, 0) => t("Nothing was brought in.").to_owned(),
        (made, 0) => say!("{tunes} brought in.", tunes = locale::counted(made as i64, "tune")),
        (0, joined) => say!("{tunes} put into your repertoire.", tunes = locale::counted(joined as i64, "tune")),
        (made, joined) => {
            say!(
                "{new_tunes} brought in, {joined} from the catalog put into your repertoire.",
                new_tunes = locale::counted(made as i64, "new tune"),
                joined
            )
        }
    }
}

/// What becomes of an offer that is ticked, or not.
pub fn ticked(offer: &Offer, on: bool) -> Decision {
    match (&offer.known, on) {
        (_, false) => Decision::Skip,
        (Some(known), true) if !known.in_repertoire => Decision::Use(known.tune),
        (_, true) => Decision::Make,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TuneId;
    use crate::domain::import::Incoming;
    use crate::domain::tune::TuneFields;

    #[test]
    fn imports_are_told_in_words() {
        let tune = TuneId(uuid::Uuid::from_u128(1));
        let fields = TuneFields { title: Some("Kesh".into()), kind: Some("JigD".into()), ..Default::default() };
        let here = Known { tune, fields, whose: Whose::Catalog, in_repertoire: false };
        assert_eq!(known(&here), "In the catalog: Kesh (Jig)");
        let offer = Offer { incoming: Incoming::default(), known: Some(here), again: false };
        assert_eq!((ticked(&offer, true), ticked(&offer, false)), (Decision::Use(tune), Decision::Skip));
        assert_eq!(progress(400, 3_000), "400 of 3,000 tunes");
        assert_eq!(button(&[Decision::Make, Decision::Skip, Decision::Use(tune)]), "Bring in 2 tunes");
        assert_eq!(
            done(&Imported { made: vec![tune], joined: vec![tune, tune] }),
            "1 new tune brought in, 2 from the catalog put into your repertoire."
        );
    }
}
