//! The signs, drawn inline in the colour of the text; hidden from screen readers because words always stand beside them.

use leptos::prelude::*;

use crate::ui::model::sync_words::Sign;

/// The signs of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Practice: a music stand.
    Stand,
    /// Repertoire: a stack of sheets.
    Sheets,
    /// Catalog: a magnifying glass.
    Search,
    /// Analysis: columns.
    Chart,
    /// Settings: sliders.
    Sliders,
    /// Plus.
    Plus,
    /// Tick.
    Tick,
    /// Cross.
    Cross,
    /// An arrow back.
    Back,
    /// Undo.
    Undo,
    /// Turning arrows.
    Turning,
    /// A crossed-out cloud.
    Offline,
    /// A device.
    Device,
    /// A person.
    Person,
    /// An exclamation mark.
    Attention,
    /// A pencil.
    Pencil,
}

impl From<Sign> for Icon {
    fn from(sign: Sign) -> Self {
        match sign {
            Sign::Device => Icon::Device,
            Sign::Tick => Icon::Tick,
            Sign::Turning => Icon::Turning,
            Sign::Offline => Icon::Offline,
            Sign::Person => Icon::Person,
            Sign::Attention => Icon::Attention,
        }
    }
}

impl Icon {
    /// The lines of the sign in a square of 24.
    const fn lines(self) -> &'static str {
        match self {
            Icon::Stand => "M4 5l8-1.5L20 5v8l-8 1.5L4 13zM12 14.5V20M8 21l4-2 4 2M8 7.6l8 0M8 10.4l8 0",
            Icon::Sheets => "M7 3h9l4 4v10H7zM16 3v4h4M4 7v14h12M10.5 11h6M10.5 14h6",
            Icon::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21",
            Icon::Chart => "M4 20h16M6.5 16.5v-5M11 16.5V6M15.5 16.5v-8M20 16.5V4",
            Icon::Sliders => "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5h4v5h-4zM7 14.5h4v5H7z",
            Icon::Plus => "M12 5v14M5 12h14",
            Icon::Tick => "M4.5 12.5l5 5L19.5 7",
            Icon::Cross => "M6 6l12 12M18 6L6 18",
            Icon::Back => "M14.5 5L7.5 12l7 7",
            Icon::Undo => "M8 5L4 9l4 4M4 9h9.5a5.5 5.5 0 0 1 0 11H9",
            Icon::Turning => "M19.5 9.5A8 8 0 0 0 5.2 7.6M4.5 4v4h4M4.5 14.5a8 8 0 0 0 14.3 1.9M19.5 20v-4h-4",
            Icon::Offline => "M4 4l16 16M8.5 8.3A6 6 0 0 0 7 19h10M19.6 17.6a4.5 4.5 0 0 0-2.1-8.3 6 6 0 0 0-5.6-3.8",
            Icon::Device => "M7 3h10v18H7zM10.5 18h3",
            Icon::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 21a7.5 7.5 0 0 1 15 0",
            Icon::Attention => "M12 3.5L22 20.5H2zM12 10v5M12 17.8v.2",
            Icon::Pencil => "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19zM13.5 7l3.5 3.5",
        }
    }
}

/// A sign.
#[component]
pub fn Sign(
    /// Which.
    #[prop(into)]
    icon: Signal<Icon>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.75"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
            <path d=move || icon.get().lines() />
        </svg>
    }
}

/// The mark of TuneTrees: a tree whose trunk is the stem of a note and whose crown is its heads.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 64 64" width="32" height="32" aria-hidden="true" focusable="false">
            <path class="mark-trunk" d="M32 58V26M32 44l12-9M32 39l-11-8" fill="none" stroke-width="4" stroke-linecap="round" />
            <g class="mark-crown">
                <ellipse cx="32" cy="16" rx="12.5" ry="9.5" transform="rotate(-20 32 16)" />
                <ellipse cx="17" cy="28" rx="9.5" ry="7.2" transform="rotate(-20 17 28)" />
                <ellipse cx="48" cy="31" rx="9" ry="6.8" transform="rotate(-20 48 31)" />
            </g>
        </svg>
    }
}
