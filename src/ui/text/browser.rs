//! Which language the reader wants, and its catalogue: `languages/<tag>.json` beside the page, a flat object of English and translation.

use js_sys::{Array, Function, JSON, Object, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Catalogue, speak};
use crate::ui::preferences;

/// The chosen language in storage.
const CHOSEN: &str = "tunetrees.language";
/// The language of the texts as they are written.
pub const ENGLISH: &str = "en";

/// The languages there is a file for, by their tags; English, which needs none, is not among them.
pub fn languages() -> impl Iterator<Item = &'static str> {
    env!("TUNETREES_LANGUAGES").split_whitespace()
}

/// What was chosen; `None`: as the browser says.
pub fn chosen() -> Option<String> {
    preferences::read(CHOSEN)
}

/// Chooses a language, and begins anew in it.
pub fn choose(tag: Option<&str>) {
    match tag {
        Some(tag) => preferences::write(CHOSEN, tag),
        None => preferences::forget(CHOSEN),
    }
    let _ = window().location().reload();
}

/// The language to speak: the chosen one, else the first of the browser's that we have.
pub fn wanted() -> String {
    chosen().or_else(of_browser).unwrap_or_else(|| ENGLISH.to_owned())
}

fn of_browser() -> Option<String> {
    let ours = |tag: String| {
        let spoken = tag.split('-').next().unwrap_or_default();
        if spoken == ENGLISH {
            return Some(ENGLISH.to_owned());
        }
        let same = |known: &&str| known.eq_ignore_ascii_case(&tag);
        let found = languages().find(same).or_else(|| languages().find(|known| *known == spoken));
        found.map(str::to_owned)
    };
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).find_map(ours)
}

/// Fetches the catalogue and speaks it. Without it everything is said in English: gives the language that is spoken.
pub async fn speak_in(tag: &str) -> String {
    match catalogue(tag).await {
        Some(texts) => {
            RULES.set(rules(tag));
            speak(Some(Box::leak(Box::new(Catalogue { texts, category }))));
            if let Some(page) = document().document_element() {
                let _ = page.set_attribute("lang", tag);
            }
            tag.to_owned()
        }
        None => ENGLISH.to_owned(),
    }
}

async fn catalogue(tag: &str) -> Option<Vec<(String, String)>> {
    let answer = JsFuture::from(window().fetch_with_str(&format!("/languages/{tag}.json"))).await.ok()?;
    let text = JsFuture::from(answer.dyn_into::<web_sys::Response>().ok()?.text().ok()?).await.ok()?;
    let texts: Object = JSON::parse(&text.as_string()?).ok()?.dyn_into().ok()?;
    let said = |key: JsValue| Some((key.as_string()?, Reflect::get(&texts, &key).ok()?.as_string()?));
    // The browser sorts: no code for it is downloaded.
    Some(Object::keys(&texts).sort().iter().filter_map(said).collect())
}

thread_local! {
    static RULES: std::cell::RefCell<Option<(JsValue, Function)>> = const { std::cell::RefCell::new(None) };
}

/// `Intl.PluralRules` of the language, and its `select`.
fn rules(tag: &str) -> Option<(JsValue, Function)> {
    let rules: JsValue = intl("PluralRules", &Array::of1(&tag.into()))?;
    let select = Reflect::get(&rules, &"select".into()).ok()?.dyn_into().ok()?;
    Some((rules, select))
}

fn category(count: i64) -> String {
    RULES
        .with_borrow(|rules| {
            let (rules, select) = rules.as_ref()?;
            select.call1(rules, &(count as f64).into()).ok()?.as_string()
        })
        .unwrap_or_else(|| "other".to_owned())
}

fn intl(class: &str, arguments: &Array) -> Option<JsValue> {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let class: Function = Reflect::get(&intl, &class.into()).ok()?.dyn_into().ok()?;
    Reflect::construct(&class, arguments).ok()
}

/// What a language calls itself: “Gaeilge”.
pub fn name_of(tag: &str) -> String {
    let name = || {
        let options = Object::new();
        Reflect::set(&options, &"type".into(), &"language".into()).ok()?;
        let names = intl("DisplayNames", &Array::of2(&tag.into(), &options))?;
        let of: Function = Reflect::get(&names, &"of".into()).ok()?.dyn_into().ok()?;
        of.call1(&names, &tag.into()).ok()?.as_string()
    };
    name().unwrap_or_else(|| tag.to_owned())
}
