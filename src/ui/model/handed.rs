//! What another app hands to the import page: a file, a text, the address of a tune (`manifest.webmanifest`, `sw.js`).

use crate::domain::the_session::Question;

/// What was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// A file: the service worker has it.
    File,
    /// ABC, or a table; also what is neither, so that one sees what came.
    Text(String),
    /// A tune at The Session, by its address.
    Session(String),
}

/// Reads it from the address of the page. Apps put an address into `text` as well as into `url`, often behind the name of the page.
pub fn handed(file: bool, text: Option<&str>, url: Option<&str>) -> Option<Handed> {
    if file {
        return Some(Handed::File);
    }
    let (text, url) = (text.unwrap_or_default().trim(), url.unwrap_or_default().trim());
    let is_tune = |word: &&str| word.starts_with("http") && matches!(Question::of(word), Some(Question::Tune(_)));
    if let Some(address) = [url].into_iter().chain(text.split_whitespace()).find(is_tune) {
        return Some(Handed::Session(address.to_owned()));
    }
    [text, url].into_iter().find(|said| !said.is_empty()).map(|said| Handed::Text(said.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_app_shares_is_a_file_a_tune_or_a_text() {
        assert_eq!(handed(true, Some("anything"), None), Some(Handed::File));
        let tune = "https://thesession.org/tunes/55";
        let session = Some(Handed::Session(tune.to_owned()));
        assert_eq!(handed(false, None, Some(tune)), session);
        assert_eq!(handed(false, Some(&format!("The Kesh (jig) {tune}")), None), session);
        let abc = "X:1\nT:Kesh\nK:G\nGAG GAB|";
        assert_eq!(handed(false, Some(abc), Some("")), Some(Handed::Text(abc.to_owned())));
        assert_eq!(handed(false, Some(" "), None), None);
        assert_eq!(handed(false, None, None), None);
    }
}
