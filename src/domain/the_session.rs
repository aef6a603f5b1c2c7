//! What thesession.org answers (its public JSON), and its addresses.

use serde::{Deserialize, Serialize};

use super::abc_book::{incipit, structure};
use super::articles::spoken_title;
use super::import::Incoming;
use super::kinds::{kind_id, mode_name};
use super::links::{host, safe_link};
use super::tune::TuneFields;

/// At most so many settings of a tune are offered.
const MOST_SETTINGS: usize = 12;

/// What is asked there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// A tune with all its settings.
    Tune(u64),
    /// Tunes by their titles.
    Search(String),
}

impl Question {
    /// What a person typed: an address or a number is a tune, anything else a search; `None` if it is nothing.
    pub fn of(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        match tune_number(typed) {
            Some(number) => Some(Question::Tune(number)),
            None if typed.is_empty() => None,
            None => Some(Question::Search(typed.chars().take(100).collect())),
        }
    }
}

/// A tune.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionTune {
    /// Its number there.
    pub id: u64,
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    settings: Vec<Setting>,
}

/// One way to play it.
#[derive(Clone, Debug, Deserialize)]
struct Setting {
    #[serde(default)]
    id: u64,
    #[serde(default)]
    key: String,
    #[serde(default)]
    abc: String,
}

/// The answer to a search.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionSearch {
    #[serde(default)]
    tunes: Vec<SearchedTune>,
}

#[derive(Clone, Debug, Deserialize)]
struct SearchedTune {
    id: u64,
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl SessionSearch {
    /// Number, title and kind of what was found.
    pub fn found(self) -> Vec<(u64, String, String)> {
        self.tunes.into_iter().map(|tune| (tune.id, spoken_title(&tune.name), kind_id(&tune.kind).to_owned())).collect()
    }
}

/// Why nothing came from there, and what to do: a browser tells a page neither whether the network failed nor whether the answer was kept from it.
pub fn not_reached(reason: &str, online: bool, answered: bool) -> String {
    let way_round = "Open the tune there in another tab, copy its ABC, and paste it under “ABC”.";
    match (online, answered) {
        (false, _) => {
            "The Session could not be reached: you are offline. ABC and tables come in without a connection.".to_owned()
        }
        (true, false) => format!(
            "The Session could not be reached, though there is a connection: it may be down, or not let this app ask. {way_round} ABC and tables come in without a connection."
        ),
        (true, true) => format!("The Session could not be reached as it should ({reason}). {way_round}"),
    }
}

impl SessionTune {
    /// How many of its settings are not offered.
    pub fn left_out(&self) -> usize {
        self.settings.len().saturating_sub(MOST_SETTINGS)
    }

    /// Each of its settings as a tune that may come in; without settings, the bare tune.
    pub fn incoming(self) -> Vec<Incoming> {
        let metre = |kind: &str| super::kinds::KINDS.iter().find(|(id, ..)| *id == kind).map(|(_, _, metre)| *metre);
        let kind = kind_id(&self.kind).to_owned();
        let title = spoken_title(&self.name);
        let tune = |setting: Option<&Setting>| {
            let music = setting.map(|setting| lines(&setting.abc)).unwrap_or_default();
            let flat = music.replace('\n', " ");
            let mut head = format!("X:{}\nT:{title}\nR:{}\n", self.id, self.kind);
            if let Some(metre) = metre(&kind).filter(|metre| !metre.is_empty()) {
                head.push_str(&format!("M:{metre}\n"));
            }
            let key = setting.map(|setting| setting.key.trim()).filter(|key| !key.is_empty());
            head.push_str(&format!("L:1/8\nK:{}", key.unwrap_or("C")));
            let fields = TuneFields {
                title: Some(title.clone()),
                kind: (!kind.is_empty()).then(|| kind.clone()),
                mode: key.and_then(mode_name),
                structure: structure(&flat),
                incipit: incipit(&flat),
                genre: None,
            };
            let link = match setting.filter(|setting| setting.id > 0) {
                Some(setting) => format!("https://thesession.org/tunes/{}#setting{}", self.id, setting.id),
                None => format!("https://thesession.org/tunes/{}", self.id),
            };
            Incoming {
                fields,
                aliases: self.aliases.iter().map(|alias| spoken_title(alias)).collect(),
                abc: (!music.trim().is_empty()).then(|| format!("{head}\n{}", music.trim())).into_iter().collect(),
                links: vec![link],
                ..Incoming::default()
            }
        };
        if self.settings.is_empty() {
            return vec![tune(None)];
        }
        self.settings.iter().take(MOST_SETTINGS).map(|setting| tune(Some(setting))).collect()
    }
}

/// The Session marks line ends by a `!` and a space.
fn lines(abc: &str) -> String {
    let mut text = String::with_capacity(abc.len());
    let mut letters = abc.replace("\r\n", "\n").replace('\r', "\n").chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '!' if letters.peek().is_none_or(|next| next.is_whitespace()) => text.push('\n'),
            letter => text.push(letter),
        }
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The number of the tune that an address of The Session, or a bare number, speaks of.
pub fn tune_number(typed: &str) -> Option<u64> {
    let typed = typed.trim();
    if let Ok(number) = typed.parse() {
        return Some(number);
    }
    let with_scheme = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let url = safe_link(&with_scheme)?;
    if host(url) != "thesession.org" {
        return None;
    }
    let (_, path) = url.split_once("/tunes/")?;
    path.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_of_tunes_are_understood_and_others_are_not() {
        for typed in [
            "55",
            "https://thesession.org/tunes/55",
            "thesession.org/tunes/55#setting55",
            "https://www.thesession.org/tunes/55/abc?x=1",
        ] {
            assert_eq!(tune_number(typed), Some(55), "{typed}");
        }
        for typed in [
            "",
            "kesh",
            "https://thesession.org/sessions/55",
            "https://evil.example/thesession.org/tunes/55",
            "javascript://thesession.org/tunes/55",
        ] {
            assert_eq!(tune_number(typed), None, "{typed}");
        }
    }

    #[test]
    fn no_connection_and_no_permission_are_told_apart() {
        assert!(not_reached("x", false, false).contains("you are offline"));
        let kept = not_reached("x", true, false);
        assert!(kept.contains("not let this app ask") && kept.contains("paste it"), "{kept}");
        assert!(not_reached("status 404", true, true).contains("status 404"));
    }

    #[test]
    fn settings_that_are_not_offered_are_counted() {
        let settings = vec![r#"{"id":1,"key":"Gmajor","abc":"GABc|"}"#; 15].join(",");
        let tune: SessionTune =
            serde_json::from_str(&format!(r#"{{"id":1,"name":"x","settings":[{settings}]}}"#)).unwrap();
        assert_eq!((tune.left_out(), tune.incoming().len()), (3, 12));
    }

    #[test]
    fn lines_are_marked_by_exclamation_marks_but_ornaments_are_not_lines() {
        assert_eq!(lines("|:GAG GAB|! ABA ABd|!\r\n!trill!G3:|"), "|:GAG GAB|\nABA ABd|\n!trill!G3:|");
    }
}
