//! undo-operation.
fn main() {}
