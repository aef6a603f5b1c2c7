//! Notes are stored as HTML written by other programs and other people: hostile. They are read into a few harmless kinds of
//! block, which the page builds anew; no foreign markup ever reaches the document. Own notes are edited in the same few kinds of block.

pub mod picture;
mod read;

pub use self::read::blocks;
use crate::domain::links::safe_link;

/// What is said of a picture that nobody has described.
const UNDESCRIBED: &str = "Picture in the note";

/// A piece of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Bold?
        strong: bool,
        /// Slanted?
        slanted: bool,
    },
    /// A link that leads to the web.
    Link {
        /// Where to.
        href: String,
        /// What it says.
        text: String,
    },
    /// A picture whose data are in the note.
    Image {
        /// The data address.
        src: String,
        /// What it shows.
        alt: String,
    },
    /// A new line.
    Break,
}

/// A paragraph, or an item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// An item of a list?
    pub item: bool,
    /// What is in it.
    pub pieces: Vec<Piece>,
}

/// A note as plain text for editing: a blank line between paragraphs.
pub fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut previous_item = false;
    for block in blocks(html) {
        if !text.is_empty() {
            text.push_str(if block.item && previous_item { "\n" } else { "\n\n" });
        }
        if block.item {
            text.push_str("• ");
        }
        previous_item = block.item;
        for piece in &block.pieces {
            match piece {
                Piece::Text { text: t, .. } => text.push_str(t),
                Piece::Link { href, text: t } if t == href => text.push_str(href),
                Piece::Link { href, text: t } => text.push_str(&format!("{t} ({href})")),
                Piece::Image { .. } => {}
                Piece::Break => text.push('\n'),
            }
        }
    }
    text
}

/// The note in the little HTML that is stored and that the editor is given: paragraphs, lists, bold, slanted, links, pictures whose data are
/// in the note. Made anew from what was understood, so that nothing else can be in it. Bare addresses become links.
pub fn clean(html: &str) -> String {
    let mut out = String::new();
    let mut in_list = false;
    for block in blocks(html) {
        if block.item != in_list {
            out.push_str(if block.item { "<ul>" } else { "</ul>" });
            in_list = block.item;
        }
        let pieces: String = block.pieces.iter().map(stored).collect();
        let name = if block.item { "li" } else { "p" };
        out.push_str(&format!("<{name}>{pieces}</{name}>"));
    }
    if in_list {
        out.push_str("</ul>");
    }
    out
}

fn stored(piece: &Piece) -> String {
    match piece {
        Piece::Text { text, strong, slanted } => {
            let mut html = linked(text);
            if *slanted {
                html = format!("<em>{html}</em>");
            }
            if *strong {
                html = format!("<strong>{html}</strong>");
            }
            html
        }
        Piece::Link { href, text } => format!("<a href=\"{}\">{}</a>", escaped(href), escaped(text)),
        Piece::Image { src, alt } => format!("<img src=\"{}\" alt=\"{}\">", escaped(src), escaped(alt)),
        Piece::Break => "<br>".to_owned(),
    }
}

/// A whole tune in ABC as it is stored in a note.
pub fn of_abc(abc: &str) -> String {
    format!("<pre>{}</pre>", escaped(abc.trim()))
}

/// Plain text (pasted, say) as HTML: paragraphs at blank lines, `<br>` at line ends, addresses as links.
pub fn html(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut html = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let lines: Vec<String> = paragraph.lines().map(|line| linked(line.trim_end())).collect();
        html.push_str(&format!("<p>{}</p>", lines.join("<br>")));
    }
    html
}

fn linked(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let bare = word.trim_start_matches('(').trim_end_matches([')', ',', '.', ';', '!', '?']);
        match safe_link(bare) {
            Some(url) => {
                let (before, after) = word.split_once(url).unwrap_or(("", ""));
                let url = escaped(url);
                format!("{}<a href=\"{url}\">{url}</a>{}", escaped(before), escaped(after))
            }
            None => escaped(word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
