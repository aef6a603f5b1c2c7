//! Every text that a person reads or hears goes through here. The English text is its own key (as with gettext); a [`Catalogue`] has
//! another language's, and what it lacks is said in English. How a language is added: `docs/translating.md`.
//!
//! Keys of a catalogue: `Save`; `Key [of a tune]`, where one English word means two things; `{count} tunes [few]`, for each plural
//! category of the language. Without a browser, and in tests, everything is English.

#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
pub mod browser;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt::{Display, Write};

/// The texts of a language.
pub struct Catalogue {
    /// English and translation, sorted by the English.
    pub texts: Vec<(String, String)>,
    /// The plural category of a number: `one`, `few`, `many`, `other`…
    pub category: fn(i64) -> String,
}

thread_local! {
    static SPOKEN: Cell<Option<&'static Catalogue>> = const { Cell::new(None) };
}

/// From now on texts are said in this language; `None` is English.
pub fn speak(catalogue: Option<&'static Catalogue>) {
    SPOKEN.set(catalogue);
}

fn find(key: &str) -> Option<&'static str> {
    let texts = &SPOKEN.get()?.texts;
    let at = texts.partition_point(|(english, _)| english.as_str() < key);
    texts.get(at).filter(|(english, said)| english == key && !said.is_empty()).map(|(_, said)| said.as_str())
}

/// A text in the reader's language.
#[inline(never)]
pub fn t(english: &'static str) -> &'static str {
    find(english).unwrap_or(english)
}

/// A text whose English has another meaning elsewhere: `t_in("of a tune", "Key")`.
#[inline(never)]
pub fn t_in(context: &str, english: &'static str) -> &'static str {
    if SPOKEN.get().is_none() {
        return english;
    }
    find(&format!("{english} [{context}]")).unwrap_or_else(|| t(english))
}

/// A text that was made below the interface, where nobody knows languages: a reason, a label.
#[inline(never)]
pub fn told(text: &str) -> &str {
    find(text).unwrap_or(text)
}

/// Marks a text that is said later, with [`t`]: in a constant, for example.
pub const fn mark(english: &'static str) -> &'static str {
    english
}

/// The text for so many, by the language's own rule: English has one and more. `{count}` stands for the number.
#[inline(never)]
pub fn plural(count: i64, one: &'static str, more: &'static str) -> &'static str {
    let english = if count == 1 { one } else { more };
    match SPOKEN.get() {
        None => english,
        Some(catalogue) => {
            let of = |category: &str| find(&format!("{more} [{category}]"));
            of(&(catalogue.category)(count)).or_else(|| of("other")).unwrap_or(english)
        }
    }
}

/// `12,345 ratings`, `1 rating`: the number written by [`number`](super::model::locale::number), the noun as the language counts it.
#[inline(never)]
pub fn counted(count: i64, noun: &str) -> String {
    let number = super::model::locale::number(count);
    let english = if count == 1 { format!("{{count}} {noun}") } else { format!("{{count}} {}", many(noun)) };
    let text = match SPOKEN.get() {
        None => None,
        Some(catalogue) => {
            let of = |category: &str| find(&format!("{{count}} {} [{category}]", many(noun)));
            of(&(catalogue.category)(count)).or_else(|| of("other"))
        }
    };
    fill(text.unwrap_or(&english), &[("count", &number)])
}

/// The English plural of a noun.
fn many(noun: &str) -> String {
    match noun.strip_suffix("try") {
        Some(stem) => format!("{stem}tries"),
        None => format!("{noun}s"),
    }
}

/// A text with its places filled in; `say!` is how it is used.
#[inline(never)]
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            rest = from;
            break;
        };
        let name = from.get(1..close).unwrap_or_default();
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => drop(write!(out, "{value}")),
            None => out.push_str(from.get(..=close).unwrap_or_default()),
        }
        rest = from.get(close + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The two halves of a text around a place that an element takes: `parted(t("Signed in as {email}"), "{email}")`.
#[inline(never)]
pub fn parted(text: &'static str, place: &str) -> (&'static str, &'static str) {
    text.split_once(place).unwrap_or((text, ""))
}

/// A sentence in the reader's language, with values: `say!("{sent} of {all} sent", sent, all = total())`. A language puts them where
/// it wants them. In the place of the English may stand a [`plural`].
macro_rules! say {
    ($english:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::ui::text::fill($crate::ui::text::t($english), &[$((stringify!($name), $crate::ui::text::say!(@ $name $($value)?))),*])
    };
    (@ $name:ident) => { &$name as &dyn ::std::fmt::Display };
    (@ $name:ident $value:expr) => { &$value as &dyn ::std::fmt::Display };
    ($chosen:expr $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::ui::text::fill($chosen, &[$((stringify!($name), $crate::ui::text::say!(@ $name $($value)?))),*])
    };
}
pub(crate) use say;
