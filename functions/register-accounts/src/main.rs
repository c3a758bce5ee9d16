//! register-accounts.
fn main() {}
