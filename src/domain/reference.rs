//! Links kept with a tune: what kind of thing they lead to.

use serde::{Deserialize, Serialize};

use super::ids::ReferenceId;
use super::links::{host, safe_link};

/// What a link leads to. The names are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// A page.
    Website,
    /// A recording.
    Audio,
    /// A video.
    Video,
    /// Notation.
    SheetMusic,
    /// Something to read.
    Article,
    /// A post.
    Social,
    /// Somebody teaches it.
    Lesson,
    /// None of these.
    Other,
}

impl ReferenceKind {
    /// All, in the order in which they are offered.
    pub const ALL: [ReferenceKind; 8] = [
        ReferenceKind::Audio,
        ReferenceKind::Video,
        ReferenceKind::SheetMusic,
        ReferenceKind::Lesson,
        ReferenceKind::Website,
        ReferenceKind::Article,
        ReferenceKind::Social,
        ReferenceKind::Other,
    ];

    /// As it is stored.
    pub const fn stored(self) -> &'static str {
        match self {
            ReferenceKind::Website => "website",
            ReferenceKind::Audio => "audio",
            ReferenceKind::Video => "video",
            ReferenceKind::SheetMusic => "sheet-music",
            ReferenceKind::Article => "article",
            ReferenceKind::Social => "social",
            ReferenceKind::Lesson => "lesson",
            ReferenceKind::Other => "other",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            ReferenceKind::Website => "Web page",
            ReferenceKind::Audio => "Recording",
            ReferenceKind::Video => "Video",
            ReferenceKind::SheetMusic => "Sheet music",
            ReferenceKind::Article => "Article",
            ReferenceKind::Social => "Post",
            ReferenceKind::Lesson => "Lesson",
            ReferenceKind::Other => "Other",
        }
    }

    /// What is stored; `None` for what is not known here.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.stored() == text)
    }

    /// What an address probably leads to.
    pub fn guess(url: &str) -> Self {
        let host = host(url).to_lowercase();
        let is = |names: &[&str]| {
            names.iter().any(|name| host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
        };
        let path = url.split(['?', '#']).next().unwrap_or(url).to_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        if ends(&[".mp3", ".ogg", ".oga", ".opus", ".m4a", ".wav", ".flac", ".aac"])
            || is(&["soundcloud.com", "bandcamp.com", "spotify.com"])
        {
            ReferenceKind::Audio
        } else if is(&["youtube.com", "youtu.be", "vimeo.com", "youtube-nocookie.com"]) || ends(&[".mp4", ".webm"]) {
            ReferenceKind::Video
        } else if is(&["thesession.org", "musescore.com", "irishtune.info", "abcnotation.com", "folktunefinder.com"])
            || ends(&[".pdf", ".abc"])
        {
            ReferenceKind::SheetMusic
        } else if is(&["facebook.com", "instagram.com", "twitter.com", "x.com", "tiktok.com", "mastodon.ie"]) {
            ReferenceKind::Social
        } else if is(&["oaim.ie", "oaim.com"]) {
            ReferenceKind::Lesson
        } else {
            ReferenceKind::Website
        }
    }
}

/// May the address be played here, by the browser's own player?
pub fn playable(url: &str) -> Option<&str> {
    let url = safe_link(url)?;
    let path = url.split(['?', '#']).next().unwrap_or(url).to_lowercase();
    let audio = [".mp3", ".ogg", ".oga", ".opus", ".m4a", ".wav", ".flac", ".aac"];
    (url.starts_with("https://") && audio.iter().any(|ending| path.ends_with(ending))).then_some(url)
}

/// A link kept with a tune.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The link.
    pub id: ReferenceId,
    /// Where it leads; hostile input: only http(s) becomes a link.
    pub url: String,
    /// What it leads to; `None` for a kind this release does not know.
    pub kind: Option<ReferenceKind>,
    /// What to call it.
    pub title: Option<String>,
    /// A remark.
    pub comment: Option<String>,
    /// The one she opens?
    pub favorite: bool,
    /// This person's own?
    pub own: bool,
}

/// A link as somebody writes it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceDraft {
    /// Where it leads.
    pub url: String,
    /// What it leads to.
    pub kind: ReferenceKind,
    /// What to call it; empty = its host.
    pub title: String,
    /// A remark.
    pub comment: String,
    /// The one she opens?
    pub favorite: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_guessed_by_host_and_ending() {
        let cases = [
            ("https://www.youtube.com/watch?v=x", ReferenceKind::Video),
            ("https://youtu.be/x", ReferenceKind::Video),
            ("https://thesession.org/tunes/1", ReferenceKind::SheetMusic),
            ("https://notthesession.org/tunes/1", ReferenceKind::Website),
            ("https://example.org/a/Tune.MP3?x=1", ReferenceKind::Audio),
            ("https://example.org/scan.pdf", ReferenceKind::SheetMusic),
            ("https://m.facebook.com/x", ReferenceKind::Social),
            ("https://example.org/", ReferenceKind::Website),
        ];
        for (url, kind) in cases {
            assert_eq!(ReferenceKind::guess(url), kind, "{url}");
        }
        for kind in ReferenceKind::ALL {
            assert_eq!(ReferenceKind::from_stored(kind.stored()), Some(kind));
        }
    }

    #[test]
    fn only_recordings_on_the_safe_web_are_played() {
        assert!(playable("https://example.org/kesh.mp3?dl=1").is_some());
        for bad in
            ["http://example.org/kesh.mp3", "javascript:x.mp3", "https://example.org/kesh.html", "data:audio/mp3,x.mp3"]
        {
            assert_eq!(playable(bad), None, "{bad}");
        }
    }
}
