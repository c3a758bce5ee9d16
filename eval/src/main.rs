//! eval.
fn main() {}
