//! Entry: migrate-legacy.
fn main() {}
