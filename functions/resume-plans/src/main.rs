//! resume-plans.
fn main() {}
