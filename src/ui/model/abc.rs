//! From a stored incipit (bare bars) to an ABC document that can be drawn, and to words for those who cannot see it.

use super::fields::KINDS;
use crate::domain::tune::TuneFields;
use crate::ui::text::{fill, say, t};

/// The ABC document of a tune's incipit; `None` if there is nothing to draw.
pub fn document(fields: &TuneFields) -> Option<String> {
    let incipit = fields.incipit.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    // A whole tune pasted in brings its own headers.
    if incipit.lines().any(|line| line.trim_start().starts_with("K:")) {
        let number = if incipit.lines().any(|line| line.starts_with("X:")) { "" } else { "X:1\n" };
        return Some(format!("{number}{incipit}"));
    }
    let metre = fields.kind.as_deref().and_then(metre).map(|metre| format!("M:{metre}\n")).unwrap_or_default();
    let key = fields.mode.as_deref().and_then(key).unwrap_or_else(|| "C".into());
    Some(format!("X:1\nL:1/8\n{metre}K:{key}\n{}\n", bars(incipit)))
}

/// A whole tune in ABC, as a note may hold it: headers, among them a key, and music after it. The text itself is the document.
pub fn whole_tune(text: &str) -> Option<String> {
    let text = text.trim();
    let header = |line: &str, names: &[&str]| names.iter().any(|name| line.trim_start().starts_with(name));
    let first = text.lines().next()?;
    if !header(first, &["X:", "T:", "M:", "L:", "R:", "K:", "%"]) {
        return None;
    }
    let key = text.lines().position(|line| header(line, &["K:"]))?;
    let music = text
        .lines()
        .skip(key + 1)
        .any(|line| line.contains(['|', ':']) && line.contains(|c: char| matches!(c, 'A'..='G' | 'a'..='g')));
    if !music {
        return None;
    }
    let number = if text.lines().any(|line| header(line, &["X:"])) { "" } else { "X:1\n" };
    // A blank line would end the tune.
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    Some(format!("{number}{}\n", lines.join("\n")))
}

/// The music of a whole tune, without its headers.
pub fn music(text: &str) -> &str {
    let key = text.match_indices("K:").find(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b'\n');
    key.and_then(|(at, _)| text[at..].split_once('\n')).map_or(text, |(_, music)| music)
}

/// Beats a minute at which a kind of tune is played to learn it; the beat is that of its metre (a dotted crotchet in a jig).
pub fn tempo(kind: Option<&str>) -> u32 {
    match kind.unwrap_or_default() {
        "JigD" | "JigSl" | "SgJig" | "Slide" => 100,
        "Polka" => 110,
        "Waltz" | "Air" => 110,
        "Hpipe" | "BDnce" | "Fling" | "March" => 140,
        "Reel" | "SgReel" => 170,
        _ => 120,
    }
}

/// The bars on one line: a first bar line draws nothing useful, a blank line would end the tune.
fn bars(incipit: &str) -> String {
    let line = incipit.split_whitespace().collect::<Vec<_>>().join(" ");
    let trimmed = line.strip_prefix('|').filter(|rest| !rest.starts_with([':', '|', ']'])).unwrap_or(&line);
    trimmed.trim().to_owned()
}

/// The metre of a kind of tune, if it has one.
pub fn metre(kind: &str) -> Option<&'static str> {
    KINDS
        .iter()
        .find(|(id, ..)| id.eq_ignore_ascii_case(kind))
        .map(|(_, _, metre)| *metre)
        .filter(|metre| !metre.is_empty())
}

/// ABC's key for “A Dorian”, “Bb Major”, “F# minor”, “Ador”; `None` if it is none of ours.
pub fn key(mode: &str) -> Option<String> {
    let mode = mode.trim();
    let mut chars = mode.chars();
    let tonic = chars.next().filter(|c| matches!(c.to_ascii_uppercase(), 'A'..='G'))?.to_ascii_uppercase();
    let rest = chars.as_str();
    let (accidental, rest) = match rest.chars().next() {
        Some('#' | '♯') => ("#", &rest[rest.chars().next().map_or(0, char::len_utf8)..]),
        Some('b' | '♭') => ("b", &rest[rest.chars().next().map_or(0, char::len_utf8)..]),
        _ => ("", rest),
    };
    let word = rest.trim().to_ascii_lowercase();
    let name = match word.as_str() {
        "" => "",
        "m" => "min",
        word if word.len() >= 3 => match &word.as_bytes()[..3] {
            b"maj" | b"ion" => "maj",
            b"min" | b"aeo" => "min",
            b"dor" => "dor",
            b"mix" => "mix",
            b"phr" => "phr",
            b"lyd" => "lyd",
            b"loc" => "loc",
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("{tonic}{accidental}{name}"))
}

/// The first bars as note names, for screen readers: “A 2, E A, C A”. Bars are parted by semicolons.
pub fn spoken(incipit: &str) -> String {
    let mut bars: Vec<String> = Vec::new();
    let mut bar: Vec<String> = Vec::new();
    let mut sign = None;
    let mut chars = incipit.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|c| c != '"') {},
            '!' => while chars.next().is_some_and(|c| c != '!') {},
            '{' => while chars.next().is_some_and(|c| c != '}') {},
            '^' => sign = Some(t("{note} sharp")),
            '_' => sign = Some(t("{note} flat")),
            '=' => sign = Some(t("{note} natural")),
            'A'..='G' | 'a'..='g' => {
                let note = c.to_ascii_uppercase().to_string();
                bar.push(sign.take().map_or_else(|| note.clone(), |words| fill(words, &[("note", &note)])));
            }
            '|' if !bar.is_empty() => bars.push(std::mem::take(&mut bar).join(" ")),
            _ => {}
        }
    }
    if !bar.is_empty() {
        bars.push(bar.join(" "));
    }
    bars.join("; ")
}

/// The text twin of the drawing.
pub fn description(fields: &TuneFields) -> String {
    let notes = spoken(fields.incipit.as_deref().unwrap_or_default());
    let metre = fields.kind.as_deref().and_then(metre);
    let key = fields.mode.as_deref().filter(|mode| !mode.trim().is_empty());
    match (metre, key) {
        (Some(metre), Some(key)) => {
            say!("Notation of the first bars in {metre}, {key}. Notes: {notes}", metre, key, notes)
        }
        (Some(metre), None) => say!("Notation of the first bars in {metre}. Notes: {notes}", metre, notes),
        (None, Some(key)) => say!("Notation of the first bars, {key}. Notes: {notes}", key, notes),
        (None, None) => say!("Notation of the first bars. Notes: {notes}", notes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tune(kind: &str, mode: &str, incipit: &str) -> TuneFields {
        TuneFields {
            kind: Some(kind.into()),
            mode: Some(mode.into()),
            incipit: Some(incipit.into()),
            ..Default::default()
        }
    }

    #[test]
    fn headers_come_from_kind_and_mode() {
        assert_eq!(
            document(&tune("JigD", "A Dorian", "|EAA EAA|BAB GED|")).as_deref(),
            Some("X:1\nL:1/8\nM:6/8\nK:Ador\nEAA EAA|BAB GED|\n")
        );
        assert_eq!(
            document(&tune("Air", "", "|:D2 EF|\n\n GA B2|")).as_deref(),
            Some("X:1\nL:1/8\nK:C\n|:D2 EF| GA B2|\n")
        );
        assert_eq!(document(&tune("Reel", "G Major", "  ")), None);
    }

    #[test]
    fn a_whole_tune_keeps_its_headers() {
        let whole = "T:Kesh\nM:6/8\nK:G\nGAG GAB|";
        assert_eq!(document(&tune("Reel", "A Dorian", whole)), Some(format!("X:1\n{whole}")));
    }

    #[test]
    fn a_whole_tune_is_told_from_words() {
        let tune = whole_tune("T:Kesh\nM:6/8\n\nK:G\n|:G3 GAB:|\n").unwrap_or_default();
        assert_eq!(tune, "X:1\nT:Kesh\nM:6/8\nK:G\n|:G3 GAB:|\n");
        for words in
            ["", "Key: G", "K: is for Kesh", "T:Kesh\nno key here | abc", "Learned from Mary | a good one\nK:G\nabc|"]
        {
            assert_eq!(whole_tune(words), None, "{words}");
        }
    }

    #[test]
    fn keys_of_the_catalog_and_of_people_are_read() {
        let cases = [
            ("G Major", "Gmaj"),
            ("A Dorian", "Ador"),
            ("D Mixolydian", "Dmix"),
            ("E Minor", "Emin"),
            ("Bb Major", "Bbmaj"),
            ("F# minor", "F#min"),
            ("Em", "Emin"),
            ("D", "D"),
            ("ador", "Ador"),
            ("b minor", "Bmin"),
            ("E♭", "Eb"),
        ];
        for (mode, want) in cases {
            assert_eq!(key(mode).as_deref(), Some(want), "{mode}");
        }
        assert_eq!(key(""), None);
        assert_eq!(key("Hp"), None);
        assert_eq!(key("A curious mode"), None);
    }

    #[test]
    fn every_kind_with_a_metre_is_known() {
        assert_eq!(metre("Polka"), Some("2/4"));
        assert_eq!(metre("Slide"), Some("12/8"));
        assert_eq!(metre("Song"), None);
    }

    #[test]
    fn notes_are_spoken_without_ornaments() {
        assert_eq!(spoken("|~G3A (3Bcd|\"Am\"^c2 _B{g}A|"), "G A B C D; C sharp B flat A");
        assert_eq!(spoken("~~~"), "");
    }
}
