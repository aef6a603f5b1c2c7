//! Entry of the database worker.
fn main() {}
