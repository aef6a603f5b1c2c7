//! The interface: what the main thread of the browser runs. Everything is in `tunetrees::ui`.

fn main() {
    #[cfg(all(target_arch = "wasm32", not(feature = "database")))]
    tunetrees::ui::mount();
}
