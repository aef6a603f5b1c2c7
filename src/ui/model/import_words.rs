//! An import in words.

use super::{fields, locale};
use crate::domain::import::{Decision, Imported, Known, Offer, Preview};
use crate::domain::listing::Whose;
use crate::ui::text::{say, t};

/// What there is, in a sentence: “2 new, 1 here already, 2 with problems”; nothing where there is nothing.
pub fn summary(preview: &Preview) -> String {
    let count = |which: fn(&Offer) -> bool| preview.offers.iter().filter(|offer| which(offer)).count();
    let (new, here) = (count(|o| !o.again && o.known.is_none()), count(|o| !o.again && o.known.is_some()));
    let again = count(|o| o.again);
    let mut parts = Vec::new();
    if new > 0 {
        parts.push(say!("{count} new", count = locale::number(new as i64)));
    }
    if here > 0 {
        parts.push(say!("{count} here already", count = locale::number(here as i64)));
    }
    if again > 0 {
        parts.push(say!("{count} twice in it", count = locale::number(again as i64)));
    }
    if preview.left_out > 0 {
        parts.push(say!("{count} with problems", count = locale::number(preview.left_out)));
    }
    parts.join(", ")
}

/// What is said of an offer: that it stands there twice, or what is here already.
pub fn notice(offer: &Offer) -> Option<String> {
    match (&offer.known, offer.again) {
        (_, true) => Some(t("The same as one above.").to_owned()),
        (here, false) => here.as_ref().map(known),
    }
}

/// What is here already.
fn known(known: &Known) -> String {
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
        let other = |again| Offer { incoming: Incoming::default(), known: None, again };
        assert_eq!((notice(&other(false)), notice(&other(true)).as_deref()), (None, Some("The same as one above.")));
        let offers = vec![offer, other(false), other(true), other(false)];
        let preview = Preview { offers, left_out: 2, ..Preview::default() };
        assert_eq!(summary(&preview), "2 new, 1 here already, 1 twice in it, 2 with problems");
        assert_eq!(summary(&Preview { left_out: 1, ..Preview::default() }), "1 with problems");
        assert_eq!(summary(&Preview::default()), "");
        assert_eq!(progress(400, 3_000), "400 of 3,000 tunes");
        assert_eq!(button(&[Decision::Make, Decision::Skip, Decision::Use(tune)]), "Bring in 2 tunes");
        assert_eq!(
            done(&Imported { made: vec![tune], joined: vec![tune, tune] }),
            "1 new tune brought in, 2 from the catalog put into your repertoire."
        );
    }
}
