//! parse-intent.
fn main() {}
