//! Which tunes go well with another: the rule by which a set is put together when nobody has said.
//!
//! Sets are of one kind of tune: the dancers, and the bowing arm, go on. What matters next is the key. Best is a change that lifts: up a fifth or up a tone
//! (G → D, G → A, D → E minor …), or between a mode and its relative (G major and E minor have the same notes). The same key is good; a neighbour
//! on the circle of fifths will do; what is further away jars. Within equals, well known tunes come first: those that
//! are kept in mind the longest, then those played last.

use super::kinds::mode_name;
use super::listing::Place;
use super::time::Timestamp;
use super::tune::TuneFields;

/// How well a key follows another; the larger the better, 0 = not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Follows {
    /// Far away on the circle of fifths.
    Jars,
    /// Two steps away on it.
    WillDo,
    /// The same key, or one step down.
    Well,
    /// A lift, or the same notes with another home.
    Best,
}

/// A key: where its home is, and how many sharps (flats are negative) it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    home: i32,
    sharps: i32,
}

fn key(mode: &str) -> Option<Key> {
    let name = mode_name(mode)?;
    let (tonic, mode) = name.split_once(' ')?;
    // Places on the circle of fifths, C = 0.
    let natural = match tonic.as_bytes().first()? {
        b'F' => -1,
        b'C' => 0,
        b'G' => 1,
        b'D' => 2,
        b'A' => 3,
        b'E' => 4,
        _ => 5,
    };
    let place = natural
        + if tonic.ends_with('#') {
            7
        } else if tonic.ends_with('b') {
            -7
        } else {
            0
        };
    let shift = match mode {
        "Lydian" => 1,
        "Mixolydian" => -1,
        "Dorian" => -2,
        "Minor" => -3,
        "Phrygian" => -4,
        "Locrian" => -5,
        _ => 0,
    };
    Some(Key { home: place, sharps: place + shift })
}

/// How well a tune in `next` follows one in `first`. Where a key is not known, nothing speaks against it.
pub fn follows(first: Option<&str>, next: Option<&str>) -> Follows {
    let (Some(first), Some(next)) = (first.and_then(key), next.and_then(key)) else { return Follows::WillDo };
    let (home, sharps) = (next.home - first.home, next.sharps - first.sharps);
    if home == 0 && sharps == 0 {
        return Follows::Well;
    }
    // Up a fifth or a tone; or another home among the same notes.
    if (matches!(home, 1 | 2) && sharps.abs() <= 2) || (sharps == 0 && home != 0) {
        return Follows::Best;
    }
    match sharps.abs() {
        0 | 1 => Follows::Well,
        2 => Follows::WillDo,
        _ => Follows::Jars,
    }
}

/// How well a tune goes after another, and how well she knows it; the larger the better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rank {
    follows: Follows,
    days: f64,
    played: Option<Timestamp>,
}

impl Rank {
    /// Of `next`, standing at `place`, after `first`; `None` if it is of another kind, or jars.
    pub fn of(first: &TuneFields, next: &TuneFields, place: Option<&Place>) -> Option<Self> {
        let follows = follows(first.mode.as_deref(), next.mode.as_deref());
        let fits = first.kind.is_some() && first.kind == next.kind && follows > Follows::Jars;
        let days = place.and_then(|place| place.stability).unwrap_or_default();
        fits.then_some(Rank { follows, days, played: place.and_then(|place| place.last_played) })
    }

    /// The better one is greater.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let by_days = || self.days.total_cmp(&other.days);
        self.follows.cmp(&other.follows).then_with(by_days).then_with(|| self.played.cmp(&other.played))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_are_of_one_kind_do_not_jar_and_the_better_known_come_first() {
        let tune = |kind: &str, mode: &str| TuneFields {
            kind: Some(kind.into()),
            mode: Some(mode.into()),
            ..TuneFields::default()
        };
        let kept = |days: f64| Place { stability: Some(days), ..Place::default() };
        let first = tune("Reel", "G Major");
        let rank = |kind: &str, mode: &str, days: f64| Rank::of(&first, &tune(kind, mode), Some(&kept(days)));
        assert_eq!(rank("Reel", "Eb Major", 90.0), None);
        assert_eq!(rank("JigD", "D Major", 90.0), None);
        let (lift, well_known, same) =
            (rank("Reel", "A Major", 3.0), rank("Reel", "A Major", 90.0), rank("Reel", "G Major", 900.0));
        let better = |a: Option<Rank>, b: Option<Rank>| a.zip(b).is_some_and(|(a, b)| a.compare(&b).is_gt());
        assert!(better(well_known, lift) && better(lift, same));
    }

    #[test]
    fn sets_lift_or_stay_but_do_not_jar() {
        let follows = |a: &str, b: &str| super::follows(Some(a), Some(b));
        assert_eq!(follows("G Major", "D Major"), Follows::Best);
        assert_eq!(follows("G Major", "A Major"), Follows::Best);
        assert_eq!(follows("G Major", "E Minor"), Follows::Best);
        assert_eq!(follows("D Major", "E Dorian"), Follows::Best);
        assert_eq!(follows("G Major", "G Major"), Follows::Well);
        assert_eq!(follows("D Major", "G Major"), Follows::Well);
        assert_eq!(follows("D Major", "C Major"), Follows::WillDo);
        assert_eq!(follows("A Major", "F Major"), Follows::Jars);
        assert_eq!(super::follows(None, Some("G Major")), Follows::WillDo);
        assert_eq!(super::follows(Some("what"), Some("G Major")), Follows::WillDo);
    }
}
