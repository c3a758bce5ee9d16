//! record-approval.
fn main() {}
