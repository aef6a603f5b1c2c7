//! The form for a tune's fields, with its first bars drawn while one types.

use leptos::prelude::*;

use super::live_text::Problem;
use super::notation::Notation;
use crate::domain::tune::TuneFields;
use crate::store::schema::Table;
use crate::ui::drafts::{self, BroughtBack};
use crate::ui::model::draft::{self, Draft};
use crate::ui::model::fields::{self, Field, KINDS};
use crate::ui::state::app;
use crate::ui::text::{say, t};
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// Modes offered while typing; anything else may be typed.
const MODES: [&str; 14] = [
    "D Major",
    "G Major",
    "A Major",
    "C Major",
    "F Major",
    "E Minor",
    "B Minor",
    "A Minor",
    "D Minor",
    "A Dorian",
    "E Dorian",
    "D Mixolydian",
    "A Mixolydian",
    "G Mixolydian",
];

/// The form.
#[component]
pub fn TuneForm(
    /// What it starts with.
    initial: TuneFields,
    /// The catalog's values, where she has her own.
    catalog: Option<TuneFields>,
    /// What the button says.
    save_label: &'static str,
    /// Being saved?
    busy: RwSignal<bool>,
    /// Why it could not be saved.
    failure: RwSignal<Option<Failure>>,
    /// Saves.
    save: Callback<TuneFields>,
    /// Leaves without saving.
    cancel: Callback<()>,
    /// Where what is typed is kept until it is saved; who saves forgets it.
    draft: Draft,
) -> impl IntoView {
    let begun = drafts::kept(draft).and_then(|text| draft::form(&text)).filter(|begun| *begun != initial);
    let brought_back = begun.is_some();
    let values = RwSignal::new(begun.unwrap_or(initial));
    let leave = Callback::new(move |()| {
        drafts::forget(draft);
        cancel.run(());
    });
    let keep = move |_| values.with_untracked(|fields| drafts::keep(draft, &draft::of_form(fields)));
    let complaint = RwSignal::new(None::<&'static str>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let fields = values.get_untracked();
        complaint.set(fields::problem(&fields));
        if complaint.get_untracked().is_none() {
            save.run(fields);
        }
    };
    let rows =
        Field::ALL.into_iter().map(|field| view! { <Row field values catalog=catalog.clone() /> }).collect_view();
    view! {
        <form class="stack tune-form" novalidate on:submit=submit on:input=keep>
            {brought_back.then(|| view! { <BroughtBack discard=leave /> })}
            {rows}
            <datalist id="kinds">{KINDS.map(|(_, name, _)| view! { <option value=name></option> }).collect_view()}</datalist>
            <datalist id="modes">{MODES.map(|name| view! { <option value=name></option> }).collect_view()}</datalist>
            <Notation fields=values />
            <div role="alert">{move || complaint.get().map(|text| view! { <p class="problem">{text}</p> })}</div>
            <Problem failure />
            <div class="actions">
                <button type="button" on:click=move |_| leave.run(())>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || busy.get()>{save_label}</button>
            </div>
        </form>
    }
}

#[component]
fn Row(field: Field, values: RwSignal<TuneFields>, catalog: Option<TuneFields>) -> impl IntoView {
    // What was typed stands in the field as it is; the values hold it trimmed.
    let typed = RwSignal::new(values.with_untracked(|fields| field.read(fields)));
    let put = move |text: String| {
        values.update(|fields| field.write(fields, &text));
        typed.set(text);
    };
    let id = format!("field-{field:?}").to_lowercase();
    let list = match field {
        Field::Kind => Some("kinds"),
        Field::Mode => Some("modes"),
        _ => None,
    };
    if field == Field::Genre {
        return view! { <GenreRow values catalog /> }.into_any();
    }
    let input = if field == Field::Incipit {
        view! {
            <textarea id=id.clone() rows="2" spellcheck="false" autocapitalize="none" class="abc-input"
                prop:value=move || typed.get() on:input=move |event| put(event_target_value(&event))></textarea>
        }
        .into_any()
    } else {
        view! {
            <input id=id.clone() type="text" autocomplete="off" list=list aria-required=(field == Field::Title).then_some("true")
                prop:value=move || typed.get() on:input=move |event| put(event_target_value(&event)) />
        }
        .into_any()
    };
    let theirs = move || {
        let catalog = catalog.as_ref()?;
        values.with(|fields| field.differs(fields, catalog))
    };
    view! {
        <div class="field">
            <label for=id>{field.label()}</label>
            {input}
            {(field == Field::Title).then(|| view! {
                <p class="quiet">{t("Other names go into a note that begins “Also known as:”. The search finds them.")}</p>
            })}
            {move || theirs().map(|theirs| {
                let shown = if theirs.is_empty() { t("nothing").to_owned() } else { theirs.clone() };
                let name = say!("Use the catalog's {field}", field = field.label().to_lowercase());
                view! {
                    <p class="revert">
                        <span>{t("Catalog:")}" " <q>{shown}</q></span>
                        <button type="button" class="plain" aria-label=name on:click=move |_| put(theirs.clone())>{t("Use it")}</button>
                    </p>
                }
            })}
        </div>
    }
    .into_any()
}

/// The genre, of those there are; nothing to choose from without the catalog.
#[component]
fn GenreRow(values: RwSignal<TuneFields>, catalog: Option<TuneFields>) -> impl IntoView {
    let genres = app().live(
        &[Table::Genre],
        || Some(LibraryRequest::Genres),
        |response| match response {
            Response::Library(LibraryAnswer::Genres(all)) => Some(all),
            _ => None,
        },
    );
    let name = move |id: &str| {
        let known =
            genres.value.with(|all| all.iter().flatten().find(|genre| genre.id == id).map(|genre| genre.name.clone()));
        known.unwrap_or_else(|| id.to_owned())
    };
    let options = move || {
        let all = genres.value.get().unwrap_or_default();
        all.into_iter()
            .map(|genre| {
                let id = genre.id.clone();
                let selected = move || values.with(|values| values.genre.as_ref() == Some(&id));
                view! { <option value=genre.id prop:selected=selected>{genre.name}</option> }
            })
            .collect_view()
    };
    let theirs = StoredValue::new(catalog);
    let differs =
        move || theirs.with_value(|theirs| values.with(|fields| Field::Genre.differs(fields, theirs.as_ref()?)));
    view! {
        <div class="field" hidden=move || genres.value.with(|all| all.as_ref().is_none_or(Vec::is_empty))>
            <label for="field-genre">{t("Genre")}</label>
            <select id="field-genre" on:change=move |event| values.update(|fields| Field::Genre.write(fields, &event_target_value(&event)))>
                <option value="" prop:selected=move || values.with(|values| values.genre.is_none())>{t("None")}</option>
                {options}
            </select>
            {move || differs().map(|theirs| {
                let shown = if theirs.is_empty() { t("nothing").to_owned() } else { name(&theirs) };
                view! {
                    <p class="revert">
                        <span>{t("Catalog:")}" " <q>{shown}</q></span>
                        <button type="button" class="plain" aria-label=t("Use the catalog's genre")
                            on:click=move |_| values.update(|fields| Field::Genre.write(fields, &theirs))>{t("Use it")}</button>
                    </p>
                }
            })}
        </div>
    }
}
