//! Empty: without a build script Cargo would not look at the build-dependencies above.

fn main() {}
