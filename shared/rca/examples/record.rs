//! Writes the recorded incidents anew: `cargo run -p rca --example record`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a tool for contributors"
)]

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
    for one in &support::recorded::recorded() {
        let recording = support::recorded::recording(one);
        let name = recording.name.replace(' ', "-");
        std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string(&recording).unwrap() + "\n").unwrap();
    }
}
