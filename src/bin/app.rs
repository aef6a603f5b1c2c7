//! Entry: app.
fn main() {}
