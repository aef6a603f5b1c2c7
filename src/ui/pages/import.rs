//! Bringing tunes in: ABC, tables, The Session. All of it is looked at before anything is written, and can be taken back.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast;

use crate::domain::csv::Meaning;
use crate::domain::import::{Decision, Imported, Offer, Preview, Source, parts};
use crate::domain::text_file;
use crate::domain::the_session::Question;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::handed_over;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::screen;
use crate::ui::model::handed::{Handed, handed};
use crate::ui::model::{fields, import_words};
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t, told};
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// So many offers are shown one by one, and so many more when asked for.
const SHOWN: usize = 150;

/// The page.
#[component]
pub fn ImportPage() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let way = RwSignal::new(0_usize);
    let text = RwSignal::new(String::new());
    let words = RwSignal::new(String::new());
    let preview = RwSignal::new(None::<Preview>);
    let decisions = RwSignal::new(Vec::<Decision>::new());
    let homeless = move || app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.current.is_none()));
    let found = RwSignal::new(None::<Vec<(u64, String, String)>>);
    let done = RwSignal::new(None::<Imported>);
    // Of an import that is going on: how many tunes are written down, of how many.
    let written = RwSignal::new(None::<(usize, usize)>);
    let show = move |new: Preview, one: bool| {
        let propose = |(at, offer): (usize, &Offer)| if one && at > 0 { Decision::Skip } else { offer.proposal() };
        // It was taken for a book, and is a table.
        if !new.columns.is_empty() && way.get_untracked() == 0 {
            way.set(1);
        }
        decisions.set(new.offers.iter().enumerate().map(propose).collect());
        done.set(None);
        preview.set(Some(new));
    };
    let took = move |response: Response, one: bool| match response {
        Response::Library(LibraryAnswer::Preview(new)) => {
            found.set(None);
            show(*new, one);
        }
        Response::Library(LibraryAnswer::SessionTunes(all)) => {
            preview.set(None);
            found.set(Some(all));
        }
        _ => {}
    };
    let look = move |meanings: Vec<Option<Meaning>>| {
        let text = text.get_untracked();
        let source = if way.get_untracked() == 0 { Source::Abc(text) } else { Source::Csv { text, meanings } };
        attempt.go(app, LibraryRequest::PreviewImport { source }, move |response| took(response, false));
    };
    let ask = move |question: Question| {
        attempt.go(app, LibraryRequest::AskTheSession { question }, move |response| took(response, true));
    };
    let search = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(question) = Question::of(&words.get_untracked()) {
            ask(question);
        }
    };
    let choose_way = move |now: usize| {
        way.set(now);
        preview.set(None);
        found.set(None);
        done.set(None);
        attempt.failure.set(None);
    };
    let results = NodeRef::<Div>::new();
    // What was found is below the screen of a phone: she is led to it.
    Effect::new(move |before: Option<bool>| {
        let there = preview.with(Option::is_some);
        if there && before == Some(false) {
            request_animation_frame(move || {
                if let Some(place) = results.get_untracked()
                    && place.get_bounding_client_rect().top() > screen::height() * 0.6
                {
                    place.scroll_into_view();
                }
            });
        }
        there
    });
    let take_in = move |said: String| {
        // Nothing of the file before.
        preview.try_set(None);
        // The page may be gone.
        if text.try_set(said).is_none() {
            look(Vec::new());
        }
    };
    let read = move |file: web_sys::File| async move {
        match handed_over::bytes(&file).await {
            Ok(bytes) => take_in(text_file::text(&bytes)),
            Err(_) => {
                let words = t("This file could not be read. Was it moved or changed meanwhile? Choose it again.");
                attempt.failure.try_set(Some(Failure::Invalid(words.to_owned())));
            }
        }
    };
    let file = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(file) = input.and_then(|input| input.files()).and_then(|files| files.get(0)) {
            spawn_local(read(file));
        }
    };
    // What another app shared, or what was opened with this one.
    handed_over::on_opened(move |file| spawn_local(read(file)));
    let query = use_query_map().get_untracked();
    match handed(query.get("shared").is_some(), query.get("text").as_deref(), query.get("url").as_deref()) {
        Some(Handed::File) => spawn_local(async move {
            if let Some(bytes) = handed_over::shared().await {
                take_in(text_file::text(&bytes));
            }
        }),
        Some(Handed::Text(said)) => take_in(said),
        Some(Handed::Session(address)) => {
            way.set(2);
            words.set(address.clone());
            if let Some(question) = Question::of(&address) {
                ask(question);
            }
        }
        None => {}
    }
    let bring = move |_| {
        let Some(Preview { offers, .. }) = preview.get_untracked() else { return };
        let decided = decisions.get_untracked();
        let mut parts = parts(offers.into_iter().map(|offer| offer.incoming).zip(decided).collect());
        let total: usize = parts.iter().map(Vec::len).sum();
        attempt.busy.set(true);
        attempt.failure.set(None);
        spawn_local(async move {
            let (mut all, mut goes_on) = (Imported::default(), false);
            while let Some(items) = parts.pop_front() {
                match app.call(LibraryRequest::Import { items, goes_on }).await {
                    Ok(Response::Library(LibraryAnswer::Imported(part))) => all = all.and(part),
                    Ok(_) => {}
                    Err(failure) => {
                        attempt.failure.try_set(Some(failure));
                        break;
                    }
                }
                goes_on = true;
                let left: usize = parts.iter().map(Vec::len).sum();
                written.try_set(Some((total - left, total)).filter(|_| left > 0));
            }
            written.try_set(None);
            attempt.busy.try_set(false);
            // What came in before something went wrong is in, and known by the next look at the same text.
            if goes_on {
                preview.try_set(None);
                done.try_set(Some(all));
            }
            if attempt.failure.try_with_untracked(Option::is_none) == Some(true) {
                text.try_set(String::new());
            }
        });
    };
    let undo = move |_| {
        let Some(Imported { made, joined }) = done.get_untracked() else { return };
        attempt.go(app, LibraryRequest::DeleteTunes { tunes: made }, move |_| {
            if joined.is_empty() {
                done.try_set(None);
                return;
            }
            attempt.go(app, LibraryRequest::RemoveFromRepertoire { tunes: joined }, move |_| {
                done.try_set(None);
            });
        });
    };
    let ways = ["ABC", t("Table (CSV)"), t("The Session")].into_iter().enumerate().map(|(at, name)| view! {
        <label class="chip">
            <input type="radio" name="way" prop:checked=move || way.get() == at on:change=move |_| choose_way(at) />
            <span>{name}</span>
        </label>
    }).collect_view();
    view! {
        <section class="page import">
            <Crumb />
            <PageTitle text=t("Import tunes") />
            <Show when=homeless>
                <p class="hint with-undo" role="note">
                    <span>{t("You have no repertoire yet: what you bring in now would be in the catalog only, and never come up for practice.")}</span>
                    <a class="button" href="/start">{t("Make a repertoire first")}</a>
                </p>
            </Show>
            <fieldset class="chips"><legend>{t("From where?")}</legend>{ways}</fieldset>
            {move || if way.get() == 2 {
                view! {
                    <form class="stack" on:submit=search>
                        <label class="field"><span>{t("Title, or address of a tune")}</span>
                            <input type="text" autocomplete="off" placeholder="kesh, or https://thesession.org/tunes/55" prop:value=move || words.get()
                                on:input=move |event| words.set(event_target_value(&event)) />
                        </label>
                        <p class="quiet">{t("Asks thesession.org; it needs a connection. What you bring in stays on this device and in your account.")}</p>
                        <div class="actions start"><button class="primary" type="submit" disabled=move || attempt.busy.get() || words.with(|w| w.trim().is_empty())>{t("Search")}</button></div>
                    </form>
                }.into_any()
            } else {
                let table = way.get() == 1;
                view! {
                    <div class="stack">
                        <label class="field"><span>{t("File")}</span>
                            <input type="file" accept=if table { ".csv,.tsv,.txt,text/csv" } else { ".abc,.txt,text/vnd.abc" } on:change=file />
                        </label>
                        <label class="field"><span>{if table { t("Or paste a table") } else { t("Or paste ABC") }}</span>
                            <textarea rows="7" class="abc-input" spellcheck="false" autocapitalize="none" prop:value=move || text.get()
                                placeholder=if table { "Title,Type,Key\nThe Kesh,jig,G" } else { "X:1\nT:The Kesh\nR:jig\nM:6/8\nK:G\n|:G3 GAB|…" }
                                on:input=move |event| text.set(event_target_value(&event))></textarea>
                        </label>
                        <div class="actions start"><button class="primary" disabled=move || attempt.busy.get() || text.with(|t| t.trim().is_empty()) on:click=move |_| look(Vec::new())>{t("Look at it")}</button></div>
                    </div>
                }.into_any()
            }}
            <Problem failure=attempt.failure />
            <div role="status">
                {move || done.get().map(|imported| view! {
                    <p class="outcome with-undo">
                        <span>{import_words::done(&imported)}</span>
                        <span class="actions">
                            <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                            {if homeless() {
                                view! { <a class="button" href="/catalog">{t("To the catalog")}</a> }.into_any()
                            } else {
                                view! { <a class="button" href="/repertoire">{t("To the repertoire")}</a> }.into_any()
                            }}
                        </span>
                    </p>
                })}
                {move || found.with(|found| found.as_ref().is_some_and(Vec::is_empty)).then(|| view! { <p class="hint">{t("The Session knows no tune by that name.")}</p> })}
            </div>
            {move || found.get().filter(|all| !all.is_empty()).map(|all| view! {
                <ul class="large-list" aria-label=t("Found at The Session")>
                    {all.into_iter().map(|(number, title, kind)| view! {
                        <li><button class="large-line" disabled=move || attempt.busy.get() on:click=move |_| ask(Question::Tune(number))>
                            <span class="title">{title}</span><span class="quiet">{fields::kind_name(&kind).to_owned()}</span>
                        </button></li>
                    }).collect_view()}
                </ul>
            })}
            <div node_ref=results></div>
            <Show when=move || preview.with(Option::is_some)>
                <Mapping preview look=Callback::new(look) />
                <Offers preview decisions />
                <Show when=move || decisions.with(|all| !all.is_empty())>
                    <div class="starter-foot">
                        <span role="status">{move || written.get().map(|(written, of)| import_words::progress(written, of))}</span>
                        <button class="primary" on:click=bring
                            disabled=move || attempt.busy.get() || decisions.with(|all| all.iter().all(|d| *d == Decision::Skip))>
                            {move || decisions.with(|all| import_words::button(all))}
                        </button>
                    </div>
                </Show>
            </Show>
        </section>
    }
}

/// What the columns of a table mean.
#[component]
fn Mapping(preview: RwSignal<Option<Preview>>, look: Callback<Vec<Option<Meaning>>>) -> impl IntoView {
    let columns = Memo::new(move |_| preview.with(|p| p.as_ref().map(|p| p.columns.clone()).unwrap_or_default()));
    let change = move |at: usize, meaning: Option<Meaning>| {
        let mut meanings: Vec<_> = columns.with_untracked(|all| all.iter().map(|(_, meaning)| *meaning).collect());
        // A meaning belongs to one column.
        meanings.iter_mut().filter(|other| meaning.is_some() && **other == meaning).for_each(|other| *other = None);
        if let Some(own) = meanings.get_mut(at) {
            *own = meaning;
        }
        look.run(meanings);
    };
    let one = move |(at, (head, meaning)): (usize, (String, Option<Meaning>))| {
        let options = Meaning::ALL
            .map(|one| view! { <option value=one.label() selected=meaning == Some(one)>{t(one.label())}</option> });
        let choose = move |event| {
            let chosen = event_target_value(&event);
            change(at, Meaning::ALL.into_iter().find(|one| one.label() == chosen));
        };
        view! {
            <label class="field"><span>{head}</span>
                <select on:change=choose><option value="" selected=meaning.is_none()>{t("Leave out")}</option>{options}</select>
            </label>
        }
    };
    view! {
        <Show when=move || columns.with(|all| !all.is_empty())>
            <fieldset class="mapping">
                <legend>{t("What the columns mean")}</legend>
                {move || columns.get().into_iter().enumerate().map(one).collect_view()}
            </fieldset>
        </Show>
    }
}

#[component]
fn Offers(preview: RwSignal<Option<Preview>>, decisions: RwSignal<Vec<Decision>>) -> impl IntoView {
    let shown = RwSignal::new(SHOWN);
    let decide = move |at: usize, decision: Decision| {
        decisions.update(|all| {
            if let Some(own) = all.get_mut(at) {
                *own = decision;
            }
        });
    };
    let one = move |(at, offer): (usize, Offer)| {
        let title = fields::title(&offer.incoming.fields);
        let facts = fields::facts(&offer.incoming.fields).join(" · ");
        let bars = offer.incoming.fields.incipit.clone();
        let notice = import_words::notice(&offer);
        let decided = move || decisions.with(|all| all.get(at).copied().unwrap_or(Decision::Skip));
        let kept = StoredValue::new(offer);
        let second = notice.map(|words| {
            view! {
                <p class="hint">{words}</p>
                <label class="check">
                    <input type="checkbox" prop:checked=move || decided() == Decision::Make
                        on:change=move |event| decide(at, if event_target_checked(&event) { Decision::Make } else { kept.with_value(Offer::proposal) }) />
                    <span>{t("Make a second one all the same")}</span>
                </label>
            }
        });
        view! {
            <li class="card" data-testid="offer">
                <label class="check">
                    <input type="checkbox" prop:checked=move || decided() != Decision::Skip
                        on:change=move |event| decide(at, kept.with_value(|offer| import_words::ticked(offer, event_target_checked(&event)))) />
                    <span><strong class="title">{title}</strong>" "<span class="quiet">{facts}</span></span>
                </label>
                {bars.map(|bars| view! { <code class="abc">{bars}</code> })}
                {second}
            </li>
        }
    };
    let offers = move || {
        preview.with(|p| {
            p.as_ref()
                .map(|p| {
                    p.offers
                        .iter()
                        .enumerate()
                        .take(shown.get())
                        .map(|(at, offer)| (at, offer.clone()))
                        .collect::<Vec<_>>()
                })
                .unwrap_or_default()
        })
    };
    let more = move || preview.with(|p| p.as_ref().map_or(0, |p| p.offers.len().saturating_sub(shown.get())));
    let problems = move || preview.with(|p| p.as_ref().map(|p| p.problems.clone()).unwrap_or_default());
    view! {
        <ul class="plain-list problems">{move || problems().into_iter().take(20).map(|text| view! { <li class="hint">{told(&text).to_owned()}</li> }).collect_view()}</ul>
        <p class="quiet" role="status" data-testid="import-summary">{move || preview.with(|p| p.as_ref().map(import_words::summary))}</p>
        <ul class="cards">{move || offers().into_iter().map(one).collect_view()}</ul>
        <Show when=move || { more() > 0 }>
            <p class="quiet">{move || say!("And {count} more, brought in as proposed.", count = more())}</p>
            <div class="actions start"><button on:click=move |_| shown.update(|shown| *shown += SHOWN)>{t("Show more, to decide one by one")}</button></div>
        </Show>
    }
}
