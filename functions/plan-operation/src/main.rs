//! plan-operation.
fn main() {}
