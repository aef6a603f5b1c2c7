//! In a real browser's page: what Intl writes for readers of several regions, and a tune that is played.
#![cfg(all(target_arch = "wasm32", not(feature = "database")))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use leptos::prelude::*;
use tunetrees::domain::time::{CalendarDate, Timestamp};
use tunetrees::ui::components::player::Player;
use tunetrees::ui::locale;
use tunetrees::ui::model::locale as words;
use tunetrees::ui::model::locale::{Form, Unit};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn day() -> CalendarDate {
    "2026-03-12".parse().unwrap()
}

fn afternoon() -> String {
    let at: Timestamp = "2026-03-12T14:05:00Z".parse().unwrap();
    words::time(at, &chrono::Utc).replace('\u{202f}', " ")
}

#[wasm_bindgen_test]
fn the_words_are_english_and_the_manner_is_that_of_the_region() {
    locale::follow("en", "de-DE");
    assert_eq!(words::date(day(), Form::Weekday), "Thu, 12 Mar 2026");
    assert_eq!(words::date(day(), Form::Month), "March 2026");
    assert_eq!((words::number(12_345), afternoon()), ("12.345".into(), "14:05".into()));
    assert_eq!([words::away(3, Unit::Day), words::away(-1, Unit::Day)], ["in 3 days", "yesterday"]);
    assert_eq!(words::span(2, Unit::Week), "2 weeks");
    assert_eq!(words::counted(2000, "tune"), "2.000 tunes");
    assert_eq!((words::week()[0], words::weekday(0, Form::WeekdayName)), (0, "Monday".into()));

    locale::follow("en", "en-US");
    assert_eq!(words::date(day(), Form::Weekday), "Thu, Mar 12, 2026");
    assert_eq!((words::number(12_345), afternoon()), ("12,345".into(), "2:05 PM".into()));
    assert_eq!((words::week()[0], words::week_of(day())), (6, "2026-03-08".parse().unwrap()));

    locale::follow("en", "en-IE");
    assert_eq!(words::date(day(), Form::Day), "12 Mar 2026");
    assert_eq!(words::week()[0], 0);
}

#[wasm_bindgen_test]
fn a_region_without_an_english_of_its_own_keeps_its_figures_and_its_clock() {
    locale::follow("en", "pt-BR");
    assert_eq!(words::date(day(), Form::Day), "12 Mar 2026");
    assert_eq!((words::number(12_345), afternoon()), ("12.345".into(), "14:05".into()));
    assert_eq!(words::away(2, Unit::Month), "in 2 months");
    // Arabic digits in English sentences would be a second script.
    locale::follow("en", "ar-EG");
    assert!(words::number(12_345).is_ascii(), "{}", words::number(12_345));
}

#[wasm_bindgen_test]
fn a_tag_without_a_region_and_one_that_is_none_are_written_all_the_same() {
    locale::follow("en", "fr");
    assert_eq!((words::date(day(), Form::Day), afternoon()), ("12 Mar 2026".into(), "14:05".into()));
    locale::follow("en", "not a language");
    assert!(words::date(day(), Form::Day).contains("2026"));
}

/// A tune as abcjs describes it: two crotchets.
fn drawn() -> JsValue {
    js_sys::eval(
        "({
            setUpAudio: () => ({ tracks: [[
                { cmd: 'program' },
                { start: 0, duration: 0.25, pitch: 62 },
                { start: 0.25, duration: 0.25, pitch: 69 },
            ]] }),
            millisecondsPerMeasure: (pace) => 4 * 60000 / pace,
            getMeterFraction: () => ({ num: 4, den: 4 }),
        })",
    )
    .unwrap()
}

async fn pause(milliseconds: u64) {
    let wait = js_sys::Promise::new(&mut |done, _| {
        set_timeout(move || drop(done.call0(&JsValue::NULL)), Duration::from_millis(milliseconds));
    });
    wasm_bindgen_futures::JsFuture::from(wait).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_tune_is_played_to_its_end_or_until_it_is_stopped() {
    let place: web_sys::HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&place).unwrap();
    let shown = RwSignal::new_local(None::<JsValue>);
    let mounted = leptos::mount::mount_to(place.clone(), move || {
        // Two crotchets at this pace last a fifth of a second.
        view! { <Player drawn=shown tempo=Signal::stored(600_u32) /> }
    });
    pause(20).await;
    let button = || place.query_selector("button").unwrap().map(|b| b.unchecked_into::<web_sys::HtmlElement>());
    let says = || button().unwrap().text_content().unwrap();
    assert!(button().is_none(), "nothing to play");
    shown.set(Some(drawn()));
    pause(20).await;
    assert_eq!(says(), "▶ Play");
    button().unwrap().click();
    pause(20).await;
    assert_eq!(says(), "■ Stop");
    button().unwrap().click();
    pause(20).await;
    assert_eq!(says(), "▶ Play");
    button().unwrap().click();
    pause(20).await;
    assert_eq!(says(), "■ Stop");
    pause(800).await;
    assert_eq!(says(), "▶ Play", "over by itself");
    // Without a single note there is nothing to stop.
    shown.set(Some(
        js_sys::eval(
            "({ setUpAudio: () => ({ tracks: [] }), millisecondsPerMeasure: () => 1, getMeterFraction: () => ({}) })",
        )
        .unwrap(),
    ));
    pause(20).await;
    button().unwrap().click();
    pause(20).await;
    assert_eq!(says(), "▶ Play");
    drop(mounted);
}
