//! How wide and how high the screen is.

use leptos::prelude::*;

use crate::domain::listing::ScreenSize;

/// Its height in pixels, now.
pub fn height() -> f64 {
    window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(900.0)
}

/// The width of the screen, followed.
pub fn screen_size() -> RwSignal<ScreenSize> {
    let wide = window().match_media("(min-width: 48rem)").ok().flatten();
    let of = |wide: bool| if wide { ScreenSize::Full } else { ScreenSize::Small };
    let size = RwSignal::new(of(wide.as_ref().is_some_and(web_sys::MediaQueryList::matches)));
    let listener = window_event_listener(leptos::ev::resize, move |_| {
        let now = of(wide.as_ref().is_some_and(web_sys::MediaQueryList::matches));
        if size.try_get_untracked().is_some_and(|before| before != now) {
            size.set(now);
        }
    });
    on_cleanup(move || listener.remove());
    size
}
