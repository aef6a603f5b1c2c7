//! Well-known traditional tunes that the app brings along, so that somebody without a connection can begin: title, kind, key as commonly played.
//! Names of traditional tunes are nobody's; there is no music here.

use super::import::Incoming;
use super::tune::TuneFields;

/// (kind, title, key), the kinds in the order in which they are offered.
const TUNES: [(&str, &str, &str); 72] = [
    ("JigD", "The Kesh", "G Major"),
    ("JigD", "Morrison's", "E Dorian"),
    ("JigD", "The Lilting Banshee", "A Dorian"),
    ("JigD", "Out on the Ocean", "G Major"),
    ("JigD", "The Connaughtman's Rambles", "D Major"),
    ("JigD", "The Swallowtail", "E Dorian"),
    ("JigD", "The Blarney Pilgrim", "G Major"),
    ("JigD", "Tripping Up the Stairs", "D Major"),
    ("JigD", "Banish Misfortune", "D Mixolydian"),
    ("JigD", "The Cliffs of Moher", "A Dorian"),
    ("JigD", "Haste to the Wedding", "D Major"),
    ("JigD", "The Rambling Pitchfork", "D Major"),
    ("JigD", "The Irish Washerwoman", "G Major"),
    ("JigD", "Saddle the Pony", "G Major"),
    ("JigD", "The Maid at the Spinning Wheel", "G Major"),
    ("JigD", "Father O'Flynn", "D Major"),
    ("JigD", "Tobin's Favourite", "D Major"),
    ("JigD", "The Mist Covered Mountain", "A Dorian"),
    ("Reel", "The Silver Spear", "D Major"),
    ("Reel", "The Maid Behind the Bar", "D Major"),
    ("Reel", "Cooley's", "E Dorian"),
    ("Reel", "Drowsy Maggie", "E Dorian"),
    ("Reel", "The Banshee", "G Major"),
    ("Reel", "The Wise Maid", "D Major"),
    ("Reel", "The Merry Blacksmith", "D Major"),
    ("Reel", "The Mountain Road", "D Major"),
    ("Reel", "Toss the Feathers", "D Mixolydian"),
    ("Reel", "The Musical Priest", "B Minor"),
    ("Reel", "The Star of Munster", "A Dorian"),
    ("Reel", "The Sally Gardens", "G Major"),
    ("Reel", "Miss McLeod's", "G Major"),
    ("Reel", "The Cup of Tea", "E Dorian"),
    ("Reel", "The Earl's Chair", "B Minor"),
    ("Reel", "Rakish Paddy", "D Mixolydian"),
    ("Reel", "St. Anne's", "D Major"),
    ("Reel", "The Foggy Dew", "G Major"),
    ("Reel", "The Bucks of Oranmore", "D Major"),
    ("Reel", "Lord McDonald's", "G Major"),
    ("JigSl", "The Butterfly", "E Minor"),
    ("JigSl", "Hardiman the Fiddler", "D Mixolydian"),
    ("JigSl", "The Foxhunter's", "D Major"),
    ("JigSl", "A Fig for a Kiss", "E Dorian"),
    ("JigSl", "The Kid on the Mountain", "E Minor"),
    ("JigSl", "The Rocky Road to Dublin", "A Dorian"),
    ("JigSl", "Drops of Brandy", "G Major"),
    ("Hpipe", "The Boys of Bluehill", "D Major"),
    ("Hpipe", "Harvest Home", "D Major"),
    ("Hpipe", "The Rights of Man", "E Minor"),
    ("Hpipe", "Off to California", "G Major"),
    ("Hpipe", "The Home Ruler", "D Major"),
    ("Hpipe", "Kitty's Wedding", "D Major"),
    ("Hpipe", "Chief O'Neill's Favourite", "D Mixolydian"),
    ("Polka", "John Ryan's", "D Major"),
    ("Polka", "Ballydesmond", "A Dorian"),
    ("Polka", "Denis Murphy's", "D Major"),
    ("Polka", "Maggie in the Wood", "G Major"),
    ("Polka", "Egan's", "G Major"),
    ("Polka", "The Britches Full of Stitches", "A Major"),
    ("Slide", "The Star Above the Garter", "G Major"),
    ("Slide", "Dingle Regatta", "G Major"),
    ("Slide", "The Road to Lisdoonvarna", "E Dorian"),
    ("Slide", "Denis Murphy's Slide", "D Major"),
    ("Waltz", "The South Wind", "G Major"),
    ("Waltz", "Star of the County Down", "E Minor"),
    ("Waltz", "Sí Beag, Sí Mór", "D Major"),
    ("Air", "The Coolin", "G Major"),
    ("Air", "Fanny Power", "G Major"),
    ("March", "Brian Boru's March", "A Minor"),
    ("March", "The Battle of Aughrim", "A Dorian"),
    ("BDnce", "The Curlew Hills", "D Major"),
    ("BDnce", "Lucy Farr's", "D Major"),
    ("SetD", "The Blackbird", "D Major"),
];

/// The tunes.
pub fn tunes() -> Vec<Incoming> {
    let tune = |(kind, title, mode): (&str, &str, &str)| {
        let text = |text: &str| Some(text.to_owned());
        let fields = TuneFields { title: text(title), kind: text(kind), mode: text(mode), ..TuneFields::default() };
        Incoming { fields, ..Incoming::default() }
    };
    TUNES.into_iter().map(tune).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::kinds::{KINDS, mode_name};

    #[test]
    fn every_tune_has_a_kind_and_a_key_that_are_known_and_none_comes_twice() {
        let mut seen = std::collections::HashSet::new();
        for (kind, title, mode) in TUNES {
            assert!(KINDS.iter().any(|(id, ..)| *id == kind), "{title}: {kind}");
            assert_eq!(mode_name(mode).as_deref(), Some(mode), "{title}");
            assert!(seen.insert((kind, title)), "{title}");
        }
    }
}
