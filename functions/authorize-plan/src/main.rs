//! authorize-plan.
fn main() {}
