//! Books of tunes in ABC, as they are found on the web: hostile input. What is not understood is left out, never guessed, and named.

use super::articles::spoken_title;
use super::kinds::{kind_id, mode_name};
use super::tune::TuneFields;

/// A tune longer than this is no tune.
const LONGEST: usize = 40_000;

/// What our own files say of a tune of which only the first bars are known (`N:`): they are no whole tune.
pub const FIRST_BARS: &str = "first bars only";
/// With what they begin when they say which parts a tune has (`N:`).
pub const PARTS: &str = "parts ";

/// A tune of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AbcTune {
    /// What is written on its card.
    pub fields: TuneFields,
    /// Its other titles.
    pub aliases: Vec<String>,
    /// All of it; empty where only the first bars are known.
    pub abc: String,
    /// Where it comes from (`S:` or `F:`), if that is an address.
    pub source: Option<String>,
}

/// Why something that wants to be a tune is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It has no key.
    Key,
    /// It has no notes.
    Notes,
    /// It is longer than any tune.
    End,
}

/// A piece of a book that wants to be a tune and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place among the tunes of the book, from 1.
    pub number: usize,
    /// Its title.
    pub title: Option<String>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// What it lacks.
    pub lack: Lack,
}

impl LeftOut {
    /// “Tune 2, “Kesh”, line 9: no key (K:)”.
    pub fn words(&self) -> String {
        let title = self.title.as_ref().map(|title| format!(", “{title}”")).unwrap_or_default();
        let lack = match self.lack {
            Lack::Key => "no key (K:)",
            Lack::Notes => "no notes",
            Lack::End => "too long for a tune",
        };
        format!("Tune {}{title}, line {}: {lack}", self.number, self.line)
    }
}

/// The tunes of a book, in its order, and what could not be read. A text without `X:` is one tune if it has a key.
pub fn read(text: &str) -> (Vec<AbcTune>, Vec<LeftOut>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut pieces: Vec<(usize, Vec<&str>)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if begins_tune(line) || pieces.is_empty() {
            pieces.push((at + 1, Vec::new()));
        }
        if let Some((_, piece)) = pieces.last_mut() {
            piece.push(line);
        }
    }
    let (mut tunes, mut left_out) = (Vec::new(), Vec::new());
    let alone = pieces.len() == 1;
    for (line, lines) in pieces {
        let number = tunes.len() + left_out.len() + 1;
        match tune(&lines) {
            Ok(tune) => tunes.push(tune),
            Err(lack) => {
                let mut titles = lines.iter().filter_map(|line| field(line)).filter(|(name, _)| *name == 'T');
                let title = titles.next().map(|(_, title)| spoken_title(&title)).filter(|title| !title.is_empty());
                // What stands before the first tune is the book's own.
                let meant = lines.first().is_some_and(|line| begins_tune(line));
                if meant || (alone && title.is_some()) {
                    left_out.push(LeftOut { number, title, line, lack });
                }
            }
        }
    }
    (tunes, left_out)
}

fn begins_tune(line: &str) -> bool {
    line.trim_start().starts_with("X:")
}

/// A line of a header: its letter, and what it says.
fn field(line: &str) -> Option<(char, String)> {
    let line = line.trim_start();
    let name = line.chars().next().filter(|c| c.is_ascii_alphabetic())?;
    let value = line[1..].strip_prefix(':')?;
    Some((name, without_remark(value).trim().replace("\\%", "%")))
}

fn tune(lines: &[&str]) -> Result<AbcTune, Lack> {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let key_at = lines.iter().position(|line| matches!(field(line), Some(('K', _)))).ok_or(Lack::Key)?;
    let mut found = AbcTune::default();
    let mut only_bars = false;
    for (name, value) in lines[..=key_at].iter().filter_map(|line| field(line)).filter(|(_, value)| !value.is_empty()) {
        match name {
            'T' if found.fields.title.is_none() => found.fields.title = Some(spoken_title(&value)),
            'T' => found.aliases.push(spoken_title(&value)),
            'R' => found.fields.kind = Some(kind_id(&value).to_owned()),
            'K' => found.fields.mode = mode_name(&value),
            'N' if value == FIRST_BARS => only_bars = true,
            'N' if value.starts_with(PARTS) => found.fields.structure = Some(value[PARTS.len()..].trim().to_owned()),
            'P' if value.chars().all(|c| c.is_ascii_uppercase()) => found.fields.structure = Some(value),
            'S' | 'F' if found.source.is_none() => found.source = super::links::safe_link(&value).map(str::to_owned),
            _ => {}
        }
    }
    // The tune ends at an empty line.
    let body: Vec<&str> = lines[key_at + 1..].iter().copied().take_while(|line| !line.is_empty()).collect();
    let music: String = body
        .iter()
        .filter(|line| field(line).is_none() && !line.trim_start().starts_with('%'))
        .map(|line| line.split('%').next().unwrap_or(line).trim_end_matches('\\').trim())
        .collect::<Vec<_>>()
        .join(" ");
    if only_bars {
        let bars = music.split_whitespace().collect::<Vec<_>>().join(" ");
        found.fields.incipit = (!bars.is_empty()).then(|| bars.chars().take(2000).collect());
        return Ok(found);
    }
    if !music.contains(|c: char| matches!(c, 'A'..='G' | 'a'..='g')) {
        return Err(Lack::Notes);
    }
    let whole: Vec<&str> = lines[..=key_at].iter().chain(&body).copied().filter(|line| !line.is_empty()).collect();
    found.abc = whole.join("\n");
    if found.abc.len() > LONGEST {
        return Err(Lack::End);
    }
    found.fields.incipit = incipit(&music);
    found.fields.structure = found.fields.structure.or_else(|| structure(&music));
    Ok(found)
}

/// Of a line what stands before its remark; `\%` is no remark.
fn without_remark(line: &str) -> &str {
    let remark = line.match_indices('%').find(|(at, _)| *at == 0 || line.as_bytes()[at - 1] != b'\\');
    remark.map_or(line, |(at, _)| &line[..at])
}

/// The first two bars, after a pick-up if there is one.
pub fn incipit(music: &str) -> Option<String> {
    let notes = |bar: &str| bar.chars().filter(|c| matches!(c, 'A'..='G' | 'a'..='g' | 'z')).count();
    let (mut bars, mut end, mut from) = (0, music.len(), 0);
    for (at, _) in music.match_indices('|') {
        let bar = &music[from..at];
        from = at + 1;
        let count = notes(bar);
        // A bar of one or two notes at the beginning is a pick-up; what has no note is a repeat sign.
        if count > 2 || (count > 0 && bars > 0) {
            bars += 1;
        }
        if bars == 2 {
            end = at + 1;
            break;
        }
    }
    let first = music[..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = first.chars().take(120).collect();
    (notes(&short) > 0).then_some(short)
}

/// `AABB` of a tune whose parts are marked by repeats and double bars; `None` where they are not.
pub fn structure(music: &str) -> Option<String> {
    let mut parts = String::new();
    let mut letter = b'A';
    let mut rest = music;
    let ends = ["::", ":|", "||", "|]", "|:"];
    loop {
        let next = ends.iter().filter_map(|end| Some((rest.find(end)?, *end))).min();
        let (at, end) = next.unwrap_or((rest.len(), ""));
        let part = &rest[..at];
        let start = part.trim_start_matches([' ', '[', '|', ':']);
        let notes = part.chars().filter(|c| matches!(c, 'A'..='G' | 'a'..='g')).count();
        // A second ending belongs to the part before it.
        if notes > 12 && !start.starts_with('2') {
            let repeated = matches!(end, "::" | ":|");
            if letter > b'H' {
                return None;
            }
            parts.extend(std::iter::repeat_n(letter as char, if repeated { 2 } else { 1 }));
            letter += 1;
        }
        if end.is_empty() {
            break;
        }
        // `:|:` and `||:` end one part and begin the next.
        rest = &rest[at + if end == "::" || end == "|]" { 2 } else { 1 }..];
        rest = rest.trim_start_matches(['|', ':', ']']);
    }
    (!parts.is_empty()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tunes(text: &str) -> Vec<AbcTune> {
        read(text).0
    }

    const KESH: &str = "X: 1\nT: Kesh, The\nT: The Castle % as Kerr has it\nR: jig\nM: 6/8\nL: 1/8\nS: https://thesession.org/tunes/55\nK: Gmaj\n|:GAG GAB|ABA ABd|edd gdd|edB dBA|\nGAG GAB|ABA ABd|edd gdB|AGF G3:|\n|:B2B d2d|ege dBA|B2B dBG|ABA AGA|\nBAB d^cd|ege dBd|gfg aga|bgg g3:|\n";

    #[test]
    fn a_tune_is_read_from_its_headers_and_its_music() {
        let book = tunes(KESH);
        assert_eq!(book.len(), 1);
        let tune = &book[0];
        assert_eq!(tune.fields.title.as_deref(), Some("The Kesh"));
        assert_eq!(tune.aliases, ["The Castle"]);
        assert_eq!(tune.fields.kind.as_deref(), Some("JigD"));
        assert_eq!(tune.fields.mode.as_deref(), Some("G Major"));
        assert_eq!(tune.fields.structure.as_deref(), Some("AABB"));
        assert_eq!(tune.fields.incipit.as_deref(), Some("|:GAG GAB|ABA ABd|"));
        assert_eq!(tune.source.as_deref(), Some("https://thesession.org/tunes/55"));
        assert!(tune.abc.starts_with("X: 1\nT: Kesh") && tune.abc.ends_with("g3:|"));
    }

    #[test]
    fn books_are_taken_apart_and_what_is_no_tune_is_left_out() {
        let book = format!(
            "%abc-2.1\nH: a collection\n\n{KESH}\n\nsome words\n\nX:2\nT:No key\nabc|\n\nX:3\r\nT:Polka\r\nR:polka\r\nK:D\r\nA|dd ff|ee gg|\r\n\nX:4\nT:No music\nK:G\n"
        );
        let (tunes_of, left_out) = read(&book);
        let titles: Vec<_> = tunes_of.into_iter().map(|tune| tune.fields.title.unwrap_or_default()).collect();
        assert_eq!(titles, ["The Kesh", "Polka"]);
        let words: Vec<String> = left_out.iter().map(LeftOut::words).collect();
        assert_eq!(words, ["Tune 2, “No key”, line 20: no key (K:)", "Tune 4, “No music”, line 30: no notes"]);
        assert_eq!(read("T:Bare\nGABc|").1[0].words(), "Tune 1, “Bare”, line 1: no key (K:)");
        assert_eq!(read("just words").1, []);
        assert_eq!(tunes("T:Bare\nK:G\nGABc|").len(), 1);
        assert_eq!(tunes("K:G\nGABc|")[0].fields.title, None);
    }

    #[test]
    fn incipits_keep_their_pick_up() {
        assert_eq!(incipit("A|dd ff|ee gg|aa").as_deref(), Some("A|dd ff|ee gg|"));
        assert_eq!(incipit("|: dBG dBG|").as_deref(), Some("|: dBG dBG|"));
        assert_eq!(incipit("|||"), None);
    }

    #[test]
    fn structures_come_from_repeats() {
        let part = "GAGA GABA|ABAB ABdA";
        for (music, parts) in [
            (format!("|:{part}:|:{part}:|"), "AABB"),
            (format!("{part}||{part}||"), "AB"),
            (format!("|:{part}::{part}:||:{part}:|"), "AABBCC"),
            (format!("|:{part}|1 GAB:|2 GAG||{part}|]"), "AAB"),
            (part.to_owned(), "A"),
        ] {
            assert_eq!(structure(&music).as_deref(), Some(parts), "{music}");
        }
    }

    #[test]
    fn broken_and_hostile_books_never_panic() {
        let hostile = "X:1\nT:<img src=x onerror=alert(1)>\nS:javascript:alert(1)\nK:G\n\"<b>\"GAB|c:|é||::|]\n";
        let known = &tunes(hostile)[0];
        assert_eq!((known.source.clone(), known.fields.title.as_deref()), (None, Some("<img src=x onerror=alert(1)>")));
        for end in (0..=KESH.len()).filter(|end| KESH.is_char_boundary(*end)) {
            let _ = tunes(&KESH[..end]);
        }
        for text in ["", "X:", "K:", "X:1\nK:\n|", "é:x\nK:é\né", ":|", "X:1\nK:G\n::::||||:|:|:|]"] {
            let _ = tunes(text);
            let _ = structure(text);
            let _ = incipit(text);
        }
        let long = format!("X:1\nT:x\nK:G\n{}", "GABc|".repeat(20_000));
        let (tunes, left_out) = read(&long);
        assert_eq!((tunes.len(), left_out[0].lack), (0, Lack::End));
    }
}
