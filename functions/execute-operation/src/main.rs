//! execute-operation.
fn main() {}
