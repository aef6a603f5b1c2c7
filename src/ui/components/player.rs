//! Plays what abcjs has drawn, on the browser's own oscillators: it works without a network, and nothing is fetched.

use std::time::Duration;

use crate::ui::text::t;
use js_sys::{Array, Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioContext, OscillatorType};

/// Speeds offered, in hundredths.
const SPEEDS: [u32; 4] = [50, 70, 85, 100];
/// A tune with more notes than this is cut off: each is an oscillator.
const MOST_NOTES: usize = 4000;

/// One note: begin and length in seconds, and the key on a piano (middle C = 60).
struct Note {
    start: f64,
    length: f64,
    pitch: f64,
}

/// A button that plays, and how fast.
#[component]
pub fn Player(
    /// What abcjs knows of the tune.
    drawn: RwSignal<Option<JsValue>, LocalStorage>,
    /// Beats a minute.
    tempo: Signal<u32>,
) -> impl IntoView {
    let speed = RwSignal::new(100_u32);
    let playing = RwSignal::new_local(None::<AudioContext>);
    let stop = move || {
        if let Some(Some(context)) = playing.try_update(Option::take) {
            let _ = context.close();
        }
    };
    on_cleanup(stop);
    // Another tune in the same place.
    Effect::new(move |_| {
        drawn.track();
        stop();
    });
    let press = move |_| {
        if playing.with_untracked(Option::is_some) {
            return stop();
        }
        let pace = f64::from(tempo.get_untracked()) * f64::from(speed.get_untracked()) / 100.0;
        let Some(tune) = drawn.get_untracked() else { return };
        let Ok((context, length)) = notes(&tune, pace).and_then(|notes| play(&notes)) else { return };
        playing.set(Some(context.clone()));
        set_timeout(
            move || {
                let same = playing.try_with_untracked(|now| now.as_ref() == Some(&context));
                if same == Some(true) {
                    stop();
                }
            },
            Duration::from_secs_f64(length + 0.3),
        );
    };
    let options = move || {
        let option = |value: u32| view! { <option value=value.to_string() selected=value == 100>{format!("{value} %")}</option> };
        SPEEDS.map(option).collect_view()
    };
    view! {
        <Show when=move || drawn.with(Option::is_some)>
            <div class="player">
                <button data-testid="play" on:click=press>
                    {move || if playing.with(Option::is_some) { t("■ Stop") } else { t("▶ Play") }}
                </button>
                <label>
                    <span class="unseen">{t("Speed")}</span>
                    <select on:change=move |event| speed.set(event_target_value(&event).parse().unwrap_or(100))>{options()}</select>
                </label>
            </div>
        </Show>
    }
}

fn number(object: &JsValue, name: &str) -> Option<f64> {
    Reflect::get(object, &name.into()).ok()?.as_f64()
}

fn call(object: &JsValue, name: &str, argument: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into::<Function>()?.call1(object, argument)
}

/// The notes of the melody. abcjs counts in semibreves.
fn notes(tune: &JsValue, pace: f64) -> Result<Vec<Note>, JsValue> {
    let sound = call(tune, "setUpAudio", &js_sys::Object::new())?;
    let bar = call(tune, "millisecondsPerMeasure", &pace.into())?.as_f64().unwrap_or(2000.0) / 1000.0;
    let metre = call(tune, "getMeterFraction", &JsValue::UNDEFINED)?;
    let bar_length = number(&metre, "num").unwrap_or(4.0) / number(&metre, "den").unwrap_or(4.0).max(1.0);
    let scale = bar / bar_length.max(0.01);
    let mut notes = Vec::new();
    let tracks = Array::from(&Reflect::get(&sound, &"tracks".into())?);
    for event in tracks.iter().flat_map(|track| Array::from(&track).to_vec()) {
        let (Some(start), Some(length), Some(pitch)) =
            (number(&event, "start"), number(&event, "duration"), number(&event, "pitch"))
        else {
            continue;
        };
        if notes.len() < MOST_NOTES {
            notes.push(Note { start: start * scale, length: length * scale, pitch });
        }
    }
    if notes.is_empty() { Err("no notes".into()) } else { Ok(notes) }
}

/// Puts all notes into the future of a sound; how long it lasts.
fn play(notes: &[Note]) -> Result<(AudioContext, f64), JsValue> {
    let context = AudioContext::new()?;
    let begin = context.current_time() + 0.08;
    let mut end: f64 = 0.0;
    for note in notes {
        let (start, length) = (begin + note.start, note.length.clamp(0.03, 20.0));
        let tone = context.create_oscillator()?;
        let loudness = context.create_gain()?;
        tone.set_type(OscillatorType::Triangle);
        tone.frequency().set_value((440.0 * ((note.pitch - 69.0) / 12.0).exp2()) as f32);
        let gain = loudness.gain();
        gain.set_value_at_time(0.0, start)?;
        gain.linear_ramp_to_value_at_time(0.22, start + 0.015)?;
        gain.exponential_ramp_to_value_at_time(0.09, start + length * 0.85)?;
        gain.linear_ramp_to_value_at_time(0.0, start + length)?;
        tone.connect_with_audio_node(&loudness)?;
        loudness.connect_with_audio_node(&context.destination())?;
        tone.start_with_when(start)?;
        tone.stop_with_when(start + length + 0.02)?;
        end = end.max(note.start + length);
    }
    Ok((context, end))
}
