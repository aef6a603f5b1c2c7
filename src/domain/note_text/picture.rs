//! A picture in a note: how small it must become, and its markup. A note travels in one piece with all that is in it, and a
//! piece of the sync is at most 1 MB (docs/sync.md).

use super::{clean, escaped};
use crate::domain::tune::LONGEST_NOTE;

/// What the data of one picture may be: sheet music from a phone's camera is readable in that.
const LARGEST: usize = 600_000;
/// What stands around the data, with a long description.
const MARKUP: usize = 1_000;
/// The longest side, in pixels, and how well it is drawn; from the best to what is still a picture. Lines of music suffer less from a poor quality than from few
/// pixels, so quality goes first.
const STEPS: [(f64, f64); 12] = [
    (2000.0, 0.85),
    (2000.0, 0.7),
    (2000.0, 0.55),
    (1600.0, 0.7),
    (1600.0, 0.5),
    (1300.0, 0.6),
    (1000.0, 0.7),
    (1000.0, 0.5),
    (800.0, 0.6),
    (600.0, 0.6),
    (400.0, 0.6),
    (200.0, 0.6),
];

/// How many characters of data the next picture may have in a note that has so many already.
pub fn room(note: usize) -> usize {
    LARGEST.min(LONGEST_NOTE.saturating_sub(note + MARKUP))
}

/// Width, height and quality in which to draw a picture until one fits, the best first. It is never made larger than it is.
pub fn tries(width: f64, height: f64) -> impl Iterator<Item = (f64, f64, f64)> {
    let longest = width.max(height).max(1.0);
    // Smaller than a step is drawn as it is, once for each quality.
    STEPS.into_iter().map(move |(side, quality)| {
        let scale = (side / longest).min(1.0);
        ((width * scale).round().max(1.0), (height * scale).round().max(1.0), quality)
    })
}

/// The markup of a picture with what it shows, in the words of whoever put it there.
pub fn markup(data: &str, shows: &str) -> String {
    let shows = match shows.trim() {
        "" => super::UNDESCRIBED,
        shows => shows,
    };
    clean(&format!("<p><img src=\"{}\" alt=\"{}\"></p>", escaped(data), escaped(shows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_try_keeps_sheet_music_readable_and_none_makes_it_larger() {
        let tried: Vec<_> = tries(4000.0, 3000.0).collect();
        assert_eq!(tried[0], (2000.0, 1500.0, 0.85));
        assert!(tried.windows(2).all(|pair| pair[1].0 <= pair[0].0), "never more pixels again: {tried:?}");
        assert!(tries(300.0, 900.0).all(|(width, height, _)| width <= 300.0 && height <= 900.0));
        assert_eq!(tries(0.0, 0.0).next(), Some((1.0, 1.0, 0.85)));
    }

    #[test]
    fn pictures_of_a_note_share_what_one_piece_of_the_sync_holds() {
        assert_eq!([room(0), room(400_000), room(898_000), room(2_000_000)], [600_000, 499_000, 1_000, 0]);
    }

    #[test]
    fn what_a_picture_shows_is_said_in_her_words() {
        let data = "data:image/jpeg;base64,AAAA";
        assert_eq!(
            markup(data, " The B part, by \"Ann\" "),
            format!("<p><img src=\"{data}\" alt=\"The B part, by &quot;Ann&quot;\"></p>")
        );
        assert!(markup(data, " ").contains("alt=\"Picture in the note\""));
        assert_eq!(markup("javascript:alert(1)", "x"), "");
    }
}
