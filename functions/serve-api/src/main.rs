//! serve-api.
fn main() {}
