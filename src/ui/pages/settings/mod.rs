//! Settings: an index of what can be set, each on a page of its own.

mod account;
mod appearance;
mod keyboard;
mod sync;

use leptos::prelude::*;

pub use self::account::AccountSettings;
pub use self::appearance::AppearanceSettings;
pub use self::keyboard::KeyboardSettings;
pub use self::sync::SyncSettingsPage;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::settings_words as words;
use crate::ui::model::sync_words;
use crate::ui::preferences::{Choice, preferences};
use crate::ui::state::{Opening, app};
use crate::ui::text::{parted, say, t};

/// The index: what there is, and how it is set now.
#[component]
pub fn Settings() -> impl IntoView {
    let app = app();
    let preferences = preferences();
    let account = move || app.account.with(|account| account.as_ref().map_or_else(String::new, words::account));
    let sync = move || {
        let (refused, undecided) = app.sync.with(|status| (status.refused, status.undecided));
        words::sync(refused, undecided)
    };
    let look = move || words::appearance(preferences.theme.get().label(), preferences.text.get().label());
    let keys =
        move || if preferences.keys.get() { t("Single keys rate and take back") } else { t("Single keys are off") };
    let storage = move || match app.opening.get() {
        Opening::Open(mode) => sync_words::storage(mode).0.to_owned(),
        _ => String::new(),
    };
    let (drawn, by) = parted(t("Notation is drawn by {abcjs}."), "{abcjs}");
    view! {
        <section class="page narrow settings">
            <PageTitle text=t("Settings") />
            <ul class="settings-index">
                <Entry href="/settings/account" icon=Icon::Person name=t("Account") now=Signal::derive(account) />
                <Entry href="/settings/practice" icon=Icon::Stand name=t("Practice") now=Signal::stored(t("How much on which days, and when a tune comes back").to_owned()) />
                <Entry href="/settings/appearance" icon=Icon::Sheets name=t("Appearance") now=Signal::derive(look) />
                <Entry href="/settings/keyboard" icon=Icon::Pencil name=t("Keyboard") now=Signal::derive(move || keys().to_owned()) />
                <Entry href="/settings/sync" icon=Icon::Turning name=t("Sync and devices") now=Signal::derive(sync) />
                <Entry href="/data" icon=Icon::Device name=t("Your data") now=Signal::derive(storage) />
            </ul>
            <section>
                <h2>{t("About")}</h2>
                <p>{say!("TuneTrees {version}. Free software under the MIT licence.", version = env!("CARGO_PKG_VERSION"))}</p>
                <p class="quiet">{drawn}<a href="https://www.abcjs.net/" rel="external noopener">"abcjs"</a>{by}</p>
            </section>
        </section>
    }
}

#[component]
fn Entry(href: &'static str, icon: Icon, name: &'static str, now: Signal<String>) -> impl IntoView {
    view! {
        <li><a href=href>
            <Sign icon />
            <span><strong>{name}</strong><span class="quiet">{now}</span></span>
        </a></li>
    }
}

/// A page of the settings: the way back, the heading.
#[component]
fn SettingsPage(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="page narrow settings">
            <Crumb />
            <PageTitle text=title />
            {children()}
        </section>
    }
}
