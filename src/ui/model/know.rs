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

/// From where on the list is asked for two tunes, to pick one of `total` by chance (between 0 and 1). Two, in case the first was picked last.
pub fn picked(total: u32, chance: f64) -> u32 {
    (chance.clamp(0.0, 0.999_999) * f64::from(total)) as u32
}

/// The first of them that is not the one picked last; at the end of the list it goes on at the beginning, with `first`.
pub fn another(asked: &[TuneLine], first: Option<&TuneLine>, last: Option<TuneId>) -> Option<TuneLine> {
    asked.iter().chain(first).find(|line| Some(line.id) != last).or(first).cloned()
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
    fn a_pick_is_another_than_the_last_and_each_may_be_it() {
        let all: Vec<TuneLine> = (0..3).map(|n| line(n, "Reel", "G")).collect();
        let pick = |of: usize, last: Option<usize>, chance: f64| {
            let asked: Vec<_> = all[..of].iter().skip(picked(of as u32, chance) as usize).take(2).cloned().collect();
            another(&asked, all[..of].first(), last.map(|at| all[at].id)).map(|line| line.id.0.as_u128())
        };
        assert_eq!([0.0, 0.5, 1.0].map(|chance| pick(3, None, chance)), [Some(0), Some(1), Some(2)]);
        assert_eq!([0.0, 0.5, 1.0].map(|chance| pick(3, Some(0), chance)), [Some(1), Some(1), Some(2)]);
        assert_eq!([0.0, 0.5, 1.0].map(|chance| pick(3, Some(2), chance)), [Some(0), Some(1), Some(0)]);
        assert_eq!((pick(1, Some(0), 0.5), pick(0, None, 0.5)), (Some(0), None));
        assert!(picked(10_000, 0.99) > 9_000, "beyond what the list shows");
    }
}
