//! Other titles of a tune. There is no column for them: a note that begins “Also known as:” lists them.

use super::articles::spoken_title;
use super::note_text::plain;

/// How such a note begins.
pub const BEGINNING: &str = "Also known as:";

/// The note that lists them, as it is stored.
pub fn note(titles: &[String]) -> String {
    super::note_text::html(&format!("{BEGINNING} {}", titles.join("; ")))
}

/// The titles that a note lists; none if it is another kind of note. However it is written down: bold, with entities, in either case.
pub fn of_note(html: &str) -> Vec<String> {
    let text = plain(html);
    let words = "also known as";
    let Some(at) = text.to_ascii_lowercase().find(words) else { return Vec::new() };
    let Some(list) = text[at + words.len()..].trim_start().strip_prefix(':') else { return Vec::new() };
    let list = list.split("\n\n").next().unwrap_or_default();
    let mut titles: Vec<String> = Vec::new();
    if list.contains([';', '\n']) {
        titles.extend(list.split([';', '\n']).map(str::to_owned));
    } else {
        for piece in list.split(',') {
            match titles.last_mut().map(|last| (spoken_title(&format!("{last},{piece}")), last)) {
                // “Castle, The” is one title.
                Some((spoken, last)) if !spoken.contains(',') => *last = spoken,
                _ => titles.push(piece.trim().to_owned()),
            }
        }
    }
    titles.iter().map(|title| spoken_title(title.trim_end_matches('.'))).filter(|title| !title.is_empty()).collect()
}

/// Is the note nothing but such a list?
pub fn is_list(html: &str) -> bool {
    let text = plain(html);
    text.trim_start().get(..13).is_some_and(|start| start.eq_ignore_ascii_case("also known as"))
        && !text.contains("\n\n")
        && !of_note(html).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_however_the_note_is_written() {
        for html in [
            "<p>Also known as: The Castle; Kerrigan&#39;s &amp; Co</p>",
            "<p><strong>Also known as</strong>: Castle, The; Kerrigan&apos;s &amp; Co</p><p>Learned from Mary</p>",
            "Also Known As : The Castle, Kerrigan's &amp; Co.",
            "<div><b>Also known as:</b> Castle, The, Kerrigan&rsquo;s & Co</div>",
        ] {
            let titles = of_note(html).join("|").replace('’', "'");
            assert_eq!(titles, "The Castle|Kerrigan's & Co", "{html}");
        }
        assert_eq!(of_note("<p>Also known as: P&oacute;ilin; S&iacute; Mh&oacute;r</p>"), ["Póilin", "Sí Mhór"]);
        for html in ["", "<p>Also known as</p>", "<p>Known as: x</p>", "<p>Also known as a hard one</p>"] {
            assert_eq!(of_note(html), Vec::<String>::new(), "{html}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let titles = ["The <b>Castle</b> & Co".to_owned(), "Kerrigan's".to_owned()];
        assert_eq!(of_note(&note(&titles)), titles);
        assert!(is_list(&note(&titles)) && !is_list("<p>Learned from Mary.</p><p>Also known as: x</p>"));
    }
}
