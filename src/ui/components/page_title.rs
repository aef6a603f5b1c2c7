//! The heading of a page: sets the tab's title, and takes the focus when one comes from another page, so that keyboards and
//! screen readers start there.

use crate::ui::text::say;
use leptos::html::H1;
use leptos::prelude::*;

/// Remembers that the first page of a visit was shown: it must not steal the focus.
#[derive(Clone, Copy)]
pub struct FirstPage(StoredValue<bool>);

impl FirstPage {
    /// For all pages.
    pub fn provide() {
        provide_context(FirstPage(StoredValue::new(true)));
    }

    /// Has no page been shown yet? Then there is nothing to go back to.
    pub fn is_coming() -> bool {
        expect_context::<FirstPage>().0.get_value()
    }
}

/// Gives a heading the focus and leaves the page where it is.
pub fn focus_in_place(heading: &web_sys::HtmlElement) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = heading.focus_with_options(&options);
}

/// The heading.
#[component]
pub fn PageTitle(
    /// What it says.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    let first = expect_context::<FirstPage>().0;
    Effect::new(move |_| document().set_title(&say!("{page} · TuneTrees", page = text.get())));
    Effect::new(move |done: Option<bool>| {
        if done == Some(true) {
            return true;
        }
        let Some(heading) = heading.get() else { return false };
        if !first.get_value() {
            focus_in_place(&heading);
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
        first.set_value(false);
        true
    });
    view! { <h1 tabindex="-1" node_ref=heading>{move || text.get()}</h1> }
}
