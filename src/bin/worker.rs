//! Entry of the database worker: sets up logging and panics, then hands over to `worker::runtime`.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    tunetrees::worker::log::to_console();
    wasm_bindgen_futures::spawn_local(tunetrees::worker::runtime::run());
}

/// The worker runs in the browser only.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
