//! At the session: one tune of many, and what of them is shown.

use crate::domain::ids::TuneId;
use crate::domain::listing::TuneLine;
use crate::ui::model::locale::number;
use crate::ui::text::{say, t};

/// What is said where not all are shown.
pub fn cut(shown: usize, total: u32) -> Option<String> {
    let (shown, total) = (shown as i64, i64::from(total));
    let words = || {
        say!(
            "These are the first {shown} of {total}. Search, or choose a type or key, to see the others.",
            shown = number(shown),
            total = number(total)
        )
    };
    (shown < total).then(words)
}

/// So many lines are in the document at first, and so many more when they are scrolled to.
pub const PART: usize = 60;

/// How many lines are laid out, when the end of those that are is `below` the top of a screen so high.
pub fn laid_out(before: usize, all: usize, below: f64, screen: f64) -> usize {
    // Two screens ahead of who scrolls.
    if below < 3.0 * screen { (before + PART).min(all.max(PART)) } else { before }
}

/// What the folded filters say: what is chosen, or what can be.
pub fn narrowed(chosen: &[Option<String>]) -> String {
    let chosen: Vec<&str> = chosen.iter().flatten().map(String::as_str).collect();
    if chosen.is_empty() {
        t("Type, key, tag").to_owned()
    } else {
        say!("Only {choices}", choices = chosen.join(" · "))
    }
}

/// One of them; `chance` is between 0 and 1. Not the one that was picked last, if there is another.
pub fn pick(all: &[TuneLine], last: Option<TuneId>, chance: f64) -> Option<&TuneLine> {
    let others: Vec<&TuneLine> = all.iter().filter(|line| Some(line.id) != last).collect();
    let at = (chance.clamp(0.0, 0.999_999) * others.len() as f64) as usize;
    others.get(at).copied().or(all.first())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::listing::Whose;
    use crate::domain::tune::TuneFields;

    fn line(n: u128, kind: &str, mode: &str) -> TuneLine {
        let fields = TuneFields { kind: Some(kind.into()), mode: Some(mode.into()), ..Default::default() };
        TuneLine { id: TuneId(uuid::Uuid::from_u128(n)), fields, whose: Whose::Catalog, place: None, tags: Vec::new() }
    }

    #[test]
    fn what_is_not_shown_is_said() {
        assert_eq!(cut(500, 500), None);
        assert!(cut(500, 1200).unwrap().starts_with("These are the first 500 of 1,200."));
    }

    #[test]
    fn lines_come_before_who_scrolls_is_at_their_end() {
        assert_eq!(laid_out(PART, 500, 4000.0, 800.0), PART);
        assert_eq!(laid_out(PART, 500, 2000.0, 800.0), 2 * PART);
        assert_eq!(laid_out(480, 500, 0.0, 800.0), 500);
        assert_eq!(laid_out(PART, 3, 100.0, 800.0), PART);
    }

    #[test]
    fn folded_filters_say_what_is_chosen() {
        assert_eq!(narrowed(&[None, None]), "Type, key, tag");
        assert_eq!(narrowed(&[Some("Reel".into()), None, Some("slow".into())]), "Only Reel · slow");
    }

    #[test]
    fn a_pick_is_another_than_the_last() {
        let all = [line(1, "Reel", "G Major"), line(2, "Reel", "D Major")];
        for chance in [0.0, 0.3, 0.99, 1.0] {
            assert_eq!(pick(&all, Some(all[0].id), chance).unwrap().id, all[1].id);
        }
        assert_eq!(pick(&all[..1], Some(all[0].id), 0.5).unwrap().id, all[0].id);
        assert!(pick(&[], None, 0.5).is_none());
    }
}
