//! The deployed fleet on the local stack, with IAM enforced: see `tests/fleet/`. There is no code here.
//!
//! Entry: `cargo xtask test` deploys the templates to a fresh stack and hands its addresses over in `AIOPS_E2E_*`.
//! Invariant: without a deployed fleet the tests fail; none passes by not running.
