//! Tunes of the repertoire that go well after this one: for putting a set together.

use leptos::prelude::*;

use crate::domain::tune::TuneDetail;
use crate::store::schema::Table;
use crate::ui::components::live_text::Problem;
use crate::ui::model::fields;
use crate::ui::state::app;
use crate::ui::text::t;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The section; nothing where nothing goes well with it.
#[component]
pub fn Sets(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
) -> impl IntoView {
    let app = app();
    let id = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.id)));
    let live = app.live(
        &[Table::Tune, Table::TuneOverride, Table::PlaylistTune, Table::Playlist, Table::PracticeRecord],
        move || {
            app.repertoires.with(|r| r.as_ref().and_then(|r| r.current))?;
            Some(LibraryRequest::Partners { tune: id.get()? })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Partners(all)) => Some(all),
            _ => None,
        },
    );
    let partners = Memo::new(move |_| live.value.get().unwrap_or_default());
    let row = |line: crate::domain::listing::TuneLine| {
        let key = line.fields.mode.clone().unwrap_or_default();
        view! {
            <li><a class="to-partner" href=format!("/tune/{}", line.id)><span>{fields::title(&line.fields)}</span><span class="quiet">{key}</span></a></li>
        }
    };
    view! {
        <Problem failure=live.failure again=live.again() />
        <Show when=move || partners.with(|partners| !partners.is_empty())>
            <section data-testid="sets">
                <h2>{t("Goes well after it")}</h2>
                <p class="quiet">{t("Of your repertoire: the same type; keys that lift or stay near come first, then what you know best.")}</p>
                <ul class="partner-list">{move || partners.get().into_iter().map(row).collect_view()}</ul>
            </section>
        </Show>
    }
}
