//! verify-outcome.
fn main() {}
