//! Well-known Irish tunes to begin with: tick the ones one plays, and practise.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::domain::import::{Offer, Preview, Source};
use crate::store::schema::Table;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::{fields, locale};
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// Is it in the repertoire already?
fn is_there(offer: &Offer) -> bool {
    offer.known.as_ref().is_some_and(|known| known.in_repertoire)
}

/// The page.
#[component]
pub fn Starter() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let navigate = StoredValue::new(use_navigate());
    let live = app.live(
        &[Table::Tune, Table::Playlist, Table::PlaylistTune],
        || Some(LibraryRequest::PreviewImport { source: Source::Starter }),
        |response| match response {
            Response::Library(LibraryAnswer::Preview(preview)) => Some(*preview),
            _ => None,
        },
    );
    let chosen = RwSignal::new(HashSet::<usize>::new());
    let count = move || {
        live.value.with(|preview| {
            let offers = preview.as_ref().map_or(&[][..], |preview| &preview.offers);
            chosen.with(|chosen| {
                chosen.iter().filter(|at| offers.get(**at).is_some_and(|offer| !is_there(offer))).count()
            })
        })
    };
    let add = move |_| {
        let Some(Preview { offers, .. }) = live.value.get_untracked() else { return };
        if app.repertoires.with_untracked(|r| r.as_ref().is_none_or(|r| r.current.is_none())) {
            return navigate.with_value(|navigate| navigate("/start", Default::default()));
        }
        let wanted = |(at, offer): (usize, Offer)| {
            // What has come into the repertoire meanwhile, from another tab or device, is not made a second time.
            let decision = offer.proposal();
            chosen.with_untracked(|chosen| chosen.contains(&at)).then_some((offer.incoming, decision))
        };
        let items = offers.into_iter().enumerate().filter_map(wanted).collect();
        let navigate = navigate.get_value();
        attempt.go(app, LibraryRequest::Import { items, goes_on: false }, move |_| {
            navigate("/", Default::default());
        });
    };
    let groups = move || {
        let offers = live.value.get().map(|preview| preview.offers).unwrap_or_default();
        let mut groups: Vec<(String, Vec<(usize, Offer)>)> = Vec::new();
        for (at, offer) in offers.into_iter().enumerate() {
            let kind = fields::kind_name(offer.incoming.fields.kind.as_deref().unwrap_or_default()).to_owned();
            match groups.last_mut().filter(|(last, _)| *last == kind) {
                Some((_, group)) => group.push((at, offer)),
                None => groups.push((kind, vec![(at, offer)])),
            }
        }
        groups
    };
    let chip = move |(at, offer): (usize, Offer)| {
        let there = is_there(&offer);
        let toggle = move |_| {
            chosen.update(|chosen| {
                if !chosen.remove(&at) {
                    chosen.insert(at);
                }
            });
        };
        let key = offer.incoming.fields.mode.clone().unwrap_or_default();
        view! {
            <label class="chip" class:there=there>
                <input type="checkbox" disabled=there prop:checked=move || there || chosen.with(|chosen| chosen.contains(&at)) on:change=toggle />
                <span>{fields::title(&offer.incoming.fields)}" "<span class="count">{key}</span></span>
            </label>
        }
    };
    view! {
        <section class="page starter">
            <Crumb />
            <PageTitle text=t("Which of these do you play?") />
            <p class="quiet">{t("Five are enough to begin with. You can change everything later, and add tunes that are not here.")}</p>
            <Problem failure=live.failure again=live.again() />
            <div class="starter-list">
                <Show when=move || live.value.with(Option::is_some) fallback=|| view! { <Waiting what=t("the list") /> }>
                    {move || groups().into_iter().map(|(kind, offers)| {
                        let free: Vec<usize> = offers.iter().filter(|(_, offer)| !is_there(offer)).map(|(at, _)| *at).collect();
                        view! {
                            <fieldset class="chips">
                                <legend>{say!("{kind}s", kind)}</legend>
                                {(free.len() > 1).then(|| view! { <AllOf kind=kind.clone() free chosen /> })}
                                {offers.into_iter().map(chip).collect_view()}
                            </fieldset>
                        }
                    }).collect_view()}
                </Show>
            </div>
            <Problem failure=attempt.failure />
            <div class="starter-foot">
                <span role="status">{move || say!("{tunes} chosen", tunes = locale::counted(count() as i64, "tune"))}</span>
                <button class="primary" disabled=move || attempt.busy.get() || count() == 0 on:click=add>{t("Add and practise")}</button>
            </div>
        </section>
    }
}

/// Ticks all tunes of a kind, or none.
#[component]
fn AllOf(kind: String, free: Vec<usize>, chosen: RwSignal<HashSet<usize>>) -> impl IntoView {
    let free = StoredValue::new(free);
    let all =
        Memo::new(move |_| free.with_value(|free| chosen.with(|chosen| free.iter().all(|at| chosen.contains(at)))));
    let toggle = move |_| {
        let untick = all.get_untracked();
        free.with_value(|free| {
            chosen.update(|chosen| {
                for at in free {
                    if untick {
                        chosen.remove(at);
                    } else {
                        chosen.insert(*at);
                    }
                }
            });
        });
    };
    view! {
        <label class="chip all">
            <input type="checkbox" prop:checked=move || all.get() on:change=toggle />
            <span>{t("All")}<span class="unseen">{say!(" the {kind}s", kind = kind.to_lowercase())}</span></span>
        </label>
    }
}
