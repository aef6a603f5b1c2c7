//! A list of tunes, of the catalog or of the current repertoire: a table on a wide screen, cards on a phone. Search, filters, order,
//! columns, selection. Only the lines that are seen are in the document; the worker answers windows of the list.

mod bulk;
mod columns;
mod filters;
mod rows;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use leptos::html::Div;
use leptos::prelude::*;

use self::bulk::Bulk;
use self::columns::ListColumns;
use self::filters::FilterPanel;
use self::rows::Rows;
use super::icons::{Icon, Sign};
use super::live_text::{Problem, Waiting};
use super::screen::{self, screen_size};
use crate::domain::ids::TuneId;
use crate::domain::listing::{ListQuery, Scope, ScreenSize, TableLook, TunePage};
use crate::store::schema::Table;
use crate::ui::model::listing;
use crate::ui::state::{App, Kept, Live, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// Keystrokes closer together than this are answered as one.
const PAUSE: Duration = Duration::from_millis(20);
const TABLES: &[Table] =
    &[Table::Tune, Table::TuneOverride, Table::PlaylistTune, Table::Playlist, Table::PracticeRecord, Table::Tag];

thread_local! {
    /// What was searched, and how far down she was, when she opened a tune of a list: she finds it so when she comes back.
    static LEFT: RefCell<HashMap<Scope, (String, f64)>> = RefCell::default();
}

/// What the parts of a list share.
#[derive(Clone, Copy)]
struct List {
    app: App,
    scope: Scope,
    screen: RwSignal<ScreenSize>,
    text: RwSignal<String>,
    look: RwSignal<TableLook>,
    kept: Kept<TableLook>,
    page: Live<TunePage>,
    query: Memo<ListQuery>,
    /// How far the list's top is above the top of the screen, and the screen's height, in pixels.
    view: RwSignal<(f64, f64)>,
    chosen: RwSignal<HashSet<TuneId>>,
    /// On a phone: are there boxes to tick?
    selecting: RwSignal<bool>,
    /// What was done to tunes, and the request that takes it back.
    done: RwSignal<Option<(String, Option<LibraryRequest>)>>,
    /// The names of the genres.
    genres: Live<HashMap<String, String>>,
}

impl List {
    /// Changes the look, and keeps it.
    fn change(self, work: impl FnOnce(&mut TableLook)) {
        self.kept.change(work);
    }

    fn leave(self) {
        let down = window().scroll_y().unwrap_or_default();
        LEFT.with_borrow_mut(|left| left.insert(self.scope, (self.text.get_untracked(), down)));
    }

    /// The name of a genre; its id until it is known.
    fn genre_name(self, id: &str) -> String {
        let known = self.genres.value.with(|genres| genres.as_ref().and_then(|genres| genres.get(id).cloned()));
        known.unwrap_or_else(|| id.to_owned())
    }

    /// Chooses every tune of the list, seen or not.
    fn choose_all(self) {
        self.app.tell(LibraryRequest::ListedTunes { query: self.query.get_untracked() }, move |response| {
            if let Response::Library(LibraryAnswer::Ids(ids)) = response {
                self.chosen.try_set(ids.into_iter().collect());
            }
        });
    }

    fn total(self) -> Option<u32> {
        self.page.value.with(|page| page.as_ref().map(|page| page.total))
    }
}

/// The list with its search field.
#[component]
pub fn TuneTable(
    /// Of which tunes.
    scope: Scope,
    /// What to show when there is nothing at all.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let app = app();
    let empty = StoredValue::new(empty);
    let (left_text, left_down) = LEFT.with_borrow_mut(|left| left.remove(&scope)).unwrap_or_default();
    let screen = screen_size();
    let typed = RwSignal::new(left_text.clone());
    let text = RwSignal::new(left_text);
    let settle = StoredValue::new(None::<TimeoutHandle>);
    let type_on = move |now: String| {
        typed.set(now.clone());
        if let Some(earlier) = settle.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                text.try_set(now.clone());
            },
            PAUSE,
        );
        settle.set_value(later.ok());
    };
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    let told: Live<TableLook> = app.live(
        &[Table::TableState, Table::Playlist],
        move || {
            current.get();
            app.account.track();
            Some(LibraryRequest::TableLook { scope, screen: screen.get() })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Look(look)) => Some(look),
            _ => None,
        },
    );
    let save = move |look| LibraryRequest::SaveTableLook { scope, screen: screen.get_untracked(), look }.into();
    let kept = Kept::new(app, TableLook::usual(scope, screen.get_untracked()), told, save);
    let look = kept.look;
    let ready = Memo::new(move |_| kept.is_known());
    let query = Memo::new(move |_| {
        let (filters, sorting) = look.with(|look| (look.filters.clone(), look.sorting));
        ListQuery { scope, text: text.get(), filters, sorting }
    });
    let height = screen::height();
    let view = RwSignal::new((0.0, height));
    let asked = RwSignal::new(listing::asked((0, 1)));
    let page: Live<TunePage> = app.live(
        TABLES,
        move || {
            current.get();
            app.account.track();
            let (offset, limit) = asked.get();
            let query = query.get();
            ready.get().then_some(LibraryRequest::ListTunes { query, offset, limit })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Tunes(page)) => Some(page),
            _ => None,
        },
    );
    let genres = app.live(
        &[Table::Genre],
        || Some(LibraryRequest::Genres),
        |response| match response {
            Response::Library(LibraryAnswer::Genres(all)) => {
                Some(all.into_iter().map(|genre| (genre.id, genre.name)).collect())
            }
            _ => None,
        },
    );
    let list = List {
        app,
        scope,
        screen,
        text,
        look,
        kept,
        page,
        query,
        view,
        chosen: RwSignal::new(HashSet::new()),
        done: RwSignal::new(None),
        selecting: RwSignal::new(false),
        genres,
    };
    Effect::new(move |_| {
        let Some(total) = list.total() else { return };
        let (above, height) = view.get();
        let wanted = listing::asked(listing::drawn(above, height, rows::row_height(screen.get()), total));
        if asked.get_untracked() != wanted {
            asked.set(wanted);
        }
    });
    // Back where she was, once there is something to scroll.
    let returned = StoredValue::new(left_down <= 0.0);
    Effect::new(move |_| {
        if list.total().is_some_and(|total| total > 0) && !returned.get_value() {
            returned.set_value(true);
            request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, left_down));
        }
    });
    // Another search, filter or order starts at the top; another repertoire with nothing chosen.
    let place = NodeRef::<Div>::new();
    Effect::new(move |before: Option<ListQuery>| {
        let now = query.get();
        if before.is_some_and(|before| before != now)
            && let Some(place) = place.get_untracked()
            && place.get_bounding_client_rect().top() < 0.0
        {
            place.scroll_into_view();
        }
        now
    });
    Effect::new(move |before: Option<_>| {
        let now = current.get();
        if before.is_some_and(|before| before != now) {
            list.chosen.set(HashSet::new());
        }
        now
    });
    let filtering = RwSignal::new(false);
    let arranging = RwSignal::new(false);
    let narrowed = move || text.with(|text| !text.trim().is_empty()) || look.with(|look| look.filters.count() > 0);
    let none = move || list.total() == Some(0);
    let small = move || screen.get() == ScreenSize::Small;
    view! {
        <div class="list-tools">
            <div class="search" role="search">
                <Sign icon=Icon::Search />
                <input type="search" aria-label=if scope == Scope::Repertoire { t("Search your repertoire") } else { t("Search the catalog") }
                    placeholder=t("Title, tag or first notes") autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="search"
                    prop:value=move || typed.get() on:input=move |event| type_on(event_target_value(&event)) />
            </div>
            <div class="list-buttons">
                <button aria-expanded=move || filtering.get().to_string() aria-controls="list-filters"
                    on:click=move |_| filtering.update(|open| *open = !*open)>
                    <Sign icon=Icon::Sliders />
                    {move || match look.with(|look| look.filters.count()) { 0 => t("Filter, sort").to_owned(), count => say!("Filter, sort ({count})", count) }}
                </button>
                <Show when=move || small() && list.selecting.get() fallback=move || view! {
                    <button aria-haspopup="dialog" on:click=move |_| arranging.set(true)>{t("Columns")}</button>
                }>
                    <button disabled=none on:click=move |_| list.choose_all()>{t("Select all")}</button>
                </Show>
                <Show when=small>
                    <button aria-pressed=move || list.selecting.get().to_string() on:click=move |_| {
                        list.selecting.update(|on| *on = !*on);
                        list.chosen.set(HashSet::new());
                    }>{t("Select")}</button>
                </Show>
            </div>
        </div>
        <Show when=move || filtering.get()><FilterPanel list open=filtering /></Show>
        <p class="total quiet" role="status" data-testid="total">
            {move || page.value.with(|page| page.as_ref().map(|page| listing::total(page.total, page.of)))}
        </p>
        <Problem failure=page.failure again=page.again() />
        <div node_ref=place class="list-place">
            <Show when=move || list.total().is_some() fallback=|| view! { <Waiting what=t("tunes") /> }>
                <Show when=move || !none() fallback=move || view! {
                    <Show when=narrowed fallback=move || empty.with_value(ViewFn::run)>
                        <div class="empty">
                            <p>{t("No tune matches what you search and filter by.")}</p>
                            <button on:click=move |_| {
                                type_on(String::new());
                                list.change(|look| look.filters = Default::default());
                            }>{t("Show all tunes")}</button>
                        </div>
                    </Show>
                }>
                    <Rows list />
                </Show>
            </Show>
        </div>
        <Bulk list />
        <ListColumns list open=arranging />
    }
}
