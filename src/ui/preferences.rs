//! What this device remembers about the interface: colours, contrast, size of the text, motion, single-key shortcuts,
//! buttons, the screen. In localStorage; never synced,
//! never needed. `public/theme.js` sets the same attributes before the first paint.

use crate::ui::text::t;
use leptos::prelude::*;

const KEYS: &str = "tunetrees.keys";
const TWO_BUTTONS: &str = "tunetrees.practice.two-buttons";
const AWAKE: &str = "tunetrees.awake";

/// A choice among a few, remembered by a word and set as an attribute of the document.
pub trait Choice: Copy + PartialEq + Send + Sync + 'static {
    /// What it is called in storage (behind `tunetrees.`) and as an attribute (behind `data-`).
    const NAME: &'static str;
    /// All, in the order of the switch; the first one is the usual.
    fn all() -> &'static [Self];
    /// Its name for people.
    fn label(self) -> &'static str;
    /// Its word in storage.
    fn stored(self) -> &'static str;
}

macro_rules! choice {
    ($(#[$doc:meta])* $type:ident $name:literal { $($(#[$about:meta])* $variant:ident $stored:literal mark($label:literal)),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type { $($(#[$about])* $variant),+ }

        impl Choice for $type {
            const NAME: &'static str = $name;
            fn all() -> &'static [Self] {
                &[$($type::$variant),+]
            }
            fn label(self) -> &'static str {
                match self { $($type::$variant => t($label)),+ }
            }
            fn stored(self) -> &'static str {
                match self { $($type::$variant => $stored),+ }
            }
        }
    };
}

choice!(
    /// Light, dark, or as the system says.
    Theme "theme" {
        /// As the system says.
        System "system" mark("As the device"),
        /// Light.
        Light "light" mark("Light"),
        /// Dark.
        Dark "dark" mark("Dark"),
    }
);
choice!(
    /// How strongly lines and quiet words stand out.
    Contrast "contrast" {
        /// As the system says.
        System "system" mark("As the device"),
        /// As strongly as can be.
        More "more" mark("High"),
    }
);
choice!(
    /// The size of the text, beside what the browser is set to.
    TextSize "text" {
        /// As the browser says.
        Normal "normal" mark("Normal"),
        /// An eighth larger.
        Large "large" mark("Large"),
        /// A third larger.
        Larger "larger" mark("Larger"),
    }
);
choice!(
    /// Whether things move.
    Motion "motion" {
        /// As the system says.
        System "system" mark("As the device"),
        /// As little as can be.
        Less "less" mark("Less"),
        /// Always.
        Full "full" mark("Full"),
    }
);

/// The preferences.
#[derive(Clone, Copy)]
pub struct Preferences {
    /// Light or dark.
    pub theme: RwSignal<Theme>,
    /// High contrast?
    pub contrast: RwSignal<Contrast>,
    /// How large the text is.
    pub text: RwSignal<TextSize>,
    /// Do things move?
    pub motion: RwSignal<Motion>,
    /// Do single keys rate?
    pub keys: RwSignal<bool>,
    /// Are two ratings enough?
    pub two_buttons: RwSignal<bool>,
    /// Does the screen stay on where tunes are played?
    pub awake: RwSignal<bool>,
}

impl Preferences {
    /// Reads them, provides them, and keeps them.
    pub fn provide() -> Self {
        let preferences = Preferences {
            theme: kept(),
            contrast: kept(),
            text: kept(),
            motion: kept(),
            keys: switch(KEYS, true),
            two_buttons: switch(TWO_BUTTONS, false),
            awake: switch(AWAKE, false),
        };
        provide_context(preferences);
        preferences
    }
}

/// A switch as it was left; it is kept.
fn switch(key: &'static str, usual: bool) -> RwSignal<bool> {
    let value = RwSignal::new(read(key).map_or(usual, |word| word == "on"));
    Effect::new(move |_| write(key, if value.get() { "on" } else { "off" }));
    value
}

/// What was chosen; whatever is chosen from now on takes effect and is kept.
fn kept<T: Choice>() -> RwSignal<T> {
    let key = format!("tunetrees.{}", T::NAME);
    let stored = read(&key);
    let known = T::all().iter().find(|choice| stored.as_deref() == Some(choice.stored()));
    let value = RwSignal::new(*known.unwrap_or(&T::all()[0]));
    Effect::new(move |_| {
        let word = value.get().stored();
        write(&key, word);
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute(&format!("data-{}", T::NAME), word);
        }
    });
    value
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

/// Forgets a word.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// Remembers a word, where the browser allows it.
pub fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(key, value);
    }
}
