//! Reads the hostile HTML of a note into blocks: a forgiving reader that keeps what it knows to be harmless and nothing else.

use super::{Block, Piece};
use crate::domain::links::{safe_image, safe_link};

/// Elements whose content is not text of the note.
const SILENT: [&str; 9] = ["script", "style", "head", "title", "iframe", "object", "svg", "math", "template"];
/// Elements that begin a new paragraph.
const BLOCKS: [&str; 20] = [
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "table",
    "tr",
    "section",
    "article",
    "figure",
    "hr",
    "dl",
];

/// Reads a note.
pub fn blocks(html: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
        } else if let Some((tag, after)) = tag(rest) {
            rest = after;
            reader.tag(&tag);
            if !tag.closing && SILENT.contains(&tag.name.as_str()) {
                rest = after_closing(rest, &tag.name);
            }
        } else {
            reader.text("<");
            rest = &rest[1..];
        }
    }
    reader.text(rest);
    reader.finish()
}

/// An element's beginning or end.
pub(super) struct Tag {
    pub(super) name: String,
    closing: bool,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the tag at the start of `text`; `None` if it is only a “less than”.
pub(super) fn tag(text: &str) -> Option<(Tag, &str)> {
    let body = &text[1..];
    let (closing, body) = body.strip_prefix('/').map_or((false, body), |rest| (true, rest));
    if let Some(odd) = body.strip_prefix(['!', '?']) {
        let after = odd.find('>').map_or("", |end| &odd[end + 1..]);
        return Some((Tag { name: String::new(), closing, attributes: Vec::new() }, after));
    }
    if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = body.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(body.len());
    let name = body[..end].to_ascii_lowercase();
    let mut rest = &body[end..];
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        let stop = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/');
        // The first character belongs to the name whatever it is, so that every round gets further.
        let end = rest.char_indices().skip(1).find(|(_, c)| stop(*c)).map_or(rest.len(), |(end, _)| end);
        let attribute = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len())),
            };
        }
        attributes.push((attribute, decoded(value)));
    }
    Some((Tag { name, closing, attributes }, rest))
}

fn after_closing<'a>(text: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    // ASCII lower-casing keeps the byte positions.
    match text.to_ascii_lowercase().find(&end) {
        Some(at) => text[at..].find('>').map_or("", |close| &text[at + close + 1..]),
        None => "",
    }
}

/// Resolves the character references that occur in notes; unknown ones stay as they are.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        let resolved = end.and_then(|end| reference(&rest[1..end]).map(|c| (c, end + 1)));
        let (c, length) = resolved.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || *c == '\n' || *c == '\t');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "szlig" => 'ß',
        "aelig" => 'æ',
        "AElig" => 'Æ',
        "oslash" => 'ø',
        "Oslash" => 'Ø',
        _ => return accented(name),
    })
}

/// `eacute` and the like, in the vowels and few other letters that have them.
fn accented(name: &str) -> Option<char> {
    const MARKS: [(&str, &str, &str); 7] = [
        ("acute", "aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ"),
        ("grave", "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
        ("circ", "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
        ("uml", "aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"),
        ("tilde", "anoANO", "ãñõÃÑÕ"),
        ("ring", "aA", "åÅ"),
        ("cedil", "cC", "çÇ"),
    ];
    let letter = name.chars().next()?;
    let (_, bare, marked) = MARKS.iter().find(|(mark, ..)| name[letter.len_utf8()..] == **mark)?;
    marked.chars().nth(bare.find(letter)?)
}

#[derive(Default)]
struct Reader {
    done: Vec<Block>,
    block: Block,
    strong: u32,
    slanted: u32,
    preformatted: u32,
    link: Option<(String, String)>,
}

impl Reader {
    fn text(&mut self, raw: &str) {
        let mut text = decoded(raw);
        if self.preformatted == 0 {
            let inner =
                text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            let lead = if text.starts_with([' ', '\t', '\n', '\r']) && !self.at_line_start() { " " } else { "" };
            let trail = if text.ends_with([' ', '\t', '\n', '\r']) && !inner.is_empty() { " " } else { "" };
            text = format!("{lead}{inner}{trail}");
        }
        if text.is_empty() {
            return;
        }
        if let Some((_, said)) = &mut self.link {
            said.push_str(&text);
            return;
        }
        let (strong, slanted) = (self.strong > 0, self.slanted > 0);
        if let Some(Piece::Text { text: last, strong: s, slanted: i }) = self.block.pieces.last_mut()
            && (*s, *i) == (strong, slanted)
        {
            last.push_str(&text);
            return;
        }
        self.block.pieces.push(Piece::Text { text, strong, slanted });
    }

    fn at_line_start(&self) -> bool {
        match self.block.pieces.last() {
            None | Some(Piece::Break) => self.link.is_none(),
            Some(Piece::Text { text, .. }) => text.ends_with(' '),
            Some(_) => false,
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let count = |depth: &mut u32| *depth = if tag.closing { depth.saturating_sub(1) } else { *depth + 1 };
        match tag.name.as_str() {
            "b" | "strong" => count(&mut self.strong),
            "i" | "em" => count(&mut self.slanted),
            "a" => {
                self.end_link();
                if let Some(href) = tag.attribute("href").and_then(safe_link).filter(|_| !tag.closing) {
                    self.link = Some((href.to_owned(), String::new()));
                }
            }
            "br" => {
                self.end_link();
                self.block.pieces.push(Piece::Break);
            }
            "img" => {
                if let Some(src) = tag.attribute("src").and_then(safe_image) {
                    let alt = tag.attribute("alt").unwrap_or(super::UNDESCRIBED).to_owned();
                    self.block.pieces.push(Piece::Image { src: src.to_owned(), alt });
                }
            }
            name if BLOCKS.contains(&name) => {
                if name == "pre" {
                    count(&mut self.preformatted);
                }
                self.end_block();
                self.block.item = name == "li" && !tag.closing;
            }
            "td" | "th" if !tag.closing => self.text(" "),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        if let Some((href, text)) = self.link.take() {
            let text = if text.trim().is_empty() { href.clone() } else { text.trim().to_owned() };
            self.block.pieces.push(Piece::Link { href, text });
        }
    }

    fn end_block(&mut self) {
        self.end_link();
        let mut block = std::mem::take(&mut self.block);
        while block.pieces.last().is_some_and(|piece| match piece {
            Piece::Text { text, .. } => text.trim().is_empty(),
            piece => *piece == Piece::Break,
        }) {
            block.pieces.pop();
        }
        if let Some(Piece::Text { text, .. }) = block.pieces.last_mut() {
            text.truncate(text.trim_end().len());
        }
        if !block.pieces.is_empty() {
            self.done.push(block);
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.end_block();
        self.done
    }
}
