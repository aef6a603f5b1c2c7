//! Files a person takes away: a JSON text saved by the browser, a report put on the clipboard.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::domain::tune_list::Which;
use crate::ui::model::attention_words::file_name;
use crate::ui::model::tune_files;
use crate::ui::state::{App, Attempt, clock};
use crate::ui::text::{say, t};
use crate::worker::protocol::{DataAnswer, DataRequest, Request, Response};

/// Asks for an export and has the browser save it; `what` becomes part of the file's name.
pub fn save(
    app: App,
    attempt: Attempt,
    request: impl Into<Request> + 'static,
    what: &'static str,
    then: impl FnOnce() + 'static,
) {
    attempt.go(app, request, move |response| {
        let Response::Export(text) = response else { return };
        let name = file_name(what, clock(), &chrono::Local);
        if offer_text(app, &name, "application/json", &text) {
            then();
        }
    });
}

/// The same for a text of another kind.
pub fn save_as(
    app: App,
    attempt: Attempt,
    request: impl Into<Request> + 'static,
    what: &'static str,
    ending: &'static str,
    kind: &'static str,
) {
    attempt.go(app, request, move |response| {
        let Response::Export(text) = response else { return };
        let name = file_name(what, clock(), &chrono::Local).replace(".json", &format!(".{ending}"));
        offer_text(app, &name, kind, &text);
    });
}

/// Saves tunes for other programs: as ABC notation (`abc`), or as a table (`csv`).
pub fn save_tunes(app: App, attempt: Attempt, which: Which, ending: &'static str) {
    attempt.go(app, DataRequest::ListTunes { which }, move |response| {
        let Response::Data(DataAnswer::Tunes(tunes)) = response else { return };
        if tunes.is_empty() {
            return app.say(t("There are no tunes to save yet."));
        }
        let (text, kind) = match ending {
            "abc" => (tune_files::abc_file(&tunes), "text/vnd.abc"),
            _ => (tune_files::csv_file(&tunes, &chrono::Local), "text/csv"),
        };
        let name = file_name("tunes", clock(), &chrono::Local).replace(".json", &format!(".{ending}"));
        offer_text(app, &name, kind, &text);
    });
}

/// Has the browser save `text`, and says so; whether it could.
pub fn offer_text(app: App, name: &str, kind: &str, text: &str) -> bool {
    let offered = offer(name, kind, text).is_some();
    app.say(if offered {
        say!("Saved as {name}", name)
    } else {
        t("This browser could not save the file.").to_owned()
    });
    offered
}

/// Everything of this person.
pub fn save_everything(app: App, attempt: Attempt) {
    save(app, attempt, DataRequest::ExportEverything, "export", || {});
}

/// Clicks a link to the text, which then is a download.
fn offer(name: &str, kind_of_text: &str, text: &str) -> Option<()> {
    let parts = js_sys::Array::of1(&text.into());
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type(kind_of_text);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind).ok()?;
    let address = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download has begun when the click is over, but not every browser has read it all.
    set_timeout(
        move || {
            let _ = web_sys::Url::revoke_object_url(&address);
        },
        std::time::Duration::from_secs(60),
    );
    Some(())
}

/// Puts `text` on the clipboard; whether the browser let us.
pub async fn copy(text: &str) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(text)).await.is_ok()
}
