//! An ABC file of whole tunes: what is kept in her notes, with the headers that her own words on the tune make.

use super::{Said, said};
use crate::domain::abc_book::{FIRST_BARS, PARTS, structure};
use crate::domain::articles::spoken_title;
use crate::domain::kinds::{KINDS, kind_name};
use crate::domain::tune_list::ListedTune;
use crate::ui::model::abc;

/// One tune after the other, numbered, each setting of it a tune of its own. Of a tune without whole ABC its first bars.
pub fn abc_file(tunes: &[ListedTune]) -> String {
    let mut out = String::from("%abc-2.1\n");
    let mut number = 0;
    for tune in tunes {
        let said = said(tune);
        let bodies = said.abc.iter().map(|abc| Some(abc.as_str())).chain(said.abc.is_empty().then_some(None));
        for body in bodies {
            number += 1;
            out.push('\n');
            for line in lines(number, tune, &said, body) {
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

/// The value of a header, if the line is that header.
fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.trim_start().strip_prefix(name)?.strip_prefix(':').map(str::trim)
}

/// The lines of a tune: its headers, those it has itself kept, and its music.
fn lines(number: usize, tune: &ListedTune, said: &Said, body: Option<&str>) -> Vec<String> {
    let fields = &tune.fields;
    let title = fields.title.as_deref().map(line).filter(|title| !title.is_empty()).unwrap_or("Gan ainm".to_owned());
    // A blank line would end the tune, another number begin one.
    let own: Vec<&str> = body
        .unwrap_or_default()
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && header(line, "X").is_none())
        .collect();
    let key_at = own.iter().position(|line| header(line, "K").is_some()).unwrap_or(0);
    let (head, music) = own.split_at(key_at);
    let has = |name: &str| head.iter().any(|line| header(line, name).is_some());
    let mut titles = vec![title];
    let others = head.iter().filter_map(|line| header(line, "T")).map(|title| spoken_title(&title.replace("\\%", "%")));
    for other in said.aliases.iter().map(|alias| line(alias)).chain(others) {
        if !titles.iter().any(|known| spoken_title(known) == spoken_title(&other)) {
            titles.push(other);
        }
    }
    let mut out = vec![format!("X:{number}")];
    let mut put = |name: &str, value: &str| out.push(format!("{name}:{}", line(value).replace('%', "\\%")));
    titles.iter().for_each(|title| put("T", title));
    let kind = fields.kind.as_deref();
    if let Some(kind) = kind.filter(|_| !has("R")) {
        let known = KINDS.iter().any(|(id, ..)| id.eq_ignore_ascii_case(kind));
        put("R", &if known { kind_name(kind).to_lowercase() } else { kind.to_owned() });
    }
    if let Some(link) = tune.links.first()
        && !head.iter().any(|line| header(line, "S").is_some_and(|source| source.contains("://")))
    {
        put("S", link);
    }
    if let Some(parts) = fields.structure.as_deref().filter(|_| !has("P"))
        && body.is_none_or(|body| structure(&abc::music(body).replace('\n', " ")).as_deref() != Some(parts))
    {
        put("N", &format!("{PARTS}{parts}"));
    }
    if body.is_some() {
        out.extend(head.iter().filter(|line| header(line, "T").is_none()).map(|line| (*line).to_owned()));
        out.extend(music.iter().map(|line| (*line).to_owned()));
        return out;
    }
    put("N", FIRST_BARS);
    if let Some(metre) = kind.and_then(abc::metre) {
        put("M", metre);
    }
    put("L", "1/8");
    put("K", &fields.mode.as_deref().and_then(abc::key).unwrap_or("none".to_owned()));
    let bars = fields.incipit.as_deref().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    out.extend(bars.map(str::to_owned));
    out
}

/// On one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::abc_book::{AbcTune, read};
    use crate::domain::tune::TuneFields;
    use crate::domain::{note_text, other_titles};

    const BOOK: &str = "%abc-2.1\n\nX:1\nT:The Kesh\nT:The Castle\nT:100\\% Kerrigan's\nR:jig\nS:https://thesession.org/tunes/55\nM:6/8\nL:1/8\nC:Trad. % who knows\nK:Gmaj\n|:GAG GAB|ABA ABd|edd gdd|edB dBA|\n\"G\"GAG GAB|ABA ABd|edd gdB|AGF G3:|\n|:B2B d2d|ege dBA|B2B dBG|ABA AGA|\nBAB d^cd|ege dBd|gfg aga|bgg g3:|\n\nX:2\nT:Mazurka\nR:Mazurka\nM:3/4\nK:Ador\nA2 AB c2|d2 dc B2|A2 AB cA|G4 z2|\n";

    /// As the import writes it down.
    fn kept(tune: &AbcTune) -> ListedTune {
        let mut notes = Vec::new();
        if !tune.aliases.is_empty() {
            notes.push(other_titles::note(&tune.aliases));
        }
        if !tune.abc.is_empty() {
            notes.push(note_text::of_abc(&tune.abc));
        }
        ListedTune {
            fields: tune.fields.clone(),
            notes,
            links: tune.source.iter().cloned().collect(),
            ..ListedTune::default()
        }
    }

    #[test]
    fn a_book_that_was_brought_in_is_given_back_letter_by_letter() {
        let book = read(BOOK).0;
        assert_eq!(book.len(), 2);
        assert_eq!(book[0].aliases, ["The Castle", "100% Kerrigan's"]);
        let file = abc_file(&book.iter().map(kept).collect::<Vec<_>>());
        assert_eq!(file, BOOK);
        assert_eq!(read(&file).0, book);
    }

    #[test]
    fn what_she_wrote_herself_is_in_the_file_too() {
        let bare = read("T:Kesh, The\nK:G\nGAG GAB|ABA ABd|").0;
        let mut tune = kept(&bare[0]);
        tune.fields.title = Some("The Kesh\nJig".into());
        tune.fields.kind = Some("JigD".into());
        tune.fields.structure = Some("AABB".into());
        tune.notes.push("<p><strong>Also known as</strong>: The Castle</p>".into());
        tune.notes.push("<pre>X:9\nT:Another way\nK:A\nABA ABc|BcB Bce|</pre>".into());
        tune.links = vec!["https://example.org/kesh".into()];
        let back = read(&abc_file(&[tune])).0;
        assert_eq!(back.len(), 2, "each setting is a tune");
        let first = &back[0];
        assert_eq!(first.fields.title.as_deref(), Some("The Kesh Jig"));
        assert_eq!((first.fields.kind.as_deref(), first.fields.structure.as_deref()), (Some("JigD"), Some("AABB")));
        assert_eq!(first.aliases, ["The Castle", "The Kesh"]);
        assert_eq!(first.source.as_deref(), Some("https://example.org/kesh"));
        assert_eq!(back[1].fields.mode.as_deref(), Some("A Major"));
    }

    #[test]
    fn tunes_without_whole_abc_come_back_as_their_cards() {
        let cards = [
            TuneFields {
                title: Some("Old Slip".into()),
                kind: Some("JigSl".into()),
                mode: Some("E Minor".into()),
                structure: Some("AABBCC".into()),
                incipit: Some("B2E G2E F3|B2E G2E FED|B2E G2E F3|".into()),
                genre: None,
            },
            TuneFields { title: Some("Only a name".into()), ..TuneFields::default() },
        ];
        let listed: Vec<_> =
            cards.iter().map(|fields| ListedTune { fields: fields.clone(), ..ListedTune::default() }).collect();
        let file = abc_file(&listed);
        let back = read(&file).0;
        assert_eq!(back.iter().map(|tune| tune.fields.clone()).collect::<Vec<_>>(), cards, "{file}");
        assert!(back.iter().all(|tune| tune.abc.is_empty()), "first bars are no whole tune");
        assert_eq!(abc_file(&[]), "%abc-2.1\n");
    }
}
