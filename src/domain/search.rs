//! Searching titles as a person types: case, accents, apostrophes, punctuation and articles do not matter, words may come in any order.

use super::articles::parted;

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

/// A tune prepared for searching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searchable {
    /// Folded title without its article: also what lists are sorted by.
    pub title: String,
    /// The title without spaces, so that “o neill” finds “O'Neill”.
    squashed: String,
    /// The article, then kind, mode, incipit: the places that count less.
    rest: String,
    /// The first bars without spaces and bar lines, so that “G3GAB” finds `|:G3 GAB|`.
    bars: String,
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
    /// Prepares a tune: its title, its first bars, and what else it is found by.
    pub fn new(title: &str, incipit: &str, others: &[&str]) -> Self {
        let (title, mut rest) = parted(title);
        let incipit = fold(incipit);
        for other in others.iter().map(|other| fold(other)).chain([incipit.clone()]) {
            rest.push(' ');
            rest.push_str(&other);
        }
        Searchable { squashed: title.replace(' ', ""), title, rest, bars: incipit.replace(' ', "") }
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
        // Without a comma an article at the end is the beginning of a word she is still typing: “banshee a”.
        let (text, _) = parted(text);
        Query { squashed: text.replace(' ', ""), text }
    }

    /// Does it match everything?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How well the tune fits, her folded tags on it counted in; `None` if it does not.
    pub fn fit(&self, tune: &Searchable, tags: &str) -> Option<Fit> {
        if tune.title.starts_with(&self.text) {
            return Some(Fit::TitlePrefix);
        }
        let mut fit = Fit::TitleWords;
        for word in self.text.split(' ') {
            let here = if begins_a_word(&tune.title, word) {
                Fit::TitleWords
            } else if tune.title.contains(word) {
                Fit::InTitle
            } else if tune.rest.contains(word) || tags.contains(word) || is_in_bars(tune, word) {
                Fit::Elsewhere
            } else if tune.squashed.contains(&self.squashed) {
                return Some(Fit::InTitle);
            } else {
                return is_in_bars(tune, &self.squashed).then_some(Fit::Elsewhere);
            };
            fit = fit.max(here);
        }
        Some(fit)
    }
}

/// Do these notes occur in the first bars, however they are spaced? Fewer than four are in every tune.
fn is_in_bars(tune: &Searchable, notes: &str) -> bool {
    notes.len() > 3 && tune.bars.contains(notes)
}

fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(index, _)| index == 0 || text.as_bytes()[index - 1] == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(query: &str, title: &str) -> Option<Fit> {
        Query::new(query).fit(&Searchable::new(title, "|: GABc dGBG | G3 GAB :|", &["Reel"]), "slow session mary")
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
    fn first_bars_are_found_however_they_are_spaced() {
        for typed in ["G3GAB", "g3 gab", "dGBG|G3", "|:GA Bc dGBG", "banshee g3gab", "G3G AB"] {
            assert_eq!(fit(typed, "The Banshee"), Some(Fit::Elsewhere), "{typed}");
        }
        assert_eq!(fit("G3BAG", "The Banshee"), None);
        assert_eq!(fit("gg", "The Banshee"), None);
    }

    #[test]
    fn kind_and_incipit_count_less_than_the_title() {
        assert_eq!(fit("reel", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("banshee reel", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("gabc", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("mary banshee", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("session reel mary", "The Banshee"), Some(Fit::Elsewhere));
        assert_eq!(fit("mary kesh", "The Banshee"), None);
        assert!(Fit::TitlePrefix < Fit::TitleWords && Fit::InTitle < Fit::Elsewhere);
    }
}
