//! What this device remembers about the interface: theme, single-key shortcuts. In localStorage; never synced, never needed.

use leptos::prelude::*;

const THEME: &str = "tunetrees.theme";
const KEYS: &str = "tunetrees.keys";

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order of the switch.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Theme::System => "As the device",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    const fn stored(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// The preferences.
#[derive(Clone, Copy)]
pub struct Preferences {
    /// Light or dark.
    pub theme: RwSignal<Theme>,
    /// Do single keys rate?
    pub keys: RwSignal<bool>,
}

impl Preferences {
    /// Reads them, provides them, and keeps them.
    pub fn provide() -> Self {
        let stored = read(THEME);
        let theme = Theme::ALL.into_iter().find(|t| stored.as_deref() == Some(t.stored())).unwrap_or(Theme::System);
        let preferences =
            Preferences { theme: RwSignal::new(theme), keys: RwSignal::new(read(KEYS).as_deref() != Some("off")) };
        provide_context(preferences);
        Effect::new(move |_| {
            let theme = preferences.theme.get();
            write(THEME, theme.stored());
            if let Some(root) = document().document_element() {
                let _ = root.set_attribute("data-theme", theme.stored());
            }
        });
        Effect::new(move |_| write(KEYS, if preferences.keys.get() { "on" } else { "off" }));
        preferences
    }
}

/// The preferences, from any component.
pub fn preferences() -> Preferences {
    expect_context::<Preferences>()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// A remembered word.
pub fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Remembers a word, where the browser allows it.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}
