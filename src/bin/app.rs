//! The interface: what the main thread of the browser runs. Everything is in `tunetrees::ui`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tunetrees::ui::mount();
}
