//! Searching titles as a person types: case, accents, apostrophes, punctuation and articles do not matter, words may come in any order.

/// Letters without case and accents; apostrophes gone; all else that is neither letter nor digit a single space.
///
/// The accents are those of the languages with Latin letters that tunes come from, from Irish to Polish; other letters stay.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => folded.push(letter),
            '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | '′' | '\u{300}'..='\u{36f}' => {}
            '♯' | '#' => folded.push_str("sharp"),
            _ => match plain(letter) {
                Some(plain) => folded.push_str(plain),
                None if letter.is_alphanumeric() => folded.push(letter),
                None if folded.ends_with(' ') || folded.is_empty() => {}
                None => folded.push(' '),
            },
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The letter without its accent; `None` if it has none.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ' | 'ả' => "a",
        'æ' | 'ǽ' => "ae",
        'ḃ' => "b",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' | 'ḋ' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẽ' | 'ẹ' => "e",
        'ḟ' => "f",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǧ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ṁ' => "m",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' | 'ọ' => "o",
        'œ' => "oe",
        'ṗ' => "p",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' | 'ṡ' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' | 'ṫ' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' => "u",
        'ŵ' | 'ẁ' | 'ẃ' | 'ẅ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

const ARTICLES: [&str; 3] = ["the", "an", "a"];

/// `folded` without an article at its beginning, or at its end (“Banshee, The”), if anything else is there.
fn without_article(folded: &str) -> (&str, &str) {
    for article in ARTICLES {
        if let Some(rest) = folded.strip_prefix(article).and_then(|rest| rest.strip_prefix(' ')) {
            return (rest, article);
        }
        if let Some(rest) = folded.strip_suffix(article).and_then(|rest| rest.strip_suffix(' ')) {
            return (rest, article);
        }
    }
    (folded, "")
}

/// A tune prepared for searching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searchable {
    /// Folded title without its article: also what lists are sorted by.
    pub title: String,
    /// The title without spaces, so that “o neill” finds “O'Neill”.
    squashed: String,
    /// The article, then kind, mode, incipit: the places that count less.
    rest: String,
}

/// How well a tune fits; the better the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The title begins with the text.
    TitlePrefix,
    /// Each word begins a word of the title.
    TitleWords,
    /// Each word occurs somewhere in the title.
    InTitle,
    /// Some word occurs only elsewhere: incipit, kind, mode.
    Elsewhere,
}

impl Searchable {
    /// Prepares a tune.
    pub fn new(title: &str, others: &[&str]) -> Self {
        let folded = fold(title);
        let (title, article) = without_article(&folded);
        let mut rest = article.to_owned();
        for other in others {
            rest.push(' ');
            rest.push_str(&fold(other));
        }
        Searchable { title: title.to_owned(), squashed: title.replace(' ', ""), rest }
    }
}

/// What is searched for, prepared once for all tunes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    text: String,
    squashed: String,
}

impl Query {
    /// Prepares what she typed.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        // At the end an article may be the beginning of a word she is still typing: “banshee a”.
        let text = match without_article(&folded) {
            (rest, article) if !article.is_empty() && folded.ends_with(rest) => rest.to_owned(),
            _ => folded,
        };
        Query { squashed: text.replace(' ', ""), text }
    }

    /// Does it match everything?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Does it occur in a folded text, as a whole?
    pub fn occurs_in(&self, folded: &str) -> bool {
        folded.contains(&self.text)
    }

    /// How well the tune fits; `None` if it does not.
    pub fn fit(&self, tune: &Searchable) -> Option<Fit> {
        if tune.title.starts_with(&self.text) {
            return Some(Fit::TitlePrefix);
        }
        let mut fit = Fit::TitleWords;
        for word in self.text.split(' ') {
            let here = if begins_a_word(&tune.title, word) {
                Fit::TitleWords
            } else if tune.title.contains(word) {
                Fit::InTitle
            } else if tune.rest.contains(word) {
                Fit::Elsewhere
            } else {
                return tune.squashed.contains(&self.squashed).then_some(Fit::InTitle);
            };
            fit = fit.max(here);
        }
        Some(fit)
    }
}

fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(index, _)| index == 0 || text.as_bytes()[index - 1] == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(query: &str, title: &str) -> Option<Fit> {
        Query::new(query).fit(&Searchable::new(title, &["Reel", "|: GABc dGBG :|"]))
    }

    #[test]
    fn folding_takes_case_accents_and_apostrophes_away() {
        assert_eq!(fold("Ómós do  Pheadar Ó Riada"), "omos do pheadar o riada");
        assert_eq!(fold("O\u{301}'Carolan’s Concerto!"), "ocarolans concerto");
        assert_eq!(fold("Smörgås – Łódź, Ærø & Straße"), "smorgas lodz aero strasse");
        assert_eq!(fold("…"), "");
    }

    #[test]
    fn articles_do_not_matter_at_either_end() {
        for title in ["The Banshee", "Banshee", "Banshee, The"] {
            for query in ["banshee", "the banshee", "The Bans"] {
                assert_eq!(fit(query, title), Some(Fit::TitlePrefix), "{query} in {title}");
            }
        }
        assert_eq!(fit("phis", "An Phis Fhliuch"), Some(Fit::TitlePrefix));
        assert_eq!(fit("the", "The Banshee"), Some(Fit::Elsewhere));
        assert!(fit("maid behind the bar", "The Maid Behind the Bar").is_some());
    }

    #[test]
    fn words_may_come_in_any_order_and_unfinished() {
        assert_eq!(fit("bar maid", "The Maid Behind the Bar"), Some(Fit::TitleWords));
        assert_eq!(fit("behi ma", "The Maid Behind the Bar"), Some(Fit::TitleWords));
        assert_eq!(fit("hind", "The Maid Behind the Bar"), Some(Fit::InTitle));
        assert_eq!(fit("bar door", "The Maid Behind the Bar"), None);
    }

    #[test]
    fn apostrophes_may_be_typed_as_spaces() {
        assert_eq!(fit("o neill", "Chief O'Neill's Favourite"), Some(Fit::InTitle));
        assert_eq!(fit("oneill", "Chief O'Neill's Favourite"), Some(Fit::TitleWords));
        assert_eq!(fit("o'neills", "Chief O’Neill’s Favourite"), Some(Fit::TitleWords));
    }

    #[test]
    fn kind_and_incipit_count_less_than_the_title() {
        assert_eq!(fit("reel", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("banshee reel", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("gabc", "The Banshee"), Some(Fit::Elsewhere));
        assert!(Fit::TitlePrefix < Fit::TitleWords && Fit::InTitle < Fit::Elsewhere);
    }
}
