//! answer-question.
fn main() {}
