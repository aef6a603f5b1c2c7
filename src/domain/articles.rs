//! The little words at the head of a title, in the tongues that tunes come from: lists are sorted, and titles compared, without them.

use super::search::fold;

/// Articles as they are spoken. Words that begin titles without being articles are left out: “O” (Ó Carolan), “I”, “As”, “De” (De Dannan), “Ar”.
const ARTICLES: [&str; 24] = [
    "The", "An", "A", "Na", "Y", "Yr", "Da", "Le", "La", "Les", "L'", "Un", "Une", "Una", "Der", "Die", "Das", "Ein",
    "Eine", "El", "Los", "Las", "Il", "Gli",
];

/// The article that this word is.
fn article(word: &str) -> Option<&'static str> {
    let word = word.trim().replace(['’', '‘', '`'], "'");
    ARTICLES.into_iter().find(|article| article.eq_ignore_ascii_case(&word))
}

/// What a title is without its article at the beginning, or behind a comma at the end (“Banshee, The”), and the article, both folded. A title that is
/// nothing but an article keeps it.
pub fn parted(title: &str) -> (String, String) {
    let title = title.trim();
    let whole = || (fold(title), String::new());
    let behind = title.rsplit_once(',').and_then(|(rest, word)| Some((article(word)?, rest)));
    let before = || title.split_once(' ').and_then(|(word, rest)| Some((article(word)?, rest)));
    let elided = || {
        let (letter, rest) = title.split_once(['\'', '’'])?;
        (letter.eq_ignore_ascii_case("l") && !rest.starts_with(' ')).then_some(("L'", rest))
    };
    match behind.or_else(before).or_else(elided) {
        // An elided article grows together with its word: both ways of typing it are found.
        Some(("L'", rest)) if !fold(rest).is_empty() => (fold(rest), fold(&format!("L'{rest}"))),
        Some((article, rest)) if !fold(rest).is_empty() => (fold(rest), fold(article)),
        _ => whole(),
    }
}

/// A title with its article where it is spoken: “The Banshee” for “Banshee, The”.
pub fn spoken_title(title: &str) -> String {
    let title = title.trim();
    match title.rsplit_once(',').and_then(|(rest, word)| Some((rest.trim_end(), article(word)?))) {
        Some((rest, article)) if article.ends_with('\'') => format!("{article}{rest}"),
        Some((rest, article)) => format!("{article} {rest}"),
        None => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_where_they_are_spoken() {
        for (written, spoken) in [
            ("Banshee, The", "The Banshee"),
            ("Phis Fhliuch, An ", "An Phis Fhliuch"),
            ("Ceannabháin Bhána, Na", "Na Ceannabháin Bhána"),
            ("Bastringue, la", "La Bastringue"),
            ("Air Mignonne, L’", "L'Air Mignonne"),
            ("Sí Beag, Sí Mór", "Sí Beag, Sí Mór"),
            ("é, the", "The é"),
            ("The Banshee", "The Banshee"),
        ] {
            assert_eq!(spoken_title(written), spoken);
        }
    }

    #[test]
    fn titles_are_the_same_with_and_without_their_article_in_many_tongues() {
        for (title, bare) in [
            ("The Banshee", "banshee"),
            ("Banshee, The", "banshee"),
            ("Na Ceannabháin Bhána", "ceannabhain bhana"),
            ("An Phis Fhliuch", "phis fhliuch"),
            ("La Bastringue", "bastringue"),
            ("L'Air mignonne", "air mignonne"),
            ("Die Schöne Müllerin", "schone mullerin"),
            ("Da Slockit Light", "slockit light"),
        ] {
            assert_eq!(parted(title).0, bare, "{title}");
        }
        // No articles, for all they look like it.
        for (title, whole) in [
            ("Tra la la", "tra la la"),
            ("O Carolan's Concerto", "o carolans concerto"),
            ("As I Roved Out", "as i roved out"),
            ("De Dannan's", "de dannans"),
            ("I Buried My Wife", "i buried my wife"),
            ("The", "the"),
            ("Lannigan's Ball", "lannigans ball"),
            ("Andy Renwick's Ferret", "andy renwicks ferret"),
        ] {
            assert_eq!(parted(title).0, whole, "{title}");
        }
    }
}
