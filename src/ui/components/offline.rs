//! Is there a network? The browser's word, which follows its events.

use leptos::prelude::*;

use crate::ui::state::app;
use crate::worker::protocol::Account;

/// True while the browser says that it is offline; followed until the part that asks is gone.
pub fn offline() -> RwSignal<bool> {
    let offline = RwSignal::new(!window().navigator().on_line());
    let gone = window_event_listener(leptos::ev::offline, move |_| {
        offline.try_set(true);
    });
    let back = window_event_listener(leptos::ev::online, move |_| {
        offline.try_set(false);
    });
    on_cleanup(move || {
        gone.remove();
        back.remove();
    });
    offline
}

/// What does not work without a network, said while there is none.
#[component]
pub fn OfflineHint(
    /// What it means here.
    says: &'static str,
    /// Only to whoever is signed in: it is about other devices.
    #[prop(optional)]
    devices: bool,
) -> impl IntoView {
    let (app, offline) = (app(), offline());
    let signed_in = move || app.account.with(|account| matches!(account, Some(Account::SignedIn { .. })));
    view! { <Show when=move || offline.get() && (!devices || signed_in())><p class="hint" role="status">{says}</p></Show> }
}
