//! Kinds of tune and their keys: the names that people and other programs use, and those that are stored.

/// Kinds of tune: stored id, name, metre. As in the reference data of the database; unknown ids are shown as they are.
pub const KINDS: [(&str, &str, &str); 15] = [
    ("Reel", "Reel", "4/4"),
    ("JigD", "Jig", "6/8"),
    ("JigSl", "Slip jig", "9/8"),
    ("SgJig", "Single jig", "6/8"),
    ("Hpipe", "Hornpipe", "4/4"),
    ("Polka", "Polka", "2/4"),
    ("Slide", "Slide", "12/8"),
    ("Waltz", "Waltz", "3/4"),
    ("BDnce", "Barn dance", "4/4"),
    ("Fling", "Highland fling", "4/4"),
    ("SgReel", "Single reel", "4/4"),
    ("March", "March", "4/4"),
    ("SetD", "Set dance", ""),
    ("Air", "Air", ""),
    ("Song", "Song", ""),
];

/// Other words for some of them.
const SYNONYMS: [(&str, &str); 8] = [
    ("double jig", "JigD"),
    ("slipjig", "JigSl"),
    ("hop jig", "JigSl"),
    ("barndance", "BDnce"),
    ("fling", "Fling"),
    ("slow air", "Air"),
    ("slow reel", "Reel"),
    ("singlejig", "SgJig"),
];

/// The name of a kind.
pub fn kind_name(kind: &str) -> &str {
    KINDS.iter().find(|(id, ..)| id.eq_ignore_ascii_case(kind)).map_or(kind, |(_, name, _)| name)
}

/// The stored id for what was typed: an id, a name, another word for it, in the singular or plural; anything else is kept as typed.
pub fn kind_id(typed: &str) -> &str {
    let typed = typed.trim();
    let known = |word: &str| {
        let by_name =
            KINDS.iter().find(|(id, name, _)| id.eq_ignore_ascii_case(word) || name.eq_ignore_ascii_case(word));
        let by_synonym = || SYNONYMS.iter().find(|(synonym, _)| synonym.eq_ignore_ascii_case(word)).map(|(_, id)| *id);
        by_name.map(|(id, ..)| *id).or_else(by_synonym)
    };
    known(typed).or_else(|| known(typed.strip_suffix(['s', 'S'])?)).unwrap_or(typed)
}

/// “A Dorian” for `Ador`, `Adorian`, `A dor`, `Am`, `A♭`: the key as it is stored; `None` if it is none of ours.
pub fn mode_name(key: &str) -> Option<String> {
    let mut letters = key.trim().chars().peekable();
    let tonic = letters.next().map(|c| c.to_ascii_uppercase()).filter(|c| matches!(c, 'A'..='G'))?;
    let sign = match letters.peek() {
        Some('#' | '♯') => "#",
        Some('b' | '♭') => "b",
        _ => "",
    };
    if !sign.is_empty() {
        letters.next();
    }
    let rest: String = letters.collect::<String>().trim().to_ascii_lowercase();
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    let mode = match word.as_str() {
        "" => "Major",
        "m" => "Minor",
        word if word.starts_with("maj") || word.starts_with("ion") => "Major",
        word if word.starts_with("min") || word.starts_with("aeo") => "Minor",
        word if word.starts_with("dor") => "Dorian",
        word if word.starts_with("mix") => "Mixolydian",
        word if word.starts_with("phr") => "Phrygian",
        word if word.starts_with("lyd") => "Lydian",
        word if word.starts_with("loc") => "Locrian",
        _ => return None,
    };
    Some(format!("{tonic}{sign} {mode}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_by_many_names() {
        for (typed, id) in [
            ("jig", "JigD"),
            ("Jigs", "JigD"),
            (" slip jig", "JigSl"),
            ("barndance", "BDnce"),
            ("reels", "Reel"),
            ("Mazurka", "Mazurka"),
            ("Hpipe", "Hpipe"),
        ] {
            assert_eq!(kind_id(typed), id, "{typed}");
        }
        assert_eq!(kind_name("JigSl"), "Slip jig");
    }

    #[test]
    fn keys_are_stored_in_one_way() {
        for (key, name) in [
            ("Gmajor", "G Major"),
            ("Ador", "A Dorian"),
            ("A dor", "A Dorian"),
            ("Em", "E Minor"),
            ("D", "D Major"),
            ("f#m", "F# Minor"),
            ("Bbmaj", "Bb Major"),
            ("Dmixolydian", "D Mixolydian"),
            ("E♭", "Eb Major"),
        ] {
            assert_eq!(mode_name(key).as_deref().unwrap_or("None"), name, "{key}");
        }
        for odd in ["", "HP", "none", "H"] {
            assert_eq!(mode_name(odd), None, "{odd}");
        }
    }
}
