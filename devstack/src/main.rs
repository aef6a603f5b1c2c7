//! Starts the local backend.
fn main() {}
