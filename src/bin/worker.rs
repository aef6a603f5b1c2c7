//! Entry: worker.
fn main() {}
