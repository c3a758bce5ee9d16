//! rca.
