//! At the session: what goes well after the tune that is being played.

use crate::domain::ids::TuneId;
use crate::domain::listing::TuneLine;
use crate::domain::sets::{Follows, follows};
use crate::domain::tune::TuneFields;
use crate::ui::model::locale::number;

/// At most so many are named.
const MOST: usize = 8;

/// Tunes of the same kind whose key follows well, the best first; by title within equals. The rule is `domain::sets`.
pub fn partners(id: TuneId, tune: &TuneFields, all: &[TuneLine]) -> Vec<TuneLine> {
    let kind = tune.kind.as_deref();
    let fits = |other: &&TuneLine| other.id != id && kind.is_some() && other.fields.kind.as_deref() == kind;
    let rank = |other: &TuneLine| follows(tune.mode.as_deref(), other.fields.mode.as_deref());
    let mut ranked: Vec<(Follows, &TuneLine)> = all.iter().filter(fits).map(|other| (rank(other), other)).collect();
    ranked.retain(|(rank, _)| *rank > Follows::Jars);
    ranked.sort_by(|(a, _), (b, _)| b.cmp(a));
    ranked.into_iter().take(MOST).map(|(_, line)| line.clone()).collect()
}

/// What is said where not all are shown.
pub fn cut(shown: usize, total: u32) -> Option<String> {
    let (shown, total) = (shown as i64, i64::from(total));
    let words = || {
        format!(
            "These are the first {} of {}. Search, or choose a type or key, to see the others.",
            number(shown),
            number(total)
        )
    };
    (shown < total).then(words)
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

    fn line(n: u128, kind: &str, mode: &str) -> TuneLine {
        let fields = TuneFields { kind: Some(kind.into()), mode: Some(mode.into()), ..Default::default() };
        TuneLine { id: TuneId(uuid::Uuid::from_u128(n)), fields, whose: Whose::Catalog, place: None, tags: Vec::new() }
    }

    #[test]
    fn partners_are_of_one_kind_and_do_not_jar() {
        let all = [
            line(1, "Reel", "G Major"),
            line(2, "Reel", "Eb Major"),
            line(3, "Reel", "G Major"),
            line(4, "Reel", "A Major"),
            line(5, "JigD", "D Major"),
        ];
        let found: Vec<_> = partners(all[0].id, &all[0].fields, &all).iter().map(|line| line.id.0.as_u128()).collect();
        assert_eq!(found, [4, 3]);
    }

    #[test]
    fn what_is_not_shown_is_said() {
        assert_eq!(cut(500, 500), None);
        assert!(cut(500, 1200).unwrap().starts_with("These are the first 500 of 1,200."));
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
