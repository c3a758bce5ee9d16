//! request-approval.
fn main() {}
