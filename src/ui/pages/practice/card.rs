//! The card of the tune on the stand, and what it shows on which face.

use leptos::prelude::*;

use super::session::Session;
use crate::domain::links;
use crate::domain::practice::QueueEntry;
use crate::domain::scheduling::Goal;
use crate::domain::tune::{TuneDetail, TuneFields};
use crate::store::schema::Table;
use crate::ui::components::confirm::Question;
use crate::ui::components::notation::Notation;
use crate::ui::components::note_view::NoteView;
use crate::ui::components::practice_switches::TwoButtons;
use crate::ui::model::card_faces::{CardField, Faces, Shown};
use crate::ui::model::{fields, queue, when};
use crate::ui::text::{say, t, told};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// How many ratings the card shows.
const RATINGS: usize = 6;

/// The card.
#[component]
pub fn Card(session: Session) -> impl IntoView {
    let app = session.app;
    let current = session.current;
    let card =
        Memo::new(move |_| current.with(|entry| entry.as_ref().map(|entry| entry.fields.clone()).unwrap_or_default()));
    let read = move |f: fn(&QueueEntry) -> String| current.with(|entry| entry.as_ref().map(f).unwrap_or_default());
    let faces = session.choices.faces;
    let shows = move |field| faces.with(|faces| faces.shows(field, session.turned.get()));
    let facts = move || {
        let mut shown = card.get();
        for (field, place) in [
            (CardField::Kind, &mut shown.kind),
            (CardField::Mode, &mut shown.mode),
            (CardField::Structure, &mut shown.structure),
        ] {
            if !shows(field) {
                *place = None;
            }
        }
        fields::facts(&shown).join(" · ")
    };
    let times = move || {
        let entry = current.get().filter(|_| shows(CardField::Times))?;
        let now = app.now.get();
        let last = when::last_played(entry.last_practiced, now, &chrono::Local);
        Some(match entry.due {
            Some(_) => format!("{last} · {}", when::due(entry.due, now, &chrono::Local)),
            None => last,
        })
    };
    let goal = move || {
        let goal = current.get().filter(|_| shows(CardField::Goal))?.manner.goal;
        (goal != Goal::Recall).then(|| told(goal.label()).to_owned())
    };
    let again = move || {
        let day = session.queue.with(|queue| queue.as_ref().map(|queue| queue.day))?;
        let at = current.with(|entry| entry.as_ref()?.again_at(day))?;
        Some(say!("Once more, {when}", when = when::in_minutes(at, app.now.get())))
    };
    let place = move || {
        session.queue.with(|queue| {
            let (queue, entry) = (queue.as_ref()?, current.get()?);
            let at = queue.entries.iter().position(|other| other.id == entry.id)?;
            Some((at + 1, queue.entries.len()))
        })
    };
    let is_end = move |forward: bool| place().is_none_or(|(at, all)| if forward { at == all } else { at == 1 });
    view! {
        <article class="tune-card" data-testid="current-tune">
            <div class="card-head">
                <p class="bucket" data-bucket=move || read(|entry| queue::bucket_name(entry.bucket).to_owned())>
                    {move || read(|entry| t(entry.bucket.label()).to_owned())}
                </p>
                {move || goal().map(|goal| view! { <p class="bucket goal" data-testid="goal-badge">{goal}</p> })}
                {move || again().map(|words| view! { <p class="bucket goal">{words}</p> })}
                <nav class="turning" aria-label=t("Cards")>
                    <button class="icon-only" data-testid="flashcard-prev-button" aria-label=t("The tune before") aria-keyshortcuts="ArrowLeft"
                        disabled=move || is_end(false) on:click=move |_| session.go(false)>"‹"</button>
                    <span data-testid="flashcard-counter">{move || place().map(|(at, all)| say!("{at} of {all}", at, all))}</span>
                    <button class="icon-only" data-testid="flashcard-next-button" aria-label=t("The tune after") aria-keyshortcuts="ArrowRight"
                        disabled=move || is_end(true) on:click=move |_| session.go(true)>"›"</button>
                </nav>
            </div>
            <h2 class="tune-title">
                <a href=move || read(|entry| format!("/tune/{}", entry.tune))>{move || card.with(fields::title)}</a>
            </h2>
            <p class="facts-line">{facts}</p>
            {move || times().map(|times| view! { <p class="quiet times">{times}</p> })}
            <More session card />
            <div class="card-foot">
                <Show when=move || faces.with(Faces::turns)>
                    <button class="plain" data-testid="flashcard-reveal-toggle" aria-keyshortcuts="Space" aria-expanded=move || session.turned.get().to_string()
                        on:click=move |_| session.turned.update(|turned| *turned = !*turned)>
                        {move || queue::turn_words(session.turned.get(), faces.with(|faces| faces.of(CardField::Incipit)) == Shown::Turned)}
                    </button>
                </Show>
                <button class="plain" data-testid="tune-menu" aria-haspopup="dialog"
                    on:click=move |_| session.menu.set(current.with_untracked(|entry| entry.as_ref().map(|entry| entry.id)))>
                    {t("Goal, date, put aside…")}
                </button>
            </div>
        </article>
    }
}

/// What takes more room than a line: the first bars, notes, links, the last ratings.
#[component]
fn More(session: Session, card: Memo<TuneFields>) -> impl IntoView {
    let shows =
        move |field| Memo::new(move |_| session.choices.faces.with(|faces| faces.shows(field, session.turned.get())));
    let (incipit, notes) = (shows(CardField::Incipit), shows(CardField::Notes));
    let (links, history) = (shows(CardField::Links), shows(CardField::History));
    let tune = Memo::new(move |_| session.current.with(|entry| entry.as_ref().map(|entry| entry.tune)));
    let asks = Memo::new(move |_| notes.get() || links.get() || history.get());
    let detail = session.app.live(
        &[Table::Note, Table::Reference, Table::PracticeRecord],
        move || tune.get().filter(|_| asks.get()).map(|tune| LibraryRequest::Tune { tune }),
        |response| match response {
            Response::Library(LibraryAnswer::Tune(detail)) => Some(detail),
            _ => None,
        },
    );
    let bare = move || card.with(|card| card.incipit.as_deref().is_none_or(|incipit| incipit.trim().is_empty()));
    let told = move |part: fn(&TuneDetail) -> Option<AnyView>| {
        detail.value.with(|detail| part(detail.as_ref().filter(|detail| Some(detail.id) == tune.get())?))
    };
    let any = move || incipit.get() || asks.get();
    view! {
        <Show when=any>
            <div class="card-back">
                <Show when=move || incipit.get()>
                    <Notation fields=card />
                    <Show when=bare><p class="quiet">{t("No first bars are written down for this tune.")}</p></Show>
                </Show>
                {move || notes.get().then(|| told(notes_of))}
                {move || links.get().then(|| told(links_of))}
                {move || history.get().then(|| told(history_of))}
            </div>
        </Show>
    }
}

fn notes_of(detail: &TuneDetail) -> Option<AnyView> {
    let notes = detail.notes.iter().map(|note| view! { <NoteView html=note.html.clone() /> });
    (!detail.notes.is_empty()).then(|| notes.collect_view().into_any())
}

fn links_of(detail: &TuneDetail) -> Option<AnyView> {
    let safe = detail.references.iter().filter_map(|reference| Some((links::safe_link(&reference.url)?, reference)));
    let items: Vec<_> = safe
        .map(|(url, reference)| {
            let title = reference.title.clone().filter(|title| !title.trim().is_empty());
            let text = title.unwrap_or_else(|| links::host(url).to_owned());
            view! { <li><a href=url.to_owned() rel="external noopener noreferrer" target="_blank">{text}</a></li> }
        })
        .collect();
    (!items.is_empty()).then(|| view! { <ul class="links">{items}</ul> }.into_any())
}

fn history_of(detail: &TuneDetail) -> Option<AnyView> {
    let one = |entry: &crate::domain::practice::PracticeEntry| {
        let day = entry.practiced.map(|at| when::date(at, &chrono::Local)).unwrap_or_default();
        view! { <li><span>{day}</span>" "<strong>{queue::rated_words(entry)}</strong></li> }
    };
    let items: Vec<_> = detail.history.iter().take(RATINGS).map(one).collect();
    (!items.is_empty()).then(|| view! { <ul class="plain-list last-ratings">{items}</ul> }.into_any())
}

/// Where one chooses what cards show.
#[component]
pub fn FacesChooser(session: Session) -> impl IntoView {
    let open = RwSignal::new(false);
    let faces = session.choices.faces;
    let row = move |field: CardField| {
        let id = format!("card-{}", field as usize);
        let options = Shown::ALL.map(|shown| {
            let selected = move || faces.with(|faces| faces.of(field)) == shown;
            view! { <option value=shown.word() prop:selected=selected>{shown.label()}</option> }
        });
        let set = move |event| {
            if let Some(shown) = Shown::of(&event_target_value(&event)) {
                faces.update(|faces| faces.set(field, shown));
            }
        };
        view! {
            <div class="face">
                <label for=id.clone()>{field.label()}</label>
                <select id=id on:change=set>{options.collect_view()}</select>
            </div>
        }
    };
    view! {
        <button class="plain" data-testid="card-faces" aria-haspopup="dialog" on:click=move |_| open.set(true)>{t("What cards show…")}</button>
        <Question open title=t("What cards show")>
            <div class="faces">{CardField::ALL.map(row).collect_view()}</div>
            <TwoButtons />
            <div class="actions">
                <button class="plain" on:click=move |_| faces.set(Faces::default())>{t("As usual")}</button>
                <button class="primary" on:click=move |_| open.set(false)>{t("Close")}</button>
            </div>
        </Question>
    }
}
