//! A tune: its card, notation, notes, links, tags, history; and the form to change it.

mod history;
mod jumps;
mod notes;
mod plan;
mod references;
mod sets;
mod tags;

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use self::history::History;
use self::jumps::Jumps;
use self::notes::Notes;
use self::plan::Plan;
use self::references::References;
use self::sets::Sets;
use self::tags::Tags;
use crate::domain::ids::TuneId;
use crate::domain::tune::{TuneDetail, TuneFields};
use crate::store::schema::Table;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::notation::Notation;
use crate::ui::components::page_title::{FirstPage, PageTitle};
use crate::ui::components::tune_form::TuneForm;
use crate::ui::drafts;
use crate::ui::model::draft::Draft;
use crate::ui::model::fields;
use crate::ui::model::sections::Section;
use crate::ui::state::{Attempt, Live, app};
use crate::ui::text::{parted, say, t};
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

const TABLES: &[Table] = &[
    Table::Tune,
    Table::TuneOverride,
    Table::Note,
    Table::Reference,
    Table::Tag,
    Table::PracticeRecord,
    Table::PlaylistTune,
    Table::Playlist,
];

/// The page.
#[component]
pub fn TunePage() -> impl IntoView {
    let app = app();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<TuneId>().ok()));
    let live: Live<TuneDetail> = app.live(
        TABLES,
        move || {
            app.account.track();
            app.repertoires.with(|r| r.as_ref().map(|r| r.current));
            id.get().map(|tune| LibraryRequest::Tune { tune })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Tune(tune)) => Some(*tune),
            _ => None,
        },
    );
    let tune = Memo::new(move |_| live.value.get().filter(|tune| Some(tune.id) == id.get()));
    let title = Signal::derive(move || {
        tune.with(|tune| tune.as_ref().map_or_else(|| t("Tune").into(), |tune| fields::title(&tune.fields)))
    });
    let editing = RwSignal::new(false);
    // The number of the tune deleted on this page; another tune at the same page is another story.
    let deleted = RwSignal::new(None::<TuneId>);
    let gone = Memo::new(move |_| deleted.get().is_some() && deleted.get() == id.get());
    // Deleted elsewhere, it leaves the screen, but never while somebody is writing.
    let lost = Memo::new(move |_| live.failure.with(|failure| matches!(failure, Some(Failure::NotFound(_)))));
    let there = Memo::new(move |_| tune.with(Option::is_some) && (editing.get() || !lost.get()));
    // Opened by its address, there is nothing of the app to go back to.
    let opened = FirstPage::is_coming().then(|| id.get_untracked());
    let navigate = use_navigate();
    let back = move |_| {
        if opened == Some(id.get_untracked()) {
            return navigate(Section::Repertoire.href(), Default::default());
        }
        if let Ok(history) = window().history() {
            let _ = history.back();
        }
    };
    view! {
        <article class="page tune-page">
            <p class="crumb"><button class="plain" on:click=back><Sign icon=Icon::Back />{t("Back")}</button></p>
            <PageTitle text=title />
            <Show when=move || gone.get()><Gone live deleted /></Show>
            <Show when=move || there.get() && !gone.get() fallback=move || view! {
                <Show when=move || !gone.get()>
                <Show when=move || id.with(Option::is_some) fallback=|| view! { <p>{t("There is no tune at this address.")}</p><WayOn /> }>
                    <Show when=move || lost.get() fallback=move || view! { <Problem failure=live.failure again=live.again() /> }>
                        <Problem failure=live.failure />
                        <WayOn />
                    </Show>
                    <Show when=move || live.failure.with(Option::is_none)><Waiting what=t("the tune") /></Show>
                </Show>
                </Show>
            }>
                <Jumps tune />
                <div class="columns">
                    <div class="stack">
                        <Show when=move || editing.get() fallback=move || view! { <Card tune live editing deleted /> }>
                            <Editor tune live editing />
                        </Show>
                        <Notes tune live />
                    </div>
                    <aside class="stack">
                        <Plan tune />
                        <References tune live />
                        <Tags tune />
                        <Sets tune />
                        <History tune live />
                    </aside>
                </div>
            </Show>
        </article>
    }
}

/// Where the tunes are.
#[component]
fn WayOn() -> impl IntoView {
    view! {
        <div class="actions start">
            <a class="button primary" href="/repertoire">{t("To your repertoire")}</a>
            <a class="button" href="/catalog">{t("To the catalog")}</a>
        </div>
    }
}

#[component]
fn Card(
    tune: Memo<Option<TuneDetail>>,
    live: Live<TuneDetail>,
    editing: RwSignal<bool>,
    deleted: RwSignal<Option<TuneId>>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let facts =
        move || tune.with(|tune| tune.as_ref().map(|tune| fields::facts(&tune.fields).join(" · ")).unwrap_or_default());
    let card = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.fields.clone()).unwrap_or_default()));
    let there = Memo::new(move |_| tune.with(|tune| tune.as_ref().is_some_and(|tune| tune.in_repertoire)));
    let whose = move || {
        tune.with(|tune| match tune {
            Some(tune) if tune.private => Some(t("Only you see this tune.")),
            Some(tune) if tune.catalog.is_some() => Some(t("Your version; the catalog keeps its own.")),
            _ => None,
        })
    };
    let add = move |_| {
        if app.repertoires.with_untracked(|r| r.as_ref().is_some_and(|r| r.current.is_none())) {
            return navigate("/start", Default::default());
        }
        if let Some(id) = tune.with_untracked(|tune| tune.as_ref().map(|tune| tune.id)) {
            attempt.go(app, LibraryRequest::AddToRepertoire { tunes: vec![id] }, |_| {});
        }
    };
    let remove = move |_| {
        if let Some(id) = tune.with_untracked(|tune| tune.as_ref().map(|tune| tune.id)) {
            attempt.go(app, LibraryRequest::RemoveFromRepertoire { tunes: vec![id] }, move |_| {
                app.say(t("Taken out of the repertoire. Its history stays, and is there again when you add it back."));
            });
        }
    };
    let own = Memo::new(move |_| tune.with(|tune| tune.as_ref().is_some_and(|tune| tune.private)));
    let begun =
        move || tune.with(|tune| tune.as_ref().and_then(|tune| drafts::kept(Draft::Form(Some(tune.id))))).is_some();
    let delete = move |_| {
        if let Some(id) = tune.with_untracked(|tune| tune.as_ref().map(|tune| tune.id)) {
            attempt.go(app, LibraryRequest::DeleteTune { tune: id }, move |_| {
                deleted.try_set(Some(id));
            });
        }
    };
    view! {
        <section class="tune-card">
            <p class="facts-line">{facts}</p>
            <Notation fields=card playable=true />
            {move || whose().map(|whose| view! { <p class="quiet">{whose}</p> })}
            <Differences tune live />
            <Problem failure=attempt.failure />
            <div class="actions start">
                <button on:click=move |_| editing.set(true)><Sign icon=Icon::Pencil />
                    {move || if begun() { t("Go on editing") } else { t("Edit") }}</button>
                <button class="add" class:there=move || there.get() class:primary=move || !there.get()
                    aria-disabled=move || there.get().then_some("true")
                    on:click=move |event| if !there.get_untracked() { add(event) }>
                    <Sign icon=Signal::derive(move || if there.get() { Icon::Tick } else { Icon::Plus }) />
                    <span>{move || if there.get() { t("In repertoire") } else { t("Add to repertoire") }}</span>
                </button>
                <Show when=move || there.get() || own.get()>
                    // In one line, where they fit.
                    <div class="actions start further">
                        <Show when=move || there.get()>
                            <button class="plain" disabled=move || attempt.busy.get() on:click=remove>{t("Take out of repertoire")}</button>
                        </Show>
                        <Show when=move || own.get()>
                            <button class="plain danger" disabled=move || attempt.busy.get() on:click=delete>{t("Delete tune")}</button>
                        </Show>
                    </div>
                </Show>
            </div>
        </section>
    }
}

/// Each field in which her version differs: the catalog's value, and the way back to it.
#[component]
fn Differences(tune: Memo<Option<TuneDetail>>, live: Live<TuneDetail>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let differing = move || {
        tune.with(|tune| {
            let Some((tune, catalog)) = tune.as_ref().and_then(|tune| Some((tune, tune.catalog.as_ref()?))) else {
                return Vec::new();
            };
            fields::differences(&tune.fields, catalog)
        })
    };
    let revert = move |field: fields::Field| {
        let Some(tune) = tune.get_untracked() else { return };
        let Some(catalog) = &tune.catalog else { return };
        let mut fields = tune.fields.clone();
        field.write(&mut fields, &field.read(catalog));
        attempt.go(app, LibraryRequest::EditTune { tune: tune.id, fields }, move |response| {
            if let Response::Library(LibraryAnswer::Tune(tune)) = response {
                live.value.try_set(Some(*tune));
            }
        });
    };
    let shown = move || {
        let line = |(field, _, theirs): (fields::Field, String, String)| {
            let theirs = if theirs.is_empty() { t("nothing").to_owned() } else { theirs };
            view! {
                <li class="revert">
                    <span>{say!("{field} in the catalog:", field = field.label())}" "<q>{theirs}</q></span>
                    <button class="plain" disabled=move || attempt.busy.get() on:click=move |_| revert(field)>
                        {t("Use it")}<span class="unseen">" "{say!("for {field}", field = field.label().to_lowercase())}</span>
                    </button>
                </li>
            }
        };
        let all = differing();
        (!all.is_empty()).then(|| view! { <ul class="differences">{all.into_iter().map(line).collect_view()}</ul> })
    };
    view! { {shown}<Problem failure=attempt.failure /> }
}

/// In place of a tune that was just deleted: the way back.
#[component]
fn Gone(live: Live<TuneDetail>, deleted: RwSignal<Option<TuneId>>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let undo = move |_| {
        let Some(tune) = deleted.get_untracked() else { return };
        attempt.go(app, LibraryRequest::RestoreTune { tune }, move |response| {
            if let Response::Library(LibraryAnswer::Tune(tune)) = response {
                live.failure.try_set(None);
                live.value.try_set(Some(*tune));
                deleted.try_set(None);
            }
        });
    };
    view! {
        <section class="tune-card">
            <p role="status">{t("The tune is deleted, here and on your other devices.")}</p>
            <Problem failure=attempt.failure />
            <div class="actions start">
                <button class="primary" disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                <a class="button" href="/catalog">{t("To the catalog")}</a>
            </div>
        </section>
    }
}

#[component]
fn Editor(tune: Memo<Option<TuneDetail>>, live: Live<TuneDetail>, editing: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    // The form starts with what is there now; what arrives meanwhile does not touch what is being typed.
    let start = tune.get_untracked();
    let Some(start) = start else { return ().into_any() };
    let public = !start.private;
    let catalog = public.then(|| start.catalog.clone().unwrap_or_else(|| start.fields.clone()));
    let id = start.id;
    let draft = Draft::Form(Some(id));
    let save = Callback::new(move |fields: TuneFields| {
        attempt.go(app, LibraryRequest::EditTune { tune: id, fields }, move |response| {
            if let Response::Library(LibraryAnswer::Tune(tune)) = response {
                live.value.set(Some(*tune));
            }
            drafts::forget(draft);
            editing.set(false);
        });
    });
    let (before, after) = parted(
        t("You are editing {your_version} of this tune. The catalog and other people's versions stay as they are."),
        "{your_version}",
    );
    view! {
        <section class="tune-card" aria-label=t("Edit the tune")>
            {public.then(|| view! { <p class="hint">{before}<strong>{t("your version")}</strong>{after}</p> })}
            <TuneForm initial=start.fields catalog save_label=t("Save") busy=attempt.busy failure=attempt.failure save
                cancel=Callback::new(move |()| editing.set(false)) draft />
        </section>
    }
    .into_any()
}
