//! Tunes of the repertoire that go well after this one: for putting a set together.

use leptos::prelude::*;

use crate::domain::listing::{Filters, ListQuery, Scope};
use crate::domain::tune::TuneDetail;
use crate::store::schema::Table;
use crate::ui::model::{fields, know};
use crate::ui::state::app;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// More of a kind than anybody chooses among.
const MOST: u32 = 500;

/// The section; nothing where nothing goes well with it.
#[component]
pub fn Sets(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
) -> impl IntoView {
    let app = app();
    let kind = Memo::new(move |_| tune.with(|tune| tune.as_ref().and_then(|tune| tune.fields.kind.clone())));
    let same_kind = app.live(
        &[Table::Tune, Table::TuneOverride, Table::PlaylistTune, Table::Playlist],
        move || {
            app.repertoires.with(|r| r.as_ref().and_then(|r| r.current))?;
            let filters = Filters { kinds: vec![kind.get()?], ..Default::default() };
            let query = ListQuery { filters, ..ListQuery::all(Scope::Repertoire) };
            Some(LibraryRequest::ListTunes { query, offset: 0, limit: MOST })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Tunes(page)) => Some(page.tunes),
            _ => None,
        },
    );
    let partners = Memo::new(move |_| {
        same_kind.value.with(|all| {
            let all = all.as_deref().unwrap_or_default();
            tune.with(|tune| tune.as_ref().map(|tune| know::partners(tune.id, &tune.fields, all)).unwrap_or_default())
        })
    });
    let row = |line: crate::domain::listing::TuneLine| {
        let key = line.fields.mode.clone().unwrap_or_default();
        view! {
            <li><a class="to-partner" href=format!("/tune/{}", line.id)><span>{fields::title(&line.fields)}</span><span class="quiet">{key}</span></a></li>
        }
    };
    view! {
        <Show when=move || partners.with(|partners| !partners.is_empty())>
            <section data-testid="sets">
                <h2>"Goes well after it"</h2>
                <p class="quiet">"Of your repertoire: the same type; keys that lift or stay near come first."</p>
                <ul class="partner-list">{move || partners.get().into_iter().map(row).collect_view()}</ul>
            </section>
        </Show>
    }
}
