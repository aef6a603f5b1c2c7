//! Entry of the database worker: sets up logging and panics, then hands over to `worker::runtime`.

#[cfg(target_arch = "wasm32")]
fn main() {
    use tracing_subscriber::prelude::*;

    console_error_panic_hook::set_once();
    let console = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_writer(tracing_web::MakeWebConsoleWriter::new())
        .with_filter(tracing_subscriber::filter::LevelFilter::INFO);
    tracing_subscriber::registry().with(console).init();
    wasm_bindgen_futures::spawn_local(tunetrees::worker::runtime::run());
}

/// The worker runs in the browser only.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
